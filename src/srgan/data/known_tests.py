"""Recognition of the images of known test sets, at any size and crop, so that no network is trained on them.

The shipped list holds the landmarks of each test image: positions, sizes, and the signs of their descriptors. Similar
landmarks of an image suggest where a test image would lie in it; it is recognised if most other landmarks match there.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srgan.data.landmarks import BITS, Floats, Landmarks, ScaleSpace

_LIST = "known_tests.npz"
_KEPT = 200  # landmarks stored per test image
_SOUGHT = 300  # landmarks computed of an image to check
_SIMILAR = 0.36  # least similarity of landmarks that suggest a placement; equal descriptors have 1
_SAME = 0.8  # least similarity of landmarks that match
_TRIED = 8  # placements checked, as is and mirrored
_ZOOMS = 0.28, 3.6  # bounds of the zoom: crops to about a third of a side, and the reverse
_APART = 0.4, 0.06  # largest differences of consistent pairs, in octaves of zoom and in sides
_REFITS, _EXACT = 4, 0.004  # number of refits without the worse pairs, and the error in sides that is always kept
_COMMON = 0.5  # least share of the smaller image that lies in the other
_LEAST, _SHARE, _ENOUGH = 4, 0.6, 12  # matching landmarks: minimum; share of those visible; always enough


@dataclass(frozen=True)
class _Placement:
    """A test image, and where an image may show it."""

    picture: int
    mirrored: bool
    zoom: float
    """Factor from the test image's sides to the image's."""
    corner: Floats
    """Position of the test image's top left corner."""


@dataclass(frozen=True)
class KnownTests:
    """Test images that are recognised."""

    names: tuple[str, ...]
    """Such as Set5/woman."""
    identity: str
    """Eight digits that identify the list."""
    widths: Floats
    """Width of each image, in sides of the square of its area."""
    starts: NDArray[np.intp]
    """Index of each image's first landmark, and the number of all landmarks."""
    landmarks: Landmarks
    """Landmarks of all images in order, with the signs of their descriptors."""

    def find(self, pixels: NDArray[np.uint8]) -> str | None:
        """Return the name of the test image that an (H, W, 3) uint8 image shows entirely or in part, or None.

        It recognises test images resized by up to four, mirrored, compressed or brightened, cropped to two fifths of
        width and height, or filling two fifths of a larger image's width and height.
        """
        space = ScaleSpace(pixels)
        seen = space.landmarks(_SOUGHT)
        placements = [*self._placements(seen), *self._placements(seen.mirrored(space.width), mirrored=True)]
        same = [self._same(placement, space) for placement in placements]
        best = max(range(len(placements)), key=same.__getitem__, default=None)
        return self.names[placements[best].picture] if best is not None and same[best] else None

    def _placements(self, seen: Landmarks, *, mirrored: bool = False) -> list[_Placement]:
        """Return placements of test images suggested by similar landmarks, the best supported first."""
        likeness = _normalise(seen.prints) @ self.landmarks.prints.T
        there, support = likeness.argmax(1), likeness.max(1)
        here = np.nonzero(support > _SIMILAR)[0]
        there, support = there[here], support[here]
        pictures = np.searchsorted(self.starts, there, "right") - 1
        agreed = []
        for picture in np.unique(pictures):
            of = np.nonzero(pictures == picture)[0]
            together = of[_agreeing(seen[here[of]], self.landmarks[there[of]], support[of])]
            agreed.append((float(support[together].sum()), int(picture), together))
        agreed.sort(key=lambda group: -group[0])
        return [
            _Placement(picture, mirrored, *_fit(seen[here[together]], self.landmarks[there[together]]))
            for _, picture, together in agreed[:_TRIED]
        ]

    def _same(self, placement: _Placement, space: ScaleSpace) -> int:
        """Return the number of matching landmarks of a placement; 0 if too few."""
        if not (_ZOOMS[0] < placement.zoom < _ZOOMS[1] and self._common(placement, space.width) > _COMMON):
            return 0
        known = self.landmarks[self.starts[placement.picture] : self.starts[placement.picture + 1]]
        expected = Landmarks(
            known.places * placement.zoom + placement.corner, known.sizes * placement.zoom, known.prints
        )
        if placement.mirrored:
            expected = expected.mirrored(space.width)
        prints, inside = space.prints(expected.places, expected.sizes)
        likeness = (_normalise(prints) * expected.prints[inside]).sum(1)
        # Landmarks that nearly coincide count once.
        octaves = np.rint(np.log2(expected.sizes[inside]))
        cells = np.column_stack([octaves, np.rint(expected.places[inside] / 2 ** (octaves[:, None] + 1))])
        same, whole = (len(np.unique(cells[which], axis=0)) for which in (likeness > _SAME, likeness > -1))
        return same if same >= max(_LEAST, min(_SHARE * whole, _ENOUGH)) else 0

    def _common(self, placement: _Placement, width: float) -> float:
        """Return the share of the smaller image that lies in the other, for an image of this width."""
        ends = np.array([width, 1 / width])
        known_ends = placement.corner + placement.zoom * np.array(
            [self.widths[placement.picture], 1 / self.widths[placement.picture]]
        )
        sides = np.minimum(ends, known_ends) - np.maximum(placement.corner, 0)
        return float(sides.clip(0).prod() / min(1, placement.zoom**2))


@cache
def known_tests() -> KnownTests:
    """Return the test images of the shipped list."""
    return read_known_tests(Path(str(files("srgan.data") / _LIST)))


def read_known_tests(path: Path) -> KnownTests:
    """Read a list that `write_known_tests` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        signs = np.unpackbits(stored["prints"], axis=1, count=BITS).astype(np.float32) * 2 - 1
        places, sizes = stored["places"].astype(np.float32), stored["sizes"].astype(np.float32)
        starts = np.cumsum([0, *stored["counts"]])
        names, widths = tuple(stored["names"].tolist()), stored["widths"]
    identity = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return KnownTests(names, identity, widths, starts, Landmarks(places, sizes, signs))


def write_known_tests(path: Path, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write the list of test images, (H, W, 3) uint8 by name."""
    spaces = [ScaleSpace(pixels) for pixels in pictures.values()]
    found = [space.landmarks(_KEPT) for space in spaces]
    np.savez_compressed(
        path,
        names=np.array(list(pictures)),
        widths=np.array([space.width for space in spaces]),
        counts=np.array([len(landmarks) for landmarks in found]),
        places=np.concatenate([landmarks.places for landmarks in found]).astype(np.float16),
        sizes=np.concatenate([landmarks.sizes for landmarks in found]).astype(np.float16),
        prints=np.packbits(np.concatenate([landmarks.prints for landmarks in found]) > 0, axis=1),
    )


def _normalise(prints: Floats) -> Floats:
    """Return descriptors as weights for signs, with sum of magnitudes 1; the largest values are limited."""
    sizes = np.abs(prints)
    sizes = np.minimum(sizes, 2 * sizes.mean(1, keepdims=True))
    shares: Floats = np.copysign(sizes, prints) / np.maximum(sizes.sum(1, keepdims=True), 1e-12)
    return shares.astype(np.float32)


def _agreeing(seen: Landmarks, known: Landmarks, support: Floats) -> NDArray[np.bool_]:
    """Return which pairs of a seen and a known landmark agree on zoom and position: the best supported group."""
    octaves = np.log2(seen.sizes / known.sizes)
    zooms = 2 ** octaves[:, None]
    # [i, j]: position of landmark j expected by pair i
    expected = seen.places[:, None] + zooms[:, :, None] * (known.places - known.places[:, None])
    error = np.abs(expected - seen.places).max(2) / np.minimum(1, zooms)
    agree = (np.abs(octaves[:, None] - octaves) < _APART[0]) & (error < _APART[1])
    chosen: NDArray[np.bool_] = agree[(agree @ support).argmax()]
    return chosen


def _fit(seen: Landmarks, known: Landmarks) -> tuple[float, Floats]:
    """Fit (zoom, corner) that move known landmarks to the seen ones.

    In repeating patterns landmarks may be mistaken for neighbours, so the worse half of pairs is dropped repeatedly.
    """
    zoom, corner = _least_squares(seen, known)
    for _ in range(_REFITS):
        error = np.abs(known.places * zoom + corner - seen.places).max(1)
        better = np.nonzero(error <= max(float(np.median(error)), _EXACT))[0]
        seen, known = seen[better], known[better]
        zoom, corner = _least_squares(seen, known)
    return zoom, corner


def _least_squares(seen: Landmarks, known: Landmarks) -> tuple[float, Floats]:
    """Return the least-squares (zoom, corner) of positions and, weighted by size, of sizes."""
    middle, known_middle = seen.places.mean(0), known.places.mean(0)
    spread, by_places = (known.places - known_middle) ** 2, (known.places - known_middle) * (seen.places - middle)
    by_sizes = 2 ** np.log2(seen.sizes / known.sizes).mean()
    weight = (known.sizes**2).sum()
    zoom = float((by_places.sum() + by_sizes * weight) / (spread.sum() + weight))
    return zoom, middle - zoom * known_middle
