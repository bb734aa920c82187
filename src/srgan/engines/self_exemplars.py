"""The engine of SelfExSR, which has no network: compiled by numba, on all processors."""

import numpy as np

from srgan.engines.engine import Floats, Precision
from srgan.engines.openvino import processor_name
from srgan.errors import EngineError
from srgan.weights.card import Stage
from srgan.weights.catalogue import Model


class SelfExemplarEngine:
    """SelfExSR on tiles, each of which is its own example. See `Engine`.

    Raises:
        EngineError: if numba is not installed.
    """

    name = "numba"
    precision: Precision = "fp32"

    def __init__(self, model: Model) -> None:
        try:
            from srgan.selfexsr.reconstruction import enlarge_rgb
        except ModuleNotFoundError as error:
            raise EngineError(
                f"{model.name} needs {error.name}, which is not installed: pip install 'srgan[selfexsr]'"
            ) from error
        self.device = processor_name()
        self.stages: tuple[Stage, ...] = model.stages
        self._enlarge, self._scale = enlarge_rgb, model.scale

    def run(self, stage: int, tile: Floats) -> Floats:
        return self._enlarge(np.asarray(tile[0], np.float32), self._scale)[None]

    def release(self, stage: int) -> None:
        """Free nothing: no memory is held between tiles."""
