"""Opinion studies: people rate images in their browsers, and the report gives mean opinion scores.

`stimuli` makes a study, `server` shows it to raters, `votes` stores what they say, `analysis` and `report` evaluate it,
and `simulation` rehearses it. Of `srgan` it uses only the public names of each package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan_study.study import read_study as read_study
    from srgan_study.votes.store import read_ratings as read_ratings

_MODULES = {"read_ratings": "votes.store", "read_study": "study"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan_study.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
