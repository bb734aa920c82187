"""Self-test: an engine run on a computed pattern, compared with the values on the model's card."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from srgan.engines.engine import Engine, Floats, run_stages
from srgan.weights.card import Card, Probe
from srgan.weights.catalogue import Model, own_folder
from srgan.weights.interpolation import AnyModel

TOLERANCES = {"fp32": 0.5 / 255, "bf16": 4 / 255, "int8": 4 / 255}
"""Largest difference allowed, by precision: half a level, the rounding of eight bits of mantissa, and for int8 that of
values in the middle between two integers; int8 has a probe of its own."""
FOREIGN_TOLERANCE = 8 / 255
"""Largest difference allowed of networks of other people in bf16, on values that are clipped to [0, 1]."""


def pattern(size: int) -> Floats:
    """Return (1, 3, size, size) in [0, 1]: slopes, edges and detail, made from integers."""
    y, x = np.mgrid[0:size, 0:size]
    planes = np.stack([37 * x + 11 * y, 5 * x * y + 29 * x, x * x + 7 * y]) % 256
    smooth = np.stack([x, y, size - 1 - x]) * (255 // max(size - 1, 1))
    mixed = np.where((x + y < size)[None], planes, smooth)
    return (mixed[None] / 255).astype(np.float32)


def measure_probe(network: Callable[[Floats], Floats], scale: int, size: int = 48) -> Probe:
    """Return the self-test of a network, (1, 3, H, W) to (1, 3, scale * H, scale * W), which is run on the pattern."""
    diagonal = np.diagonal(network(pattern(size))[0, 0])[::scale]
    return Probe(size, tuple(round(float(value), 5) for value in diagonal))


def run_probe(engine: Engine, card: Card, *, clip: bool = False) -> float:
    """Return the largest difference between the engine's values and the card's, in [0, 1] units.

    Args:
        clip: whether values beyond [0, 1] count as 0 and 1.
    """
    values = run_stages(engine, pattern(card.probe.size))
    made, expected = np.diagonal(values[0, 0])[:: card.scale], np.asarray(card.probe.values)
    if clip:
        made, expected = made.clip(0, 1), expected.clip(0, 1)
    return float(np.abs(made - expected).max())


def self_test(engine: Engine, model: Model) -> tuple[float, float]:
    """Return the largest difference of a model's self-test, and the allowed one, in [0, 1] units; NaN is too much."""
    card = model.card
    if engine.precision == "int8" and card.quantisation is not None:
        card = replace(card, probe=card.quantisation.probe)
    if model.folder != own_folder():
        return run_probe(engine, card), TOLERANCES[engine.precision]
    allowed = {**TOLERANCES, "bf16": FOREIGN_TOLERANCE}[engine.precision]
    return run_probe(engine, card, clip=True), allowed


def is_accurate(engine: Engine, model: AnyModel) -> bool:
    """Return whether a model passes its self-test on this engine.

    Those that come with srgan have passed it, but for int8, which some processors compute wrongly.
    """
    if not isinstance(model, Model) or engine.precision == "fp32":
        return True
    if engine.precision == "bf16" and model.folder != own_folder():
        return True
    error, allowed = self_test(engine, model)
    return error <= allowed
