"""Card of a model: what the weights are, their training, their scores, and a checksum of what computes."""

import hashlib
import json
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

from srgan.errors import ModelError

NOT_STATED = "not stated"
"""In place of what is not known of a model."""


@dataclass(frozen=True)
class Stage:
    """A part of a network that is tiled by itself."""

    output: str
    """Name of the tensor it makes."""
    scale: int
    """Output pixels per input pixel along one axis."""
    radius: float
    """How far an output pixel sees, in pixels of the stage's input."""
    values: int
    """Numbers held at once per input pixel while it runs, about: what decides how large a tile may be."""
    multiply_adds: int
    """Multiplications with addition per input pixel: what decides how long it takes."""
    step: int = 1
    """Tiles begin at rows and columns that are multiples of this: pixels are grouped, or attention has windows."""
    whole: bool = False
    """Whether an output pixel sees the whole image, so that tiles overlap by `radius` and are only nearly exact."""

    @property
    def halo(self) -> int:
        """Whole input pixels that a tile needs around it."""
        return ceil(self.radius) + self.step - 1


@dataclass(frozen=True)
class CardScore:
    """A measurement by a named protocol, of the network alone: without grain."""

    data: str
    protocol: str
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Training:
    """The origin of the weights."""

    recipe: dict[str, Any]
    data: str
    """What they were trained on, and under which terms it may be used."""
    updates: int
    machine: str
    hours: float


@dataclass(frozen=True)
class File:
    """A file of the model; of one that carries its card, the part that computes: the ONNX graph with its weights."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Probe:
    """Self-test: values that the network gives for the pattern of `srgan.engines.self_test`."""

    size: int
    """Side of the pattern in pixels."""
    values: tuple[float, ...]
    """The red channel of the result along its diagonal, every `scale`-th pixel."""


@dataclass(frozen=True)
class QuantisedConvolution:
    """A convolution that int8 computes in integers."""

    name: str
    """Of the operation in the graph."""
    low: float
    """Least value of its input that is told apart, and below the largest; nought is one of the 256 steps."""
    high: float
    scales: tuple[float, ...] = ()
    """Channels of its input are divided by these before, and their weights multiplied; none where all are 1."""


@dataclass(frozen=True)
class Quantisation:
    """Settings by which int8 computes a model."""

    convolutions: tuple[QuantisedConvolution, ...]
    """Those that are computed in integers."""
    probe: Probe
    """Self-test in int8, as `Card.probe` is in floats."""


@dataclass(frozen=True)
class Card:
    """Description of a model; JSON in the metadata of its `.onnx` file."""

    name: str
    summary: str
    version: str
    architecture: str
    """The network's name in `srgan.models`, and below the arguments that rebuild it."""
    arguments: dict[str, Any]
    scale: int
    stages: tuple[Stage, ...]
    training: Training
    licence: str
    scores: tuple[CardScore, ...]
    limits: str
    """What it is known to do badly."""
    probe: Probe
    files: dict[str, File]
    """By suffix: `.onnx`, and of models of three files `.safetensors`; none of a method without weights."""
    grain: float = 0.0
    """Standard deviation of the grain that is added to its results, in levels of 255."""
    quantisation: Quantisation | None = None
    """How int8 computes it; None where it has no int8."""

    @property
    def identity(self) -> str:
        """First eight digits of the checksum of what computes: it follows from the weights, not from name or card.

        Of a method without weights, from its version and arguments.
        """
        if not self.files:
            return hashlib.sha256(f"{self.version} {self.arguments}".encode()).hexdigest()[:8]
        return self.files[".onnx"].sha256[:8]

    @property
    def multiply_adds(self) -> int:
        """Multiplications with addition of the whole network, per input pixel."""
        return sum(stage.multiply_adds for stage in self.stages)

    @property
    def halo(self) -> int:
        """Input pixels around a tile that reach into its result."""
        return sum(stage.halo for stage in self.stages)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: Path) -> "Card":
        """Read a card.

        Raises:
            ModelError: if it is not one.
        """
        try:
            fields = json.loads(text)
            fields["stages"] = tuple(Stage(**stage) for stage in fields["stages"])
            fields["training"] = Training(**fields["training"])
            fields["scores"] = tuple(CardScore(**score) for score in fields["scores"])
            fields["probe"] = Probe(fields["probe"]["size"], tuple(fields["probe"]["values"]))
            if (rounded := fields.get("quantisation")) is not None:
                entries = [entry | {"scales": tuple(entry["scales"])} for entry in rounded["convolutions"]]
                probe = Probe(rounded["probe"]["size"], tuple(rounded["probe"]["values"]))
                fields["quantisation"] = Quantisation(tuple(QuantisedConvolution(**one) for one in entries), probe)
            fields["files"] = {suffix: File(**file) for suffix, file in fields["files"].items()}
            card = cls(**fields)
            card._check()
            return card
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{source} is not a model card ({error}): export the model again") from error

    def _check(self) -> None:
        """Check the numbers by which the network is run: a card may come from anywhere.

        Raises:
            ValueError: if one is beyond what any network has.
        """
        bounds: list[tuple[str, float, int, int]] = [("scale", self.scale, 1, 64), ("size", self.probe.size, 0, 4096)]
        for stage in self.stages:
            bounds += [("scale", stage.scale, 1, 64), ("radius", stage.radius, 0, 8192), ("step", stage.step, 1, 4096)]
            bounds += [("values", stage.values, 1, 10**8), ("multiply_adds", stage.multiply_adds, 0, 10**12)]
        for name, value, least, most in bounds:
            if not isinstance(value, int | float) or not least <= value <= most:
                raise ValueError(f"{name} is {str(value)[:20]}")
        if not self.stages or self.stages[-1].scale != self.scale:
            raise ValueError("the stages do not make the scale")
