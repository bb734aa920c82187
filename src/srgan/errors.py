"""Errors that srgan raises on purpose. Each message is one line and ends with the remedy.

SrganError              exit code 1
├── UsageError          exit code 2: an invalid option or argument
├── PictureError        an image cannot be read, or cannot be enlarged as asked
├── OutputError         a result cannot be written
├── ModelError          a model is unknown, damaged, or does not fit
├── EngineError         the network cannot be run on this machine as asked
│   └── OutOfMemory     a tile did not fit; a smaller one may
├── DataError           a folder of images cannot be used for training or evaluation
└── TrainingError       training cannot start, or had to stop
"""


class SrganError(Exception):
    """The parent of all; `exit_code` is the exit code of the command line."""

    exit_code = 1


class UsageError(SrganError):
    """Invalid option or argument.

    Args:
        message: begins with the parameter's name, where there is one: "width must be 1 or more, not 0".
        parameter: name of the argument at fault, as Python spells it; the command line puts its option there.
    """

    exit_code = 2

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class PictureError(SrganError):
    """An image cannot be read, or cannot be enlarged as asked."""


class OutputError(SrganError):
    """A result cannot be written."""


class ModelError(SrganError):
    """A model is unknown, damaged, or does not fit."""


class EngineError(SrganError):
    """The network cannot be run on this machine as asked."""


class OutOfMemory(EngineError):
    """A tile did not fit into memory; a smaller one may."""


class DataError(SrganError):
    """A folder of images cannot be used for training or evaluation."""


class TrainingError(SrganError):
    """Training cannot start, or had to stop."""
