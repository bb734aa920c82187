"""The dither that daala's `png2y4m` adds to an image before it computes luma and chroma.

png2y4m seeds its generator anew for every image, so the dither is one fixed sequence: it is computed once, kept, and
extended for larger images.

Source: the tools of https://github.com/xiph/daala (png2y4m, kiss99), described, not copied.
"""

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LUMA_RANGE, CB_RANGE, CR_RANGE = 1223320000, 1479548743, 1255654969  # one quantum of Y, Cb, Cr in png2y4m's units

_SEED = (362436069, 521288629, 123456789, 380116160)  # z, w, jsr, jcong
_MWC = (36969, 18000)  # multipliers of the two multiply-with-carry generators
_LCG = (69069, 1234567)  # multiplier and increment of the congruential generator

_LANES, _STEPS = 4096, 128  # numbers made at a time: wide enough for NumPy, few enough (65 kpx) for small images
_BLOCK_DRAWS = 24  # 4 pixels of 3 deviates of 2 numbers

# Which numbers a draw accepts depends on how many were accepted before: two each for Y, Cb, Cr, in turn.
_SPANS = np.array([LUMA_RANGE, LUMA_RANGE, CB_RANGE, CB_RANGE, CR_RANGE, CR_RANGE], np.int64) + 1
_LIMITS = np.resize((0xFFFFFFFF // _SPANS * _SPANS).astype(np.uint32), len(_SPANS) + _STEPS)


def divide_rounding(dividend: Array, divisor: int) -> Array:
    """Return int64 quotients rounded to the nearest integer, halves away from zero."""
    return np.asarray(np.sign(dividend) * ((np.abs(dividend) + divisor // 2) // divisor))


class Kiss99:
    """Marsaglia's KISS99 random numbers (sci.stat.math, 1999) from png2y4m's seed, many at a time."""

    def __init__(self) -> None:
        self._state: tuple[Array, ...] = tuple(np.array([seed], np.uint32) for seed in _SEED)

    def draw(self, lanes: int, steps: int) -> Array:
        """Return the next `lanes * steps` numbers of the sequence.

        Args:
            lanes: runs of consecutive numbers made in parallel; a power of two.
            steps: numbers per run; a power of two.

        Returns:
            (steps, lanes) uint32; column j holds numbers j * steps to (j + 1) * steps - 1 of the sequence.
        """
        state = self._state
        width = 1
        while width < lanes:  # double the starts: those known, and the same moved on by as many runs
            ahead = _jump(state, width * steps)
            state = tuple(np.concatenate(pair) for pair in zip(state, ahead, strict=True))
            width *= 2
        numbers = np.empty((steps, lanes), np.uint32)
        for row in numbers:
            state = _step(state)
            z, w, jsr, jcong = state
            np.add(((z << 16) + w) ^ jcong, jsr, out=row)
        self._state = tuple(part[-1:] for part in state)
        return numbers


def _step(state: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return the states one number later; all parts are uint32 and wrap at 32 bits."""
    z, w, jsr, jcong = state
    z = _MWC[0] * (z & 0xFFFF) + (z >> 16)
    w = _MWC[1] * (w & 0xFFFF) + (w >> 16)
    jsr = jsr ^ (jsr << 17)
    jsr = jsr ^ (jsr >> 13)
    jsr = jsr ^ (jsr << 5)
    return z, w, jsr, _LCG[0] * jcong + _LCG[1]


def _jump(state: tuple[Array, ...], count: int) -> tuple[Array, ...]:
    """Return the states `count` numbers later (a power of two), without the numbers between."""
    z, w, jsr, jcong = state
    factor, increment = _LCG
    # count steps of x -> factor x + increment: the geometric series is divided exactly, then reduced.
    power = pow(factor, count, (factor - 1) << 32)
    series = (power - 1) // (factor - 1) * increment % 2**32
    jcong = jcong * np.uint32(power % 2**32) + np.uint32(series)
    return _jump_mwc(z, _MWC[0], count), _jump_mwc(w, _MWC[1], count), _jump_xorshift(jsr, count), jcong


def _jump_mwc(part: Array, multiplier: int, count: int) -> Array:
    """Jump by one product: a multiply-with-carry step is one modulo multiplier * 2**16 - 1."""
    modulus = (multiplier << 16) - 1
    return (part * np.uint64(pow(multiplier, count, modulus)) % np.uint64(modulus)).astype(np.uint32)


def _jump_xorshift(part: Array, count: int) -> Array:
    """Jump by one 32x32 bit matrix, given as the images of the 32 single bits: xorshift is linear over GF(2)."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    images = _step((bits, bits, bits, bits))[2]
    for _ in range(count.bit_length() - 1):
        images = _apply_bits(images, images)
    return _apply_bits(images, part)


def _apply_bits(images: Array, part: Array) -> Array:
    """Return for each number the sum over GF(2) of the images of its bits."""
    result = np.zeros_like(part)
    for bit, image in enumerate(images):
        result ^= ((part >> np.uint32(bit)) & 1) * image
    return result


def _accept(numbers: Array, phase: int) -> Array:
    """Return the numbers that the draws accept, in order; the others are rejected and drawn again.

    Acceptance depends on the phase (0 to 5: which draw of Y, Y, Cb, Cb, Cr, Cr is due), hence on all numbers before.
    So each lane is run from all six phases at once, then the lanes are chained, then each is run from its true phase.

    Args:
        numbers: (steps, lanes) uint32, as `Kiss99.draw` gives them.
        phase: the phase of the first draw.
    """
    phases = np.arange(len(_SPANS))
    counts = np.repeat(phases[:, None], numbers.shape[1], axis=1)  # phase at the start + numbers taken since
    for row in numbers:
        counts += row < _LIMITS[counts]
    starts = [phase]
    for ends in (counts.T % len(_SPANS)).tolist():
        starts.append(ends[starts[-1]])
    taken = np.empty(numbers.shape, np.bool_)
    count = np.array(starts[:-1])
    for row, mask in zip(numbers, taken, strict=True):
        np.less(row, _LIMITS[count], out=mask)
        count += mask
    return np.asarray(numbers.T[taken.T])


class Deviates:
    """The triangular deviates of png2y4m, block after block of 2x2 pixels."""

    def __init__(self) -> None:
        self._generator = Kiss99()
        self._spare = np.empty(0, np.uint32)

    def draw(self) -> Array:
        """Return the deviates of some thousands of further blocks.

        Returns:
            (blocks, 4, 3) int64: for the pixels of a block in raster order, the deviates of Y, Cb and Cr, within
            plus or minus `LUMA_RANGE`, `CB_RANGE` and `CR_RANGE`.
        """
        further = _accept(self._generator.draw(_LANES, _STEPS), len(self._spare) % len(_SPANS))
        draws = np.concatenate([self._spare, further])
        whole = len(draws) // _BLOCK_DRAWS * _BLOCK_DRAWS
        self._spare = draws[whole:]
        remainders = draws[:whole].reshape(-1, 4, 3, 2) % _SPANS.reshape(3, 2).astype(np.uint32)
        return np.asarray(remainders[..., 0].astype(np.int64) - remainders[..., 1])


class DitherStream:
    """The dither of png2y4m in its default 4:2:0 mode, kept for further images; threads may share it."""

    def __init__(self) -> None:
        self._deviates = Deviates()
        self._offsets = np.empty((3, 4, 0), np.int16)
        self._growing = Lock()

    def first(self, blocks: int) -> Array:
        """Return the offsets of red, green and blue (0 to 65535) of an image's 2x2 blocks, in raster order.

        Returns:
            (3, 4, blocks) int16, read only: channel, pixel within the block, block.
        """
        with self._growing:
            parts, known = [self._offsets], self._offsets.shape[2]
            while known < blocks:
                parts.append(_offsets(self._deviates.draw()))
                known += parts[-1].shape[2]
            if len(parts) > 1:
                self._offsets = np.concatenate(parts, axis=2)
                self._offsets.flags.writeable = False
            return self._offsets[:, :, :blocks]


def _offsets(deviates: Array) -> Array:
    """Return (blocks, 4, 3) deviates as offsets of 16-bit RGB, (3, 4, blocks) int16; a block has one Cb and one Cr."""
    luma, cb, cr = deviates[:, :, 0].T, deviates[:, 0, 1], deviates[:, 0, 2]
    red = divide_rounding(2 * luma + 3 * cr, 8176000)
    # The chroma terms of green are added, as the tool adds them; subtracting them would leave luma alone.
    green = divide_rounding(2384 * luma + 361 * cb + 1063 * cr, 9745792000)
    blue = divide_rounding(2 * luma + 3 * cb, 8176000)
    return np.stack([red, green, blue]).astype(np.int16)
