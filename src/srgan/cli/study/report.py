"""`srgan study report`: to be written."""

EPILOG = ""


def report() -> None:
    """To be written."""
