"""Export of a trained generator as a model that `srgan upscale` runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from srgan.engines.self_test import pattern
from srgan.files import make_folder, write_bytes
from srgan.models.release.fold import Deployable
from srgan.models.release.onnx_export import model_file, round_weights
from srgan.weights.card import Card, Probe

_PROBE_SIZE = 32


def describe(generator: Deployable) -> tuple[int, tuple[float, ...]]:
    """Side of the self-test's pattern, and what the generator makes of it: see `Probe`."""
    with torch.inference_mode():
        restored = generator(torch.from_numpy(pattern(_PROBE_SIZE)))[0, 0].numpy()
    diagonal = np.diagonal(restored)[:: generator.scale]
    return _PROBE_SIZE, tuple(round(float(value), 5) for value in diagonal)


def export(generator: Deployable, card: Card, folder: Path) -> Card:
    """Write the model `<name>.onnx` into the folder: graph, weights in float16, and card.

    Args:
        generator: in evaluation mode, on the CPU.
        card: all but its stages, probe and files, which are filled in from the generator.

    Returns:
        The card as written.

    Raises:
        OutputError: if the file cannot be written.
    """
    generator = round_weights(generator)
    card = replace(card, stages=generator.stages, scale=generator.scale, probe=Probe(*describe(generator)), files={})
    card, contents = model_file(generator, card)
    make_folder(folder)
    write_bytes(folder / f"{card.name}.onnx", contents)
    return card
