"""Published tables and figures, measured again."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.paper.published import MODELS as MODELS
    from srgan.paper.published import TABLE1 as TABLE1
    from srgan.paper.published import TABLE2 as TABLE2
    from srgan.paper.published import TWINS as TWINS
    from srgan.paper.published import Published as Published
    from srgan.paper.verdicts import Opinions as Opinions

_NAMES = {
    "published": "MODELS TABLE1 TABLE2 TWINS Published",
    "verdicts": "Opinions",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.paper.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
