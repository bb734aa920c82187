"""A model on an engine: opened when it is first needed, kept, and timed."""

import time
from functools import cached_property

import numpy as np

from srgan.engines.engine import EngineName, Precision, open_engine
from srgan.upscale.tiling import TiledNetwork
from srgan.weights.interpolation import AnyModel

_OVERHEAD = 1.15  # of decoding, cutting and encoding, over the network's own time


class LoadedModel:
    """A model and the engine that runs it.

    Args:
        model: what is run.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32` or `bf16`; without it, the fastest that the processor computes in.
    """

    def __init__(self, model: AnyModel, engine: EngineName = "auto", *, precision: Precision | None = None) -> None:
        self.model = model
        self._engine, self._precision = engine, precision

    @cached_property
    def network(self) -> TiledNetwork:
        """The model on its engine; in full precision instead if it ever gives numbers that are not finite.

        Raises:
            ModelError: if the model's files are missing or damaged.
            EngineError: if the engine cannot run it.
        """
        return TiledNetwork(
            open_engine(self.model, self._engine, precision=self._precision),
            fallback=lambda: open_engine(self.model, self._engine, precision="fp32"),
        )

    @property
    def engine_label(self) -> str:
        """Engine and precision, for people."""
        engine = self.network.engine
        return f"{engine.name} {engine.precision}"

    @cached_property
    def rate(self) -> float:
        """Multiplications with addition a second, measured on a small tile of this model on this machine."""
        stages, tile = self.network.engine.stages, np.full((1, 3, 96, 96), 0.5, np.float32)
        best = float("inf")
        for _ in range(2):  # the first run allocates
            started, values = time.perf_counter(), tile
            for number in range(len(stages)):
                values = self.network.engine.run(number, values).copy()
            best = min(best, time.perf_counter() - started)
        return sum(stage.multiply_adds for stage in stages) * 96 * 96 / best

    def seconds(self, width: int, height: int) -> float:
        """The time that an opaque picture of this size takes on this machine, about."""
        return _OVERHEAD * self.network.work(width, height) / self.rate
