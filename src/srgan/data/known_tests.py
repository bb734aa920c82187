"""The pictures of the known test sets, recognised at any size and crop: none is ever learned from.

A network that was trained on a picture scores on it what it remembers. The list that is shipped holds no pictures but
facts of them: where their landmarks are, how large, and the signs of their prints. Landmarks of a picture that look
like some of the list's tell where the one would lie in the other. It does if most others look alike there, too.
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
_KEPT = 200  # landmarks of a test picture
_SOUGHT = 300  # landmarks of a picture that is looked at
_SIMILAR = 0.36  # likeness from which landmarks are a reason to look closer; 1 is that of equal prints
_SAME = 0.8  # likeness from which they are the same
_TRIED = 8  # guesses that are looked at, each way round
_ZOOMS = 0.28, 3.6  # between which guesses are sensible: pictures of which a third of a side is left, and some
_APART = 0.4, 0.06  # octaves of zoom and sides of place by which pairs of landmarks may differ and still agree
_REFITS, _EXACT = 4, 0.004  # how often the worse pairs are dropped, unless they are off by less, in sides
_COMMON = 0.5  # share of the smaller of two pictures that must lie in the other
_LEAST, _SHARE, _ENOUGH = 4, 0.6, 12  # landmarks that must be the same: so many, so many of those there, or so many


@dataclass(frozen=True)
class _Guess:
    """A test picture and the place where a picture may show it."""

    picture: int
    mirrored: bool
    zoom: float
    """From the test picture's sides to the picture's, and where its corner comes to lie."""
    corner: Floats


@dataclass(frozen=True)
class KnownTests:
    """Test pictures that are recognised."""

    names: tuple[str, ...]
    """Such as Set5/woman."""
    identity: str
    """Eight digits that tell one list from another."""
    widths: Floats
    """Of each picture, in sides of the square of its area."""
    starts: NDArray[np.intp]
    """Where the landmarks of each picture begin, and behind the last of them end."""
    landmarks: Landmarks
    """Of all, one picture after the other; of their prints, the signs."""

    def find(self, pixels: NDArray[np.uint8]) -> str | None:
        """The name of the test picture that an (H, W, 3) uint8 picture shows all or a part of; None if there is none.

        Found are pictures made larger or smaller by up to four, mirrored, compressed or brightened, of which two
        fifths of width and height are left; and such as make two fifths of another's width and height.
        """
        space = ScaleSpace(pixels)
        seen = space.landmarks(_SOUGHT)
        guesses = [*self._guesses(seen), *self._guesses(seen.mirrored(space.width), mirrored=True)]
        same = [self._same(guess, space) for guess in guesses]
        best = max(range(len(guesses)), key=same.__getitem__, default=None)
        return self.names[guesses[best].picture] if best is not None and same[best] else None

    def _guesses(self, seen: Landmarks, *, mirrored: bool = False) -> list[_Guess]:
        """Return placements of test pictures that similar landmarks suggest, the best supported first."""
        likeness = _shares(seen.prints) @ self.landmarks.prints.T
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
            _Guess(picture, mirrored, *_fitted(seen[here[together]], self.landmarks[there[together]]))
            for _, picture, together in agreed[:_TRIED]
        ]

    def _same(self, guess: _Guess, space: ScaleSpace) -> int:
        """How many landmarks are the same in the picture and in the test picture that it may show; 0 if too few."""
        if not (_ZOOMS[0] < guess.zoom < _ZOOMS[1] and self._common(guess, space.width) > _COMMON):
            return 0
        known = self.landmarks[self.starts[guess.picture] : self.starts[guess.picture + 1]]
        expected = Landmarks(known.places * guess.zoom + guess.corner, known.sizes * guess.zoom, known.prints)
        if guess.mirrored:
            expected = expected.mirrored(space.width)
        prints, inside = space.prints(expected.places, expected.sizes)
        likeness = (_shares(prints) * expected.prints[inside]).sum(1)
        # Those that nearly cover one another count once.
        octaves = np.rint(np.log2(expected.sizes[inside]))
        cells = np.column_stack([octaves, np.rint(expected.places[inside] / 2 ** (octaves[:, None] + 1))])
        same, whole = (len(np.unique(cells[which], axis=0)) for which in (likeness > _SAME, likeness > -1))
        return same if same >= max(_LEAST, min(_SHARE * whole, _ENOUGH)) else 0

    def _common(self, guess: _Guess, width: float) -> float:
        """The share of the smaller picture that lies in the other, if one is so wide and the guess is right."""
        ends = np.array([width, 1 / width])
        known_ends = guess.corner + guess.zoom * np.array([self.widths[guess.picture], 1 / self.widths[guess.picture]])
        sides = np.minimum(ends, known_ends) - np.maximum(guess.corner, 0)
        return float(sides.clip(0).prod() / min(1, guess.zoom**2))


def find_known_test(pixels: NDArray[np.uint8]) -> str | None:
    """The name of the known test picture that an (H, W, 3) uint8 picture shows: see `KnownTests.find`."""
    return known_tests().find(pixels)


@cache
def known_tests() -> KnownTests:
    """The test pictures whose list is shipped."""
    return read_known_tests(Path(str(files("srgan.data") / _LIST)))


def read_known_tests(path: Path) -> KnownTests:
    """The test pictures of a list that `write_known_tests` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        signs = np.unpackbits(stored["prints"], axis=1, count=BITS).astype(np.float32) * 2 - 1
        places, sizes = stored["places"].astype(np.float32), stored["sizes"].astype(np.float32)
        starts = np.cumsum([0, *stored["counts"]])
        names, widths = tuple(stored["names"].tolist()), stored["widths"]
    identity = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return KnownTests(names, identity, widths, starts, Landmarks(places, sizes, signs))


def write_known_tests(path: Path, pictures: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write the list of test pictures, each (H, W, 3) uint8, by their names."""
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


def _shares(prints: Floats) -> Floats:
    """What the numbers of prints count for when they are held against signs: of the largest, not all."""
    sizes = np.abs(prints)
    sizes = np.minimum(sizes, 2 * sizes.mean(1, keepdims=True))
    shares: Floats = np.copysign(sizes, prints) / np.maximum(sizes.sum(1, keepdims=True), 1e-12)
    return shares.astype(np.float32)


def _agreeing(seen: Landmarks, known: Landmarks, support: Floats) -> NDArray[np.bool_]:
    """Which pairs, of a landmark seen and a known one, agree on zoom and place: those of the most support."""
    octaves = np.log2(seen.sizes / known.sizes)
    zooms = 2 ** octaves[:, None]
    # [i, j]: where pair i expects the landmark of pair j
    expected = seen.places[:, None] + zooms[:, :, None] * (known.places - known.places[:, None])
    error = np.abs(expected - seen.places).max(2) / np.minimum(1, zooms)
    agree = (np.abs(octaves[:, None] - octaves) < _APART[0]) & (error < _APART[1])
    chosen: NDArray[np.bool_] = agree[(agree @ support).argmax()]
    return chosen


def _fitted(seen: Landmarks, known: Landmarks) -> tuple[float, Floats]:
    """(zoom, corner) by which most known landmarks come to lie where they are seen.

    Where a pattern repeats, a landmark may be taken for the next: the worse half of the pairs is dropped, and again.
    """
    zoom, corner = _least_squares(seen, known)
    for _ in range(_REFITS):
        error = np.abs(known.places * zoom + corner - seen.places).max(1)
        better = np.nonzero(error <= max(float(np.median(error)), _EXACT))[0]
        seen, known = seen[better], known[better]
        zoom, corner = _least_squares(seen, known)
    return zoom, corner


def _least_squares(seen: Landmarks, known: Landmarks) -> tuple[float, Floats]:
    """(zoom, corner) of the least squares of places and, as much as landmarks are large, of sizes."""
    middle, known_middle = seen.places.mean(0), known.places.mean(0)
    spread, by_places = (known.places - known_middle) ** 2, (known.places - known_middle) * (seen.places - middle)
    by_sizes = 2 ** np.log2(seen.sizes / known.sizes).mean()
    weight = (known.sizes**2).sum()
    zoom = float((by_places.sum() + by_sizes * weight) / (spread.sum() + weight))
    return zoom, middle - zoom * known_middle
