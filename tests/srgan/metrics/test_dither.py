"""The lanes and jumps of the dither against the plain sequential rules, one number after the other."""

from collections.abc import Iterator
from itertools import islice
from threading import Thread

import numpy as np

from srgan.metrics.dither import CB_RANGE, CR_RANGE, LUMA_RANGE, Deviates, DitherStream, Kiss99, divide_rounding

_WORD = 0xFFFFFFFF


def _kiss99() -> Iterator[int]:
    z, w, jsr, jcong = 362436069, 521288629, 123456789, 380116160
    while True:
        z = 36969 * (z & 0xFFFF) + (z >> 16)
        w = 18000 * (w & 0xFFFF) + (w >> 16)
        jsr ^= (jsr << 17) & _WORD
        jsr ^= jsr >> 13
        jsr ^= (jsr << 5) & _WORD
        jcong = (69069 * jcong + 1234567) & _WORD
        yield ((((z << 16) + w) & _WORD ^ jcong) + jsr) & _WORD


def _triangular(numbers: Iterator[int], quantum: int) -> int:
    span = quantum + 1
    limit = _WORD // span * span
    first, second = islice((number % span for number in numbers if number < limit), 2)
    return first - second


def test_numbers_made_side_by_side_are_the_sequence() -> None:
    generator = Kiss99()
    parts = [generator.draw(lanes, steps).T.ravel() for lanes, steps in [(1, 1), (1, 8), (8, 1), (64, 32), (16, 128)]]
    made = np.concatenate(parts)
    assert made.tolist() == list(islice(_kiss99(), len(made)))


def test_deviates_are_those_of_sequential_rejection_across_draws() -> None:
    deviates = Deviates()
    made = np.concatenate([deviates.draw(), deviates.draw()])
    numbers = _kiss99()
    blocks = 18000  # more than one draw gives, so the seam between two is inside
    assert len(made) > blocks > len(made) // 2
    expected = [
        [[_triangular(numbers, quantum) for quantum in (LUMA_RANGE, CB_RANGE, CR_RANGE)] for _ in range(4)]
        for _ in range(blocks)
    ]
    assert np.array_equal(made[:blocks], expected)


def test_offsets_of_a_large_picture_begin_with_those_of_a_small_one() -> None:
    stream = DitherStream()
    small = stream.first(10).copy()
    large = stream.first(40000)
    assert small.shape == (3, 4, 10)
    assert large.shape == (3, 4, 40000)
    assert np.array_equal(large[:, :, :10], small)
    assert np.array_equal(large, DitherStream().first(40000))
    assert not large.flags.writeable


def test_offsets_have_the_mean_and_spread_of_one_quantum_of_luma_and_chroma() -> None:
    red, green, blue = DitherStream().first(40000).astype(np.float64)
    for channel in (red, green, blue):
        assert abs(channel.mean()) < 2.0
    # A triangular deviate of plus or minus R has variance R * R / 6; red is (2 Y + 3 Cr) / 8176000.
    expected = np.sqrt((4 * LUMA_RANGE**2 + 9 * CR_RANGE**2) / 6) / 8176000
    assert abs(red.std() / expected - 1) < 0.01


def test_threads_share_one_stream() -> None:
    stream = DitherStream()
    results: dict[int, bytes] = {}

    def ask(blocks: int) -> None:
        results[blocks] = stream.first(blocks).tobytes()

    threads = [Thread(target=ask, args=(blocks,)) for blocks in (100, 20000, 30000, 40000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = DitherStream()
    assert results == {blocks: alone.first(blocks).tobytes() for blocks in (100, 20000, 30000, 40000)}


def test_division_rounds_halves_away_from_zero() -> None:
    dividends = np.array([-15, -14, -5, -4, 0, 4, 5, 14, 15])
    assert divide_rounding(dividends, 10).tolist() == [-2, -1, -1, 0, 0, 0, 1, 1, 2]
