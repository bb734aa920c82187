"""Models: files, their cards, and the catalogue of those that are installed."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.weights.card import Card as Card
    from srgan.weights.catalogue import installed as installed
else:
    __getattr__ = lazy_names(__name__, {"card": "Card", "catalogue": "installed"})
