"""What people thought of the pictures of a reproduction. This module does not know how they were asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Opinions:
    """Mean opinion scores of ours, and where they are from."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """By method and set, as the table calls them."""
    notes: tuple[str, ...] = ()
    """Who was asked, in what study; without any, nobody was."""
    warning: str = ""
    """A word to be read at every one of the scores: `SIMULATED` where programs were asked, and not people."""

    @property
    def plain_warning(self) -> dict[str, str]:
        """The warning as a field of a document, if there is one."""
        return {"warning": self.warning} if self.warning else {}


NO_OPINIONS = Opinions()
