"""The pipe into libvips: a PNG that others read too, bounded, and never a deadlock."""

import io
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srgan.images.colour import Depth, Pixels
from srgan.images.png_stream import PngStream, StreamClosed


def _drain(feed: PngStream, size: int) -> bytes:
    return b"".join(bytes(part) for part in iter(lambda: feed.pull(size), None))


def _picture(height: int, width: int, channels: int, depth: Depth) -> Pixels:
    top = 1 << depth
    values = np.random.default_rng(height).integers(0, top, (height, width, channels))
    return values.astype(np.uint8) if depth == 8 else values.astype(np.uint16)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 300), st.sampled_from([1, 2, 3, 4]), st.integers(1, 9000), st.integers(1, 9))
def test_pillow_reads_what_comes_out(height: int, width: int, channels: int, size: int, strip: int) -> None:
    pixels = _picture(height, width, channels, 8)
    feed = PngStream(width, height, channels, 8)
    for start in range(0, height, strip):
        feed.push(pixels[start : start + strip])
    feed.end()
    decoded = np.asarray(Image.open(io.BytesIO(_drain(feed, size))))
    assert np.array_equal(decoded.reshape(pixels.shape), pixels)


def test_sixteen_bits_and_rows_longer_than_a_deflate_block() -> None:
    pixels = _picture(3, 40_000, 1, 16)
    feed = PngStream(40_000, 3, 1, 16)
    feed.push(pixels)
    feed.end()
    decoded = np.asarray(Image.open(io.BytesIO(_drain(feed, 4096))))
    assert np.array_equal(decoded, pixels[:, :, 0])


def test_who_pushes_waits_and_is_let_go() -> None:
    feed = PngStream(1000, 100_000, 3, 8)
    rows = _picture(1000, 1000, 3, 8)
    pushed, outcome = [0], []

    def push() -> None:
        try:
            while True:
                feed.push(rows)
                pushed[0] += 1
        except StreamClosed:
            outcome.append("let go")

    thread = threading.Thread(target=push)
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    assert pushed[0] < 10  # 30 MB: the pipe holds 16, and each chunk is made before it waits
    feed.close()
    thread.join(5)
    assert outcome == ["let go"]


def test_who_pulls_is_let_go() -> None:
    feed = PngStream(10, 10, 3, 8)
    pulled: list[bytes] = []
    thread = threading.Thread(target=lambda: pulled.append(_drain(feed, 100)))
    thread.start()
    feed.push(_picture(5, 10, 3, 8))
    feed.stop()
    thread.join(5)
    assert not thread.is_alive()
    with pytest.raises(OSError, match="truncated"):
        np.asarray(Image.open(io.BytesIO(pulled[0])))
