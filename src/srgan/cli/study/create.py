"""`srgan study create`: to be written."""

EPILOG = ""


def create() -> None:
    """To be written."""
