"""Catalogue of models, and their files, which are opened only when their checksums hold."""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from srgan.errors import ModelError, UsageError
from srgan.files import check_folder, make_folder, write_bytes
from srgan.weights.card import Card, Stage
from srgan.weights.model_file import graph_checksum, read_card, with_card
from srgan.weights.onnx_messages import FileDamaged

SHIPPED = Path(__file__).parent / "files"
"""Folder of the models that come with srgan."""

FOREIGN = "onnx"
"""Architecture on the card of a network that is known by its ONNX graph alone."""

SELFEXSR = "selfexsr"
"""Architecture on the card of the method of that name, which has no weights: see `srgan.selfexsr`."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TAKEN = ("auto", SELFEXSR, "add", "info", "list", "remove", "rename", "nearest", "bicubic", "lanczos", "HR")
"""Words that commands understand in place of a model's name."""
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

    @property
    def grain(self) -> float:
        """Standard deviation of the grain that is added to its results, in levels of 255."""
        return self.card.grain

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
        path, graph = path.with_suffix(".json"), path
        if graph.suffix == ".onnx" and not path.is_file():
            raise ModelError(f"{graph} is a network without a card: add it by srgan models add, then use its name")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"the model card {path} cannot be read: export the model again") from error
    card = Card.from_json(text, source=path)
    if card.name != path.stem:
        raise ModelError(f"the card in {path} is that of {card.name}: rename the file, or export the model again")
    return Model(card, path.parent)


def own_folder() -> Path:
    """Return the folder of the models that were added: `SRGAN_MODELS`, else `srgan/models` among the user's data.

    Raises:
        ModelError: if there is no home folder either.
    """
    if chosen := os.environ.get("SRGAN_MODELS"):
        return Path(chosen)
    if chosen := os.environ.get("XDG_DATA_HOME"):
        return Path(chosen) / "srgan" / "models"
    try:
        return Path.home() / ".local" / "share" / "srgan" / "models"
    except RuntimeError as error:
        raise ModelError("there is no home folder to keep models in: set SRGAN_MODELS to a folder") from error


def shipped() -> dict[str, Model]:
    """Return the models that come with srgan, by name."""
    return {path.stem: _open_card(path) for path in sorted(SHIPPED.glob("*.onnx"))}


def installed() -> dict[str, Model]:
    """Return the models that come with srgan and those that were added, by name; damaged added ones are left out."""
    found = shipped()
    with suppress(ModelError, OSError):
        for path in sorted(own_folder().glob("*.onnx")):
            with suppress(ModelError):
                found.setdefault(path.stem, _open_card(path))
    return found


def methods_without_weights() -> dict[str, Model]:
    """Return the methods that have a card and no weights, by name; nothing takes them unless they are named."""
    alone = (path for path in sorted(SHIPPED.glob("*.json")) if not path.with_suffix(".onnx").exists())
    return {path.stem: _open_card(path) for path in alone}


def add(card: Card, contents: bytes) -> Model:
    """Write a model into the folder of added ones.

    Args:
        card: its card.
        contents: its file; the card in it is replaced.

    Raises:
        UsageError: if there is such a model, or the name is none.
        OutputError: if it cannot be written.
    """
    path = _free_place(card.name)
    make_folder(path.parent)
    write_bytes(path, with_card(contents, card.to_json()), overwrite=False)
    return Model(card, path.parent)


def check_free(name: str) -> None:
    """Check that a model may be added under a name.

    Raises:
        UsageError: if there is such a model, or the name is none.
        OutputError: if the folder of added models cannot be written into.
    """
    check_folder(_free_place(name).parent)


def _free_place(name: str) -> Path:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"name must be letters, digits, - and _, and no word of a command, not {name}", parameter="name"
        )
    path = own_folder() / f"{name}.onnx"
    if path.exists() or (SHIPPED / path.name).exists():
        raise UsageError(f"name {name} is that of another model: choose another, or remove that", parameter="name")
    return path


def remove(name: str) -> Path:
    """Remove an added model, damaged or not, and return the path that its file had.

    Raises:
        ModelError: if there is none of that name, or it came with srgan.
    """
    path = _own_path(name)
    try:
        path.unlink()
    except OSError as error:
        raise ModelError(f"{path} cannot be removed ({error.strerror}): check its permissions") from error
    return path


def rename(name: str, new_name: str) -> Model:
    """Give an added model another name; its identity stays.

    Raises:
        ModelError: if there is none of that name, it came with srgan, or its file is damaged.
        UsageError: if there is a model of the new name, or that is none.
    """
    path = _own_path(name)
    model = _open_card(path)
    renamed = add(replace(model.card, name=new_name), model.read())
    remove(name)
    return renamed


def _own_path(name: str) -> Path:
    path = own_folder() / f"{name}.onnx"
    if path.name == f"{name}.onnx" and os.path.isfile(path):
        return path
    if os.path.isfile(SHIPPED / f"{name}.onnx"):
        raise ModelError(f"{name} came with srgan and stays as it is: only models that were added can be changed")
    raise ModelError(f"there is no model {name} among those that were added: srgan models lists them")


def find(model: str | Path) -> Model:
    """Return an installed model by its name, or one's own by the path of its file.

    Raises:
        ModelError: if there is none.
    """
    path = Path(model)
    if path.suffix in (".onnx", *_OLD_FILES):
        if not os.path.isfile(path):  # unlike `Path.is_file`, false where a name is too long, too
            raise ModelError(f"there is no model file {path}: check the path")
        return _open_card(path)
    if path.suffix in _CHECKPOINTS and os.path.isfile(path):
        raise ModelError(
            f"{path} holds weights alone: add the network by srgan models add, or name a model's .onnx file"
        )
    places = [SHIPPED / f"{model}.onnx", SHIPPED / f"{model}.json"]
    with suppress(ModelError):
        places.append(own_folder() / f"{model}.onnx")
    for place in places:
        if path.name == str(model) and os.path.isfile(place):
            return _open_card(place)
    known = ", ".join([*installed(), *methods_without_weights()]) or "(none is installed)"
    raise ModelError(f"there is no model {model}: choose one of {known}, or name an .onnx file")
