"""Networks of other people made into models of srgan: files in, a model with a card out.

Weights are recognised by their names and shapes; networks in ONNX and ncnn are measured. Nothing that a file says is
believed: not its name, its scale or its size.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srgan.engines.engine import Floats
from srgan.engines.measurement import Measurement, measure
from srgan.engines.self_test import measure_probe
from srgan.errors import ModelError
from srgan.weights.card import NOT_STATED, Card, File, Probe, Training
from srgan.weights.catalogue import FOREIGN
from srgan.weights.foreign_onnx import MAX_BYTES, check
from srgan.weights.model_file import graph_checksum, read_card
from srgan.weights.ncnn import to_onnx
from srgan.weights.onnx_adapter import adapt

if TYPE_CHECKING:
    from srgan.models.release.foreign_weights import RecognisedNetwork

WEIGHTS = (".safetensors", ".pth", ".pt")
"""Endings of files with weights alone, for which torch is needed."""
SUFFIXES = (*WEIGHTS, ".onnx", ".param", ".bin")

_VERSION = "1"


@dataclass(frozen=True)
class ForeignModel:
    """A network made into a model, not yet added."""

    card: Card
    contents: bytes
    """The model's file, without its card."""
    notes: tuple[str, ...]
    """What its user should know, a line each."""


def read_foreign(
    path: Path,
    name: str,
    *,
    source: str | None = None,
    licence: str | None = None,
    scale: int | None = None,
    measurement: Callable[[bytes, bool], Measurement] = measure,
) -> ForeignModel:
    """Return the network in a file as a model.

    Args:
        path: a `.safetensors`, `.pth`, `.pt` or `.onnx` file, or either one of ncnn's two.
        name: of the model.
        source: where the file comes from, for the card.
        licence: its licence, for the card.
        scale: the wanted one, of weights for several scales; another one is refused.
        measurement: measures an ONNX file; the second argument is whether it is of srgan's own making.

    Raises:
        ModelError: if the file cannot be read, is damaged, or holds no network that srgan can run.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ModelError(f"{path} is of no kind that is read: name one of {', '.join(SUFFIXES)}")
    contents = _read(path)
    card = Card(
        name=name,
        summary="",
        version=_VERSION,
        architecture=FOREIGN,
        arguments={},
        scale=1,
        stages=(),
        training=Training(recipe={}, data=_origin(path, contents, source), updates=0, machine=NOT_STATED, hours=0.0),
        licence=licence or NOT_STATED,
        scores=(),
        limits="Not measured. How srgan runs it is known from its weights alone.",
        probe=Probe(0, ()),
        files={},
    )
    if suffix in WEIGHTS:
        model = _of_weights(path, card, scale)
    elif suffix == ".onnx":
        own = read_card(contents)
        model = _of_ours(path, contents, own, name) if own is not None else _of_onnx(contents, card, measurement)
    else:
        model = _of_ncnn(path, card, measurement)
    if scale not in (None, model.card.scale):
        raise ModelError(f"{path} holds a network that enlarges {model.card.scale} times, and not {scale}")
    return model


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path} is larger than {MAX_BYTES >> 30} GiB, and no network that srgan runs is")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check the path") from error


def _origin(path: Path, contents: bytes, source: str | None) -> str:
    digest = hashlib.sha256(contents).hexdigest()
    return f"not known to srgan. Added from {path.name}, sha256 {digest}; source: {source or NOT_STATED}"


def recognise_file(path: Path, scale: int | None = None) -> "tuple[RecognisedNetwork, Probe]":
    """Return the network that a file of weights belongs to, and its self-test.

    Raises:
        ModelError: if the file is damaged, no published layout fits, or the results are not finite.
    """
    import torch  # takes seconds to import, as these do

    from srgan.models.release.foreign_weights import recognise
    from srgan.models.release.state_dict import read_any_tensors

    found = recognise(read_any_tensors(path), scale=scale)

    def run(low: Floats) -> Floats:
        with torch.inference_mode():
            restored: Floats = found.generator(torch.from_numpy(low)).numpy()
        if not np.isfinite(restored).all():
            raise ModelError(f"the results of the network in {path} are not finite: it is damaged, fetch it again")
        return restored

    return found, measure_probe(run, found.generator.scale)


def _of_weights(path: Path, card: Card, scale: int | None) -> ForeignModel:
    """Return the model of a file with weights alone."""
    from srgan.models.release.onnx_export import model_file  # imports torch

    (generator, architecture, arguments), probe = recognise_file(path, scale)
    card = replace(
        card,
        summary=f"{architecture} by others, x{generator.scale}",
        architecture=architecture,
        arguments=arguments,
        scale=generator.scale,
        stages=generator.stages,
        probe=probe,
    )
    card, contents = model_file(generator, card)
    return ForeignModel(card, contents, ())


def _of_ours(path: Path, contents: bytes, card: str, name: str) -> ForeignModel:
    """Return a model that has a card of srgan's already."""
    check(contents)
    own = Card.from_json(card, source=path)
    if own.files.get(".onnx") != File(*graph_checksum(contents)):
        raise ModelError(f"{path} is damaged (its checksum is wrong): export the model again")
    return ForeignModel(replace(own, name=name), contents, ())


def _of_ncnn(path: Path, card: Card, measurement: Callable[[bytes, bool], Measurement]) -> ForeignModel:
    files = [path.with_suffix(suffix) for suffix in (".param", ".bin")]
    for file in files:
        if not file.exists():
            raise ModelError(f"{file} is missing: put both files of the ncnn network, .param and .bin, into one folder")
    param, weights = map(_read, files)
    try:
        text = param.decode("ascii")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path.with_suffix('.param')} is no ncnn .param file: fetch it again") from error
    contents = to_onnx(text, weights)
    return _measured(contents, card, measurement(contents, True), "ncnn")


def _of_onnx(contents: bytes, card: Card, measurement: Callable[[bytes, bool], Measurement]) -> ForeignModel:
    ports = check(contents)
    measured = measurement(adapt(contents, ports), False)
    adapted = adapt(contents, ports, levels=measured.levels, multiple=measured.multiple, scale=measured.scale)
    return _measured(adapted, card, measured, "ONNX")


def _measured(contents: bytes, card: Card, measured: Measurement, format: str) -> ForeignModel:
    check(contents)
    notes = []
    stages = measured.stages
    if any(stage.whole for stage in stages):
        notes.append(
            "it sees the whole image: large photos are enlarged in overlapping tiles, which may differ slightly"
        )
    if not measured.resembles:
        notes.append("what it makes hardly resembles the image: it may expect other values than RGB from 0 to 1 or 255")
    if measured.scale == 1:
        notes.append("it does not enlarge")
    card = replace(
        card,
        summary=f"a network in {format} by others, x{measured.scale}",
        scale=measured.scale,
        stages=stages,
        probe=measured.probe,
        limits=" ".join([card.limits, *(f"{note[0].upper()}{note[1:]}." for note in notes)]),
        files={".onnx": File(*graph_checksum(contents))},
    )
    return ForeignModel(card, contents, tuple(notes))
