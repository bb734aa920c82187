"""The best example for each patch of an image: a randomised search over position, scale and affine transformation.

After PatchMatch (Barnes et al. 2009) and its generalisation (2010): what suits a patch often suits its neighbours,
moved along, and random draws find what none of them has. Patches of one colour of a chessboard read those of the other
alone, and the random numbers follow from the patch, so that the result is the same in any number of threads.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srgan.selfexsr.compiling import ForRows, compiled

Floats = NDArray[np.float32]
_Number = Any  # of numpy in compiled functions, where types of Python would be wrong
_Place = tuple[_Number, ...]

RADIUS = 2
"""Patches are 5x5 pixels."""
_SIDE = 2 * RADIUS + 1
_SIGMA = 3.0  # pixels, of the Gaussian weights in a patch
_ITERATIONS = 6
_DRAWS = 9  # random draws of an iteration: two positions, then one transformation, and so on
_NEAR = 0.125  # first radius of the positions drawn, in sides of the image
_LEVEL_CHANGES = 0.4  # share of the positions that are drawn at another level
_SPREAD = 0.25  # most relative change of scale in a draw; twice that of the angle in radians
_SHEAR = 0.05
_LEAST_AREA, _MOST_AREA = 0.5, 2.0  # of a transformed patch, in patches
_NEAREST_LEVELS = 3  # of those that the same place is looked up in at first
_GOOD = np.float32(0.5)  # cost from which on nothing better is drawn: less than a gray level
_TRUST = np.float32(4.0)  # added to the cost, so that a perfect match does not silence all others

_GAUSSIAN = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * _SIGMA**2))
_WEIGHTS = (np.outer(_GAUSSIAN, _GAUSSIAN) / _GAUSSIAN.sum() ** 2).astype(np.float32)


class Examples(NamedTuple):
    """Images of several sizes, the largest first, each as it is and as blurred as the target; all in one array."""

    sharp: Floats
    blurred: Floats
    starts: NDArray[np.int64]
    """Where each image begins in the two arrays, row by row."""
    heights: NDArray[np.int64]
    widths: NDArray[np.int64]


class Matches(NamedTuple):
    """The example of the patch about each pixel of an image."""

    places: Floats
    """(H, W, 6): row and column in the example, and the transformation of offsets in the patch: a, b, c, d of
    (a * down + b * right, c * down + d * right)."""
    levels: NDArray[np.int64]
    """(H, W): which image of the examples."""
    costs: Floats
    """(H, W): mean squared difference of the blurred example from the target, apart from the bias."""
    biases: Floats
    """(H, W): brightness of the target less that of the blurred example."""


def collect_examples(sharp: list[Floats], blurred: list[Floats]) -> Examples:
    """Join images, each (H, W), and their blurred copies, of the same sizes, into examples to search."""
    sizes = np.array([image.shape for image in sharp], np.int64)
    areas = sizes.prod(axis=1)
    starts = np.concatenate([[0], np.cumsum(areas)[:-1]]).astype(np.int64)
    flat, flat_blurred = (np.concatenate([image.ravel() for image in images]) for images in (sharp, blurred))
    return Examples(flat, flat_blurred, starts, *np.ascontiguousarray(sizes.T))


def find_matches(target: Floats, examples: Examples, for_rows: ForRows, *, seed: int) -> Matches:
    """Search the example of each patch of an image.

    Args:
        target: (H, W), blurred.
        examples: of any sizes of at least 2 * RADIUS + 2 pixels a side.
        for_rows: calls a compiled function for all rows.
        seed: of the random numbers.
    """
    height, width = target.shape
    padded = np.pad(target, RADIUS, mode="edge")
    matches = Matches(
        np.empty((height, width, 6), np.float32),
        np.empty((height, width), np.int64),
        np.empty((height, width), np.float32),
        np.empty((height, width), np.float32),
    )
    for_rows(_begin, height, padded, examples, matches)
    for iteration in range(_ITERATIONS):
        for colour in (0, 1):
            for_rows(_improve, height, colour, padded, examples, matches, seed * _ITERATIONS + iteration)
    return matches


def vote(examples: Examples, matches: Matches, for_rows: ForRows) -> Floats:
    """Return the image that the sharp examples make: each pixel the mean of the patches about it, good ones first."""
    result = np.empty(matches.levels.shape, np.float32)
    for_rows(_vote, len(result), examples, matches, result)
    return result


@compiled
def _begin(first: int, last: int, target: Floats, examples: Examples, matches: Matches) -> None:
    """Look each patch up at the same place of the nearest levels."""
    height, width = matches.levels.shape
    for row in range(first, last):
        for column in range(width):
            best: _Number = np.float32(np.inf)
            for level in range(min(_NEAREST_LEVELS, len(examples.starts))):
                tall, wide = examples.heights[level], examples.widths[level]
                down = np.float32(math.floor((row + 0.5) * tall / height))
                right = np.float32(math.floor((column + 0.5) * wide / width))
                down = min(max(down, np.float32(RADIUS)), np.float32(tall - 2 - RADIUS))
                right = min(max(right, np.float32(RADIUS)), np.float32(wide - 2 - RADIUS))
                place = (down, right, np.float32(1), np.float32(0), np.float32(0), np.float32(1))
                cost, bias = _difference(target, row, column, examples, level, place)
                if cost < best:
                    best = cost
                    _keep(matches, row, column, place, level, cost, bias)


@compiled
def _improve(
    first: int, last: int, colour: int, target: Floats, examples: Examples, matches: Matches, seed: int
) -> None:
    """Try the examples of neighbours, and random ones, for the patches of one colour."""
    height, width = matches.levels.shape
    for row in range(first, last):
        for column in range((row + colour) % 2, width, 2):
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                if 0 <= row + down < height and 0 <= column + right < width:
                    level = matches.levels[row + down, column + right]
                    there = _place(matches, row + down, column + right)
                    _try(target, row, column, examples, matches, _moved(there, -down, -right), level)
            if matches.costs[row, column] < _GOOD:
                continue
            state = _scramble(np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15))
            state = _scramble(state + np.uint64(row * width + column))
            reach = np.float32(max(height, width) * _NEAR)
            for draw in range(_DRAWS):
                state = state + np.uint64(0x9E3779B97F4A7C15)
                bits = _scramble(state)
                one, two, three, four = _unit(bits, 0), _unit(bits, 16), _unit(bits, 32), _unit(bits, 48)
                level, place = matches.levels[row, column], _place(matches, row, column)
                if draw % 3 == 2:
                    place = _transformed(place, one, two, three)
                else:
                    other = level
                    if three < _LEVEL_CHANGES:
                        other = min(int(four * len(examples.starts)), len(examples.starts) - 1)
                    place = _drawn(place, examples, level, other, reach * (2 * one - 1), reach * (2 * two - 1))
                    level = other
                    if reach >= 1:
                        place = _on_grid(place)
                    reach = max(reach * np.float32(0.4), np.float32(0.5))
                _try(target, row, column, examples, matches, place, level)


@compiled
def _vote(first: int, last: int, examples: Examples, matches: Matches, result: Floats) -> None:
    height, width = matches.levels.shape
    for row in range(first, last):
        for column in range(width):
            total = weight = np.float32(0)
            for down in range(max(-RADIUS, row - height + 1), min(RADIUS, row) + 1):
                for right in range(max(-RADIUS, column - width + 1), min(RADIUS, column) + 1):
                    there = row - down, column - right
                    level, place = matches.levels[there], _moved(_place(matches, *there), down, right)
                    start, wide = examples.starts[level], examples.widths[level]
                    value = _sample(examples.sharp, start, wide, place[0], place[1]) + matches.biases[there]
                    share = _WEIGHTS[down + RADIUS, right + RADIUS] / (matches.costs[there] + _TRUST)
                    total += share * value
                    weight += share
            result[row, column] = total / weight


@compiled
def _try(
    target: Floats,
    row: int,
    column: int,
    examples: Examples,
    matches: Matches,
    place: _Place,
    level: int,
) -> None:
    """Keep an example if it lies within its image and is better than that of the patch."""
    down, right, a, b, c, d = place
    tall, wide = RADIUS * (abs(a) + abs(b)), RADIUS * (abs(c) + abs(d))
    if down < tall or down + tall >= examples.heights[level] - 1:
        return
    if right < wide or right + wide >= examples.widths[level] - 1:
        return
    if not _LEAST_AREA <= a * d - b * c <= _MOST_AREA:
        return
    cost, bias = _difference(target, row, column, examples, level, place)
    if cost < matches.costs[row, column]:
        _keep(matches, row, column, place, level, cost, bias)


@compiled
def _difference(
    target: Floats, row: int, column: int, examples: Examples, level: int, place: _Place
) -> tuple[_Number, _Number]:
    """Return the cost and the bias of an example for the patch about a pixel; the target is padded by RADIUS."""
    start, width = examples.starts[level], examples.widths[level]
    down, right, a, b, c, d = place
    mean = square = np.float32(0)
    for i in range(_SIDE):
        over = np.float32(i - RADIUS)
        for j in range(_SIDE):
            along = np.float32(j - RADIUS)
            value = _sample(examples.blurred, start, width, down + a * over + b * along, right + c * over + d * along)
            error, weight = target[row + i, column + j] - value, _WEIGHTS[i, j]
            mean += weight * error
            square += weight * error * error
    return square - mean * mean, mean


@compiled
def _sample(images: Floats, start: int, width: int, down: _Number, right: _Number) -> _Number:
    """Return a value between four pixels of the image that begins at `start`, bilinear."""
    row, column = np.int32(down), np.int32(right)
    under, beside = down - np.float32(row), right - np.float32(column)
    corner = start + row * width + column
    upper = images[corner] + beside * (images[corner + 1] - images[corner])
    lower = images[corner + width] + beside * (images[corner + width + 1] - images[corner + width])
    return upper + under * (lower - upper)


@compiled
def _place(matches: Matches, row: int, column: int) -> _Place:
    place = matches.places[row, column]
    return place[0], place[1], place[2], place[3], place[4], place[5]


@compiled
def _keep(matches: Matches, row: int, column: int, place: _Place, level: int, cost: _Number, bias: _Number) -> None:
    kept = matches.places[row, column]
    kept[0], kept[1], kept[2], kept[3], kept[4], kept[5] = place
    matches.levels[row, column], matches.costs[row, column], matches.biases[row, column] = level, cost, bias


@compiled
def _moved(place: _Place, down: int, right: int) -> _Place:
    """Return the place of the pixel so far down and right of the patch's middle."""
    row, column, a, b, c, d = place
    over, along = np.float32(down), np.float32(right)
    return row + a * over + b * along, column + c * over + d * along, a, b, c, d


@compiled
def _drawn(place: _Place, examples: Examples, level: int, other: int, down: _Number, right: _Number) -> _Place:
    """Return the same place at another level, moved."""
    row, column, a, b, c, d = place
    half = np.float32(0.5)
    tall = np.float32(examples.heights[other]) / np.float32(examples.heights[level])
    wide = np.float32(examples.widths[other]) / np.float32(examples.widths[level])
    return (row + half) * tall - half + down, (column + half) * wide - half + right, a, b, c, d


@compiled
def _on_grid(place: _Place) -> _Place:
    """Return the place moved to the nearest pixel, where nothing is interpolated."""
    row, column, a, b, c, d = place
    half = np.float32(0.5)
    return np.float32(np.floor(row + half)), np.float32(np.floor(column + half)), a, b, c, d


@compiled
def _transformed(place: _Place, scale: _Number, angle: _Number, shear: _Number) -> _Place:
    """Return the place with its transformation scaled, turned and sheared, by numbers from 0 to 1."""
    row, column, a, b, c, d = place
    size = np.float32(1 + _SPREAD * (2 * scale - 1))
    turn = np.float32(2 * _SPREAD * (2 * angle - 1))
    slant = np.float32(_SHEAR * (2 * shear - 1))
    cosine, sine = size * np.float32(math.cos(turn)), size * np.float32(math.sin(turn))
    a, b, c, d = cosine * a - sine * c, cosine * b - sine * d, sine * a + cosine * c, sine * b + cosine * d
    return row, column, a, b + slant * a, c, d + slant * c


@compiled
def _scramble(bits: _Number) -> _Number:
    """Return 64 bits that look random: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@compiled
def _unit(bits: _Number, shift: int) -> _Number:
    """Return 16 of the bits as a number from 0 to below 1."""
    return np.float32((bits >> np.uint64(shift)) & np.uint64(0xFFFF)) * np.float32(1 / 65536)
