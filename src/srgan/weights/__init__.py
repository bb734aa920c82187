"""Models: files, their cards, and the catalogue of those that are installed."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.weights.card import Card as Card
    from srgan.weights.catalogue import installed as installed

_MODULES = {"Card": "card", "installed": "catalogue"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.weights.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
