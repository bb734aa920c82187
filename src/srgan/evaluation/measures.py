"""What is measured of a restored picture, each measure with the words or the checksum that tell it from any other.

This module does not know which pictures there are, nor what is done with the scores.
"""

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

Take = Callable[[Pixels, Pair], dict[str, float]]


@dataclass(frozen=True)
class Measure:
    """A way to judge a restored picture."""

    name: str
    scores: tuple[str, ...]
    """What its numbers are called."""
    identity: str
    """Changes whenever its numbers would."""
    take: Take
    """The scores of a restored picture, (H, W, 3) uint8, by their names."""
    least: int = 1
    """The smallest side in pixels that it takes."""
    needed: bool = False
    """Whether a set with smaller pictures is refused; otherwise it goes without this measure."""


def find_protocol(name: str, scale: int = 4) -> Protocol:
    """The protocol of a name, for pictures enlarged by this factor.

    Raises:
        UsageError: if there is none.
    """
    found = {"paper": PAPER, "matlab": matlab_protocol(scale)}.get(name)
    if found is None:
        raise UsageError(f"--protocol must be paper or matlab, not {name}")
    return found


def protocol_measure(protocol: Protocol) -> Measure:
    """PSNR and SSIM by a protocol."""

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        score = protocol.measure(restored, pair.high)
        return {f"{protocol.name}/psnr": score.psnr, f"{protocol.name}/ssim": score.ssim}

    scores = (f"{protocol.name}/psnr", f"{protocol.name}/ssim")
    least = protocol.smallest + 2 * protocol.crop
    return Measure(f"the {protocol.name} protocol", scores, protocol.description, take, least, needed=True)


def _colours(restored: Pixels, pair: Pair) -> dict[str, float]:
    high = pair.high
    return {"rgb/psnr": rgb_psnr(restored, high), "rgb/mse": mse(restored, high)}


def _multiscale(scale: int) -> Measure:
    protocol = multiscale_protocol(scale)

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {"ms-ssim": protocol.measure(restored, pair.high).ssim}

    return Measure("MS-SSIM", ("ms-ssim",), protocol.description, take, protocol.smallest + 2 * protocol.crop)


def consistency_measure(scale: int) -> Measure:
    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {"consistency": consistency(restored, pair.clean, scale=scale)}

    return Measure("consistency", ("consistency",), f"{CONSISTENCY}, x{scale}", take)


def always_taken(scale: int) -> tuple[Measure, ...]:
    """What needs no file: PSNR and mean squared error of all channels in [0, 1], MS-SSIM and consistency."""
    colours = Measure("RGB", ("rgb/psnr", "rgb/mse"), "8-bit RGB, nothing cropped, mean over the channels", _colours)
    return colours, _multiscale(scale), consistency_measure(scale)


def niqe_measure(path: Path) -> Measure:
    """NIQE by the parameters in a file.

    Raises:
        ModelError: if it holds none.
    """
    niqe = Niqe.load(path)

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        try:
            return {"niqe": niqe.measure(restored)}
        except PictureError:  # it has hardly any texture to judge
            return {"niqe": math.nan}

    return Measure("NIQE", ("niqe",), f"{NIQE}; {niqe.identity}", take, 2 * BLOCK)


def feature_measure(path: Path) -> Measure:
    """The distance between features of a network whose weights are in a file; it needs torch.

    Raises:
        ModelError: if the file holds no weights that are known.
    """
    from srgan.evaluation.feature_distance import FeatureDistance
    from srgan.models.features.classifiers import SMALLEST

    distance = FeatureDistance(path)
    network = distance.name.partition(" features")[0]
    name = f"features/{network}"

    def take(restored: Pixels, pair: Pair) -> dict[str, float]:
        return {name: distance.measure(restored, pair.high)}

    return Measure(f"features of {network}", (name,), distance.identity, take, SMALLEST)
