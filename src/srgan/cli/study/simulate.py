"""`srgan study simulate`: to be written."""

EPILOG = ""


def simulate() -> None:
    """To be written."""
