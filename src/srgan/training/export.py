"""A trained generator made into a model that `srgan upscale` runs: weights, ONNX graph and card."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

from srgan.engines.self_test import pattern
from srgan.errors import OutputError
from srgan.models.release.fold import Deployable, to_onnx
from srgan.weights.card import Card, File, Probe

_PROBE_SIZE = 32


def describe(generator: Deployable) -> tuple[int, tuple[float, ...]]:
    """Side of the self-test's pattern, and what the generator makes of it: see `Probe`."""
    with torch.inference_mode():
        restored = generator(torch.from_numpy(pattern(_PROBE_SIZE)))[0, 0].numpy()
    diagonal = np.diagonal(restored)[:: generator.scale]
    return _PROBE_SIZE, tuple(round(float(value), 5) for value in diagonal)


def export(generator: Deployable, card: Card, folder: Path) -> Card:
    """Write `<name>.safetensors`, `<name>.onnx` and, last, the card `<name>.json` into the folder.

    Args:
        generator: in evaluation mode, on the CPU.
        card: all but its stages, probe and files, which are filled in from the generator.

    Returns:
        The card as written.

    Raises:
        OutputError: if a file cannot be written.
    """
    card = replace(card, stages=generator.stages, scale=generator.scale, probe=Probe(*describe(generator)), files={})
    tensors = {name: value.contiguous() for name, value in generator.state_dict().items()}
    graph = to_onnx(generator)
    header = {"format": "pt", "card": json.dumps(json.loads(card.to_json()))}
    for key in ("name", "version", "licence", "summary"):
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, getattr(card, key)
    contents = {".safetensors": save(tensors, metadata=header), ".onnx": graph.SerializeToString(deterministic=True)}
    files = {suffix: File(hashlib.sha256(data).hexdigest(), len(data)) for suffix, data in contents.items()}
    card = replace(card, files=files)
    contents[".json"] = card.to_json().encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made ({error.strerror}): choose another folder") from error
    for suffix, data in contents.items():
        path = folder / f"{card.name}{suffix}"
        temporary = folder / f".{path.name}.{os.getpid()}"
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(
                f"{path} cannot be written ({error.strerror}): free some space or choose another folder"
            ) from error
    return card
