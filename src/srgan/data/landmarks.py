"""Landmarks of an image: blobs that survive resizing, cropping, mirroring and compression.

Each has a position, a size, and a descriptor (`prints`). They are extrema of differences of Gaussians in scale space,
as in Lowe, "Distinctive image features from scale-invariant keypoints" (2004), sections 3 and 4, without orientations.
The descriptors are the lowest frequencies of the surroundings, whose signs serve as a hash.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srgan.images.resize import resize

Floats = NDArray[np.floating[Any]]

BITS = 64
"""Length of a descriptor."""

_SIDE = 384  # images are resized to the area of a square of this side
_FIRST = 1.6  # standard deviation of an octave's first level, in its pixels
_STEPS = 3  # levels per octave
_SHARES = (0.35, 0.3, 0.2, 0.15)  # share of landmarks in each octave, the finest first
_LEAST = 0.006  # least contrast; white is 1
_EDGE = 10.0  # largest ratio of curvatures; edges have a larger one
_REACH = 4.5  # half a side of the surroundings, in standard deviations
_SAMPLES = 16  # samples along a side of the surroundings


@dataclass(frozen=True)
class Landmarks:
    """Landmarks; lengths are in sides of the square of the image's area."""

    places: Floats
    """(N, 2): (x, y) from the top left corner."""
    sizes: Floats
    """(N,): standard deviation of the blur at which each is extreme."""
    prints: Floats
    """(N, BITS): descriptors of the surroundings."""

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, which: NDArray[np.intp] | slice) -> "Landmarks":
        return Landmarks(self.places[which], self.sizes[which], self.prints[which])

    def mirrored(self, width: float) -> "Landmarks":
        """Return the landmarks of the image mirrored left to right; `width` is that of the image."""
        return Landmarks(self.places * (-1, 1) + (width, 0), self.sizes, self.prints * _MIRRORED)


class ScaleSpace:
    """The Gaussian scale space of an image.

    Attributes:
        width: width of the image, in sides of the square of its area.
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        """Build the scale space of an (H, W, 3) uint8 image."""
        height, width = pixels.shape[:2]
        self.width: float = (width / height) ** 0.5
        level = _blur(_gray(pixels), (_FIRST**2 - 0.5**2) ** 0.5)
        self._octaves: list[list[Floats]] = []
        while len(self._octaves) < len(_SHARES) and min(level.shape) > 2 * _REACH * _FIRST:
            self._octaves.append(_make_levels(level))
            level = self._octaves[-1][_STEPS][::2, ::2]

    def landmarks(self, most: int) -> Landmarks:
        """Return at most so many landmarks of all sizes, those of the highest contrast."""
        found = [np.zeros((0, 3))]
        for octave, levels in enumerate(self._octaves):
            x, y, step = _extrema(levels, round(_SHARES[octave] * most))
            size = _FIRST * 2 ** (step / _STEPS + octave)
            found.append(np.column_stack([x * 2**octave + 0.5, y * 2**octave + 0.5, size]) / _SIDE)
        all_found = np.concatenate(found)
        prints, inside = self.prints(all_found[:, :2], all_found[:, 2])
        return Landmarks(all_found[inside, :2], all_found[inside, 2], prints)

    def prints(self, places: Floats, sizes: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Compute descriptors at (N, 2) places of (N,) sizes, where the surroundings lie in the image.

        Returns:
            (M, BITS) descriptors, and the (M,) indices of their places.
        """
        octaves, steps = np.divmod(np.rint(np.log2(sizes * _SIDE / _FIRST) * _STEPS).astype(int) - 1, _STEPS)
        patches: list[Floats] = [np.zeros((0, _SAMPLES, _SAMPLES))]
        kept = [np.zeros(0, np.intp)]
        for octave, step in itertools.product(range(len(self._octaves)), range(_STEPS)):
            level = self._octaves[octave][step + 1]
            here = np.nonzero((octaves == octave) & (steps == step))[0]
            centres = (places[here] * _SIDE - 0.5) / 2**octave
            reach = (sizes[here] * _SIDE * _REACH / 2**octave)[:, None]
            inside = ((centres >= reach) & (centres <= np.array(level.shape[::-1]) - 1 - reach)).all(1)
            patches.append(_surroundings(level, centres[inside], reach[inside]))
            kept.append(here[inside])
        spectra = _DCT @ np.concatenate(patches) @ _DCT.T
        return spectra[:, _DOWN, _ACROSS] * np.hypot(_DOWN, _ACROSS), np.concatenate(kept)


def _gray(pixels: NDArray[np.uint8]) -> Floats:
    """Return luma in [0, 1], resized to the common area."""
    height, width = pixels.shape[:2]
    factor = _SIDE / (height * width) ** 0.5
    small = resize(pixels, (max(1, round(width * factor)), max(1, round(height * factor))))
    gray: Floats = small.astype(np.float32) @ np.array([0.299 / 255, 0.587 / 255, 0.114 / 255], np.float32)
    return gray


def _make_levels(level: Floats) -> list[Floats]:
    """Return the `_STEPS` + 3 levels of an octave, from its first."""
    blurs = [_FIRST * 2 ** (step / _STEPS) for step in range(_STEPS + 3)]
    levels = [level]
    for before, after in itertools.pairwise(blurs):
        levels.append(_blur(levels[-1], (after**2 - before**2) ** 0.5))
    return levels


def _blur(picture: Floats, blur: float) -> Floats:
    reach = int(3.5 * blur + 0.5)
    weights = np.exp(-0.5 * (np.arange(reach + 1) / blur) ** 2).astype(np.float32)
    weights /= weights.sum() * 2 - weights[0]
    for _ in range(2):  # down, then across
        height = len(picture)
        padded = np.pad(picture, ((reach, reach), (0, 0)), "edge")
        result = weights[0] * picture
        for tap in range(1, reach + 1):
            before, after = padded[reach - tap :][:height], padded[reach + tap :][:height]
            result += weights[tap] * (before + after)
        picture = np.ascontiguousarray(result.T)
    return picture


def _extrema(levels: list[Floats], most: int) -> tuple[Floats, Floats, Floats]:
    """Return (x, y, step) of the extrema of differences of levels, interpolated, those of the highest contrast."""
    volume = np.stack([after - before for before, after in itertools.pairwise(levels)])
    inner = volume[1:-1, 1:-1, 1:-1]
    peaks = (inner > _LEAST) & (inner == _neighbourhood_extreme(volume, np.maximum))
    pits = (inner < -_LEAST) & (inner == _neighbourhood_extreme(volume, np.minimum))
    place = np.stack(np.nonzero(peaks | pits), 1) + 1

    def at(*move: int) -> Floats:
        values: Floats = volume[tuple((place + move).T)].astype(np.float64)
        return values

    here = at(0, 0, 0)
    sides = [(at(*-axis), at(*axis)) for axis in np.eye(3, dtype=int)]
    slope = np.stack([(after - before) / 2 for before, after in sides], 1)
    curvature = np.stack([before + after - 2 * here for before, after in sides], 1)
    mixed = (at(0, 1, 1) + at(0, -1, -1) - at(0, 1, -1) - at(0, -1, 1)) / 4
    trace, determinant = curvature[:, 1] + curvature[:, 2], curvature[:, 1] * curvature[:, 2] - mixed**2
    blobs = np.nonzero(trace**2 * _EDGE < (_EDGE + 1) ** 2 * determinant)[0]
    best = blobs[np.argsort(-np.abs(here[blobs]), kind="stable")[:most]]
    flat = curvature[best] == 0
    top: Floats = place[best].astype(np.float64) + np.clip(
        -slope[best] / np.where(flat, 1, curvature[best]), -0.49, 0.49
    )
    return top[:, 2], top[:, 1], top[:, 0]


def _neighbourhood_extreme(volume: Floats, extreme: np.ufunc) -> Floats:
    """Return the extreme of every inner value and its 26 neighbours."""
    for axis in range(3):
        length = volume.shape[axis] - 2
        parts = [volume[(slice(None),) * axis + (slice(start, start + length),)] for start in range(3)]
        volume = extreme(extreme(parts[0], parts[1]), parts[2])
    return volume


def _surroundings(level: Floats, centres: Floats, reach: Floats) -> Floats:
    """Sample (N, samples, samples) around (N, 2) centres within (N, 1) reaches, bilinearly."""
    samples = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * 2 - 1
    columns, rows = centres[:, :1] + reach * samples, centres[:, 1:] + reach * samples
    left, above = columns.astype(int), rows.astype(int)
    across, down = (columns - left)[:, None, :], (rows - above)[:, :, None]
    left, above = left[:, None, :], above[:, :, None]
    upper = level[above, left] * (1 - across) + level[above, left + 1] * across
    lower = level[above + 1, left] * (1 - across) + level[above + 1, left + 1] * across
    result: Floats = upper * (1 - down) + lower * down
    return result


def _frequencies() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the (down, across) indices of the lowest frequencies, without the mean."""
    down, across = np.divmod(np.arange(_SAMPLES**2), _SAMPLES)
    order = np.lexsort((across, down, down**2 + across**2))[1 : BITS + 1]
    return down[order], across[order]


_DCT = np.cos(np.pi / _SAMPLES * np.outer(np.arange(_SAMPLES), np.arange(_SAMPLES) + 0.5))
_DOWN, _ACROSS = _frequencies()
_MIRRORED = np.where(_ACROSS % 2 == 1, -1, 1)
