"""What a check of the installation finds."""

from dataclasses import dataclass

INSTALL_AGAIN = "install srgan again: pip install --force-reinstall srgan"
"""The remedy for whatever is missing or damaged."""


@dataclass(frozen=True)
class Finding:
    """Something looked at."""

    about: str
    what: str
    """What was found, or what is wrong."""
    remedy: str | None = None
    """What to do; None if all is well."""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.remedy is None

    @property
    def line(self) -> str:
        """The finding in one line."""
        state = "ok     " if self.ok else "PROBLEM"
        return f"{state}  {self.about:16} {self.what}" + ("" if self.remedy is None else f": {self.remedy}")
