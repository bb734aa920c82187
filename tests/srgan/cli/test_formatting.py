"""Numbers read as people say them."""

import pytest

from srgan.cli.console import count, dimensions, duration, storage


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.1 s"),
        (1.24, "1.2 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (1795, "30 min"),
        (3599, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_counts_sizes_and_storage() -> None:
    assert [count(number, "photo") for number in (0, 1, 1200)] == ["0 photos", "1 photo", "1,200 photos"]
    assert dimensions((640, 480)) == "640x480"
    assert [storage(size) for size in (640_000, 2_500_000, 11_200_000_000)] == ["640 kB", "2.5 MB", "11.2 GB"]
