"""Catalogue of models, and their files, which are opened only when their checksums hold."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from srgan.errors import ModelError
from srgan.weights.card import Card, Stage
from srgan.weights.model_file import graph_checksum, read_card
from srgan.weights.onnx_messages import FileDamaged

SHIPPED = Path(__file__).parent / "files"
"""Folder of the models that come with srgan."""

_OLD_FILES = (".json", ".safetensors")  # beside the .onnx file of a model of three files
_CHECKPOINTS = (".pth", ".pt", ".ckpt")


@dataclass(frozen=True)
class Model:
    """A card and the folder in which the model's file is.

    Models of three files, which srgan wrote before, have their card and their weights in files of their own.
    """

    card: Card
    folder: Path

    @property
    def name(self) -> str:
        """Name, for people."""
        return self.card.name

    @property
    def label(self) -> str:
        """Name and identity, for the metadata of results."""
        return f"{self.card.name} {self.card.identity}"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The parts that are tiled apart."""
        return self.card.stages

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along one axis."""
        return self.card.scale

    def read(self, suffix: str = ".onnx") -> bytes:
        """Return the contents of the model's file, or of a file of three.

        Raises:
            ModelError: if the file is missing or is not the one that the card describes.
        """
        path = self.folder / f"{self.card.name}{suffix}"
        if suffix not in self.card.files:
            raise ModelError(f"the model {self.card.name} has no {suffix} file: export it again")
        contents, checksum = _read(path), self.card.files[suffix].sha256
        if hashlib.sha256(contents).hexdigest() == checksum:
            return contents
        if suffix == ".onnx" and _checksum_of_graph(contents) == checksum:
            return contents
        raise ModelError(f"{path} is damaged (its checksum is wrong): install or export the model again")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): install or export the model again") from error


def _checksum_of_graph(contents: bytes) -> str | None:
    try:
        return graph_checksum(contents)[0]
    except FileDamaged:
        return None


def _open_card(path: Path) -> Model:
    """Open a model by the path of one of its files."""
    try:
        text = read_card(_read(path)) if path.suffix == ".onnx" else None
    except FileDamaged as error:
        raise ModelError(f"{path} is damaged or no model: install or export the model again") from error
    if text is None:
        path = path.with_suffix(".json")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"the model card {path} cannot be read: export the model again") from error
    card = Card.from_json(text, source=path)
    if card.name != path.stem:
        raise ModelError(f"the card in {path} is that of {card.name}: rename the file, or export the model again")
    return Model(card, path.parent)


def installed() -> dict[str, Model]:
    """Return the models that come with srgan, by name."""
    return {path.stem: _open_card(path) for path in sorted(SHIPPED.glob("*.onnx"))}


def find(model: str | Path) -> Model:
    """Return a shipped model by its name, or one's own by the path of its file.

    Raises:
        ModelError: if there is none.
    """
    path = Path(model)
    if path.suffix in (".onnx", *_OLD_FILES):
        if not path.is_file():
            raise ModelError(f"there is no model file {path}: check the path")
        return _open_card(path)
    if path.suffix in _CHECKPOINTS and path.is_file():
        raise ModelError(f"{path} holds weights alone, of a network that is not known: name the .onnx file of a model")
    shipped = SHIPPED / f"{model}.onnx"
    if path.name != str(model) or not shipped.is_file():
        known = ", ".join(installed()) or "(none is installed)"
        raise ModelError(f"there is no model {model}: choose one of {known}, or name an .onnx file")
    return _open_card(shipped)
