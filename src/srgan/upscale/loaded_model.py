"""A model on its engines: opened when first needed, kept, shared by threads, and timed."""

import threading
import time

import numpy as np

from srgan.engines.engine import EngineName, Precision, open_engine, run_stages
from srgan.engines.self_test import is_accurate
from srgan.images.colour import Depth
from srgan.upscale.tiling import TiledNetwork
from srgan.weights.interpolation import AnyModel

_OVERHEAD = 1.15  # of decoding, cutting and encoding, over the network's own time


class LoadedModel:
    """A model and the engines that run it.

    Args:
        model: the model.
        engine: `auto`, `openvino` or `torch`.
        precision: `fp32`, `bf16` or `int8`; without it the fastest of the processor for 8-bit images, and `fp32` for
            deeper ones, whose last bits bf16 would lose. int8 is never used for those.
        ensemble: take the mean of the results for the eight orientations of an image.
    """

    def __init__(
        self,
        model: AnyModel,
        engine: EngineName = "auto",
        *,
        precision: Precision | None = None,
        ensemble: bool = False,
    ) -> None:
        self.model = model
        self._engine, self._precision, self._ensemble = engine, precision, ensemble
        self._networks: dict[Precision | None, TiledNetwork] = {}
        self._rates: dict[Precision, float] = {}
        self._lock = threading.RLock()

    def network_for(self, depth: Depth) -> TiledNetwork:
        """Return the network for images of a depth; it goes on in fp32 if it gives numbers that are not finite.

        Raises:
            ModelError: if the model's files are missing or damaged.
            EngineError: if the engine cannot run it.
        """
        precision = self._precision
        if depth > 8 and precision in (None, "int8"):
            precision = "fp32"
        with self._lock:
            if precision not in self._networks:
                engine = open_engine(self.model, self._engine, precision=precision)
                if precision is None and not is_accurate(engine, self.model):
                    engine = open_engine(self.model, self._engine, precision="fp32")
                network = TiledNetwork(
                    engine,
                    fallback=lambda: open_engine(self.model, self._engine, precision="fp32"),
                    ensemble=self._ensemble,
                )
                self._networks[precision] = network
                self._networks.setdefault(network.engine.precision, network)
            return self._networks[precision]

    @property
    def network(self) -> TiledNetwork:
        """The network for images of 8 bits; raises as `network_for` does."""
        return self.network_for(8)

    def engine_label(self, depth: Depth) -> str:
        """Return engine and precision as a text."""
        engine = self.network_for(depth).engine
        return f"{engine.name} {engine.precision}"

    @property
    def rate(self) -> float:
        """Multiplications with addition a second on 8-bit images, measured on a small tile on this machine."""
        return self._rate(8)

    def seconds(self, width: int, height: int, depth: Depth = 8) -> float:
        """Return the estimated time for an opaque image of this size on this machine."""
        return _OVERHEAD * self.network_for(depth).work(width, height) / self._rate(depth)

    def _rate(self, depth: Depth) -> float:
        with self._lock:
            engine = self.network_for(depth).engine
            if engine.precision not in self._rates:
                tile, best = np.random.default_rng(0).random((1, 3, 96, 96), np.float32), float("inf")
                for _ in range(2):  # the first run allocates
                    started = time.perf_counter()
                    run_stages(engine, tile)
                    best = min(best, time.perf_counter() - started)
                operations = sum(stage.multiply_adds for stage in engine.stages) * 96 * 96
                self._rates[engine.precision] = operations / best
            return self._rates[engine.precision]
