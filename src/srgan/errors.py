"""Everything that srgan raises on purpose. Each message is one line and ends with the remedy.

SrganError              exit code 1
├── UsageError          exit code 2: an option or argument that cannot be meant
├── PictureError        a picture cannot be read, or cannot be enlarged as asked
├── OutputError         a result cannot be written
├── ModelError          a model is unknown, damaged, or does not fit
├── EngineError         the network cannot be run on this machine as asked
│   └── OutOfMemory     a tile did not fit; a smaller one may
├── DataError           a folder of pictures cannot be used for training or evaluation
└── TrainingError       training cannot start, or had to stop
"""


class SrganError(Exception):
    """The parent of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(SrganError):
    """An option or argument that cannot be meant."""

    exit_code = 2


class PictureError(SrganError):
    """A picture cannot be read, or cannot be enlarged as asked."""


class OutputError(SrganError):
    """A result cannot be written."""


class ModelError(SrganError):
    """A model is unknown, damaged, or does not fit."""


class EngineError(SrganError):
    """The network cannot be run on this machine as asked."""


class OutOfMemory(EngineError):
    """A tile did not fit into memory; a smaller one may."""


class DataError(SrganError):
    """A folder of pictures cannot be used for training or evaluation."""


class TrainingError(SrganError):
    """Training cannot start, or had to stop."""
