"""Self-test: an engine run on a computed pattern, compared with the values on the model's card."""

import numpy as np

from srgan.engines.engine import Engine, Floats
from srgan.weights.card import Card

TOLERANCES = {"fp32": 0.5 / 255, "bf16": 4 / 255}
"""Largest difference allowed, by precision: half a level, and the rounding of eight bits of mantissa."""


def pattern(size: int) -> Floats:
    """Return (1, 3, size, size) in [0, 1]: slopes, edges and detail, made from integers."""
    y, x = np.mgrid[0:size, 0:size]
    planes = np.stack([37 * x + 11 * y, 5 * x * y + 29 * x, x * x + 7 * y]) % 256
    smooth = np.stack([x, y, size - 1 - x]) * (255 // max(size - 1, 1))
    mixed = np.where((x + y < size)[None], planes, smooth)
    return (mixed[None] / 255).astype(np.float32)


def run_probe(engine: Engine, card: Card) -> float:
    """Return the largest difference between the engine's values and the card's, in [0, 1] units."""
    values = pattern(card.probe.size)
    for stage in range(len(engine.stages)):
        values = engine.run(stage, values).copy()
    diagonal = np.diagonal(values[0, 0])[:: card.scale]
    return float(np.abs(diagonal - np.asarray(card.probe.values)).max())
