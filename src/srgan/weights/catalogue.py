"""Which models there are, and their files, opened only when their checksums hold."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from srgan.errors import ModelError
from srgan.weights.card import Card, Stage

SHIPPED = Path(__file__).parent / "files"
"""Where the models that come with srgan lie."""


@dataclass(frozen=True)
class Model:
    """A card and the folder in which it and the weights lie."""

    card: Card
    folder: Path

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self.card.name

    @property
    def label(self) -> str:
        """Its name, and which weights these are: what the metadata of results says."""
        return f"{self.card.name} {self.card.identity}"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The parts that are tiled apart."""
        return self.card.stages

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return self.card.scale

    def read(self, suffix: str) -> bytes:
        """The contents of the model's `.onnx` or `.safetensors` file.

        Raises:
            ModelError: if the file is missing or is not the one that the card describes.
        """
        path = self.folder / f"{self.card.name}{suffix}"
        described = self.card.files.get(suffix)
        if described is None:
            raise ModelError(f"the model {self.card.name} has no {suffix} file: export it again")
        try:
            contents = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}): install or export the model again") from error
        if hashlib.sha256(contents).hexdigest() != described.sha256:
            raise ModelError(f"{path} is damaged (its checksum is wrong): install or export the model again")
        return contents


def _open_card(path: Path) -> Model:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"the model card {path} cannot be read: a model needs its .json card beside it") from error
    card = Card.from_json(text, source=path)
    if card.name != path.stem:
        raise ModelError(f"the card {path} is that of {card.name}: rename the model's files alike, or export it again")
    return Model(card, path.parent)


def installed() -> dict[str, Model]:
    """The models that come with srgan, by name."""
    return {path.stem: _open_card(path) for path in sorted(SHIPPED.glob("*.json"))}


def find(model: str | Path) -> Model:
    """A shipped model by its name, or one's own by the path of its card, `.onnx` or `.safetensors` file.

    Raises:
        ModelError: if there is none.
    """
    path = Path(model)
    if path.suffix in (".json", ".onnx", ".safetensors"):
        if not path.is_file():
            raise ModelError(f"there is no model file {path}: check the path")
        return _open_card(path.with_suffix(".json"))
    card = SHIPPED / f"{model}.json"
    if path.name != str(model) or not card.is_file():
        known = ", ".join(installed()) or "(none is installed)"
        raise ModelError(f"there is no model {model}: choose one of {known}, or name an .onnx file")
    return _open_card(card)
