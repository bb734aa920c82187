"""`srgan study serve`: to be written."""

EPILOG = ""


def serve() -> None:
    """To be written."""
