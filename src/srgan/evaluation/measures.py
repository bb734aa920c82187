"""Measures of a restored image. Each has an identity that changes whenever its numbers would."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from srgan.errors import PictureError, UsageError
from srgan.evaluation.test_sets import Pair, Pixels
from srgan.metrics import PAPER, Niqe, Protocol, consistency, matlab_protocol, mse, multiscale_protocol, rgb_psnr
from srgan.metrics.consistency import DESCRIPTION as CONSISTENCY
from srgan.metrics.niqe import BLOCK
from srgan.metrics.niqe import DESCRIPTION as NIQE


@dataclass(frozen=True)
class Measure:
    """A way to judge a restored image."""

    name: str
    scores: tuple[str, ...]
    """Names of its numbers."""
    identity: str
    """Numbers of another identity do not compare."""
    take: Callable[[Pixels, Pair], dict[str, float]]
    """Returns the scores of a restored image, (H, W, 3) uint8, by name."""
    least: int = 1
    """The smallest side it takes, in pixels."""
    needed: bool = False
    """Whether a set with smaller images is refused; otherwise the set goes without this measure."""


def find_protocol(name: str, scale: int = 4) -> Protocol:
    """Return the protocol of a name, for images enlarged by this factor.

    Raises:
        UsageError: if there is none.
    """
    found = {"paper": PAPER, "matlab": matlab_protocol(scale)}.get(name)
    if found is None:
        raise UsageError(f"protocol must be paper or matlab, not {name}", parameter="protocol")
    return found


def protocol_measure(protocol: Protocol) -> Measure:
    """Return PSNR [dB] and SSIM by a protocol."""

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        score = protocol.measure(restored, pair.high)
        return {f"{protocol.name}/psnr": score.psnr, f"{protocol.name}/ssim": score.ssim}

    scores = (f"{protocol.name}/psnr", f"{protocol.name}/ssim")
    least = protocol.smallest + 2 * protocol.crop
    return Measure(f"the {protocol.name} protocol", scores, protocol.description, take, least, needed=True)


def rgb_measure() -> Measure:
    """Return PSNR [dB] and MSE of all channels in [0, 1]."""

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        high = pair.high
        return {"rgb/psnr": rgb_psnr(restored, high), "rgb/mse": mse(restored, high)}

    return Measure("RGB", ("rgb/psnr", "rgb/mse"), "8-bit RGB, nothing cropped, mean over the channels", take)


def _multiscale_measure(scale: int) -> Measure:
    protocol = multiscale_protocol(scale)

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {"ms-ssim": protocol.measure(restored, pair.high).ssim}

    return Measure("MS-SSIM", ("ms-ssim",), protocol.description, take, protocol.smallest + 2 * protocol.crop)


def consistency_measure(scale: int) -> Measure:
    """Return the PSNR [dB] of the reduced result against the clean small image."""

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {"consistency": consistency(restored, pair.clean, scale=scale)}

    return Measure("consistency", ("consistency",), f"{CONSISTENCY}, x{scale}", take)


def always_taken(scale: int) -> tuple[Measure, ...]:
    """Return the measures that need no file: PSNR and MSE of all channels in [0, 1], MS-SSIM and consistency."""
    return rgb_measure(), _multiscale_measure(scale), consistency_measure(scale)


def niqe_measure(path: Path) -> Measure:
    """Return NIQE with the parameters in a file; NaN for images with hardly any texture.

    Raises:
        ModelError: if it holds none.
    """
    niqe = Niqe.load(path)

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        try:
            return {"niqe": niqe.measure(restored)}
        except PictureError:
            return {"niqe": math.nan}

    return Measure("NIQE", ("niqe",), f"{NIQE}; {niqe.identity}", take, 2 * BLOCK)


def feature_measure(path: Path) -> Measure:
    """Return the distance between features of a network whose weights are in a file; it needs torch.

    Raises:
        ModelError: if the file holds no weights of a known network.
    """
    from srgan.evaluation.feature_distance import FeatureDistance
    from srgan.models.features.classifiers import SMALLEST

    distance = FeatureDistance(path)
    network = distance.name.partition(" features")[0]
    name = f"features/{network}"

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {name: distance.measure(restored, pair.high)}

    return Measure(f"features of {network}", (name,), distance.identity, take, SMALLEST)
