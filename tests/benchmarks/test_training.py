"""The benchmark of training compares like with like."""

import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image

from benchmarks.measure import damage_table, device_table, training_table
from benchmarks.training import DeviceRate, Side, TextbookGenerator, seconds_each, textbook_batches
from srgan.models.srgan import Generator


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """Loading processes leave a handler of SIGCHLD behind, which every later child of this process would call."""
    before = signal.getsignal(signal.SIGCHLD)
    yield
    signal.signal(signal.SIGCHLD, before)


def test_textbook_network_is_srgans() -> None:
    own, textbook = Generator(blocks=2, features=8).eval(), TextbookGenerator(blocks=2, features=8).eval()
    weights = zip(textbook.state_dict(), own.state_dict().values(), strict=True)
    textbook.load_state_dict(dict(weights))
    low = torch.rand(2, 3, 7, 9)
    torch.testing.assert_close((textbook(low) + 1) / 2, own(low), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("workers", [0, 1])
def test_textbook_loader_gives_batches(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "gray.png"
    Image.new("RGB", (130, 100), (51, 51, 51)).save(path)
    low, high = next(textbook_batches([path], workers=workers))
    assert low.shape == (16, 3, 24, 24)
    assert high.shape == (16, 3, 96, 96)
    torch.testing.assert_close(high, torch.full_like(high, 0.2))


def test_time_is_shared_among_the_batches_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: 10.0 * next(clock))
    seen = []
    batch = (torch.zeros(1), torch.zeros(1))
    assert seconds_each(lambda low, high: seen.append(low), itertools.repeat(batch), count=5) == 2.0
    assert len(seen) == 6


def test_tables() -> None:
    own, textbook = Side("srgan", 0.5, 0.01, 0.5), Side("textbook", 1.0, 0.5, 2.0)
    table = training_table(own, textbook)
    assert table[2] == "| update, network and loader | 0.5000 | 2.0000 | 4.0 x |"
    assert table[-1] == "| loader against network | 50.0 x | 2.0 x | |"
    assert damage_table(own)[-1] == "| loader against network | 2% |"
    assert device_table([]) == []
    assert device_table([DeviceRate("srgan", 20.0, 0.25)])[2] == "| srgan | 20.0 | 25% |"
