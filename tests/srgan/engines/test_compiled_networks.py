"""The cache of compiled networks: nothing but time is gained, and only files of the user alone are believed."""

import os
from pathlib import Path

import numpy as np
import openvino
import pytest

from srgan.engines import compiled_networks
from srgan.engines.engine import Floats, run_stages
from srgan.engines.openvino import OpenVinoEngine
from srgan.weights.catalogue import find


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "networks"


def enlarge(engine: OpenVinoEngine) -> Floats:
    low = np.random.default_rng(0).random((1, 3, 20, 30)).astype(np.float32)
    return run_stages(engine, low)


def count_compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list that gets an entry whenever a stage is compiled."""
    compiled, compile_stage = list[int](), OpenVinoEngine._compile

    def counted(engine: OpenVinoEngine, stage: int) -> openvino.CompiledModel:
        compiled.append(stage)
        return compile_stage(engine, stage)

    monkeypatch.setattr(OpenVinoEngine, "_compile", counted)
    return compiled


def test_a_network_is_compiled_once_and_gives_the_same_bits(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = count_compilations(monkeypatch)
    first = enlarge(OpenVinoEngine(find(tiny_model), precision="fp32"))
    assert compiled == [0, 1]
    kept = OpenVinoEngine(find(tiny_model), precision="fp32")
    assert compiled == [0, 1]
    np.testing.assert_array_equal(enlarge(kept), first)
    kept.release(1)  # as after a shortage of memory
    np.testing.assert_array_equal(enlarge(kept), first)
    OpenVinoEngine(find(tiny_model), precision="bf16")
    assert len(list(cache.iterdir())) == 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in (cache, *cache.iterdir()))


def test_a_damaged_file_is_made_again(tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = enlarge(OpenVinoEngine(find(tiny_model), precision="fp32"))
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    compiled = count_compilations(monkeypatch)
    np.testing.assert_array_equal(enlarge(OpenVinoEngine(find(tiny_model), precision="fp32")), first)
    assert compiled == [0, 1]
    OpenVinoEngine(find(tiny_model), precision="fp32")
    assert compiled == [0, 1]


def test_what_openvino_does_not_take_is_compiled(
    tiny_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_networks, "load", lambda key: b"from another version")
    compiled = count_compilations(monkeypatch)
    OpenVinoEngine(find(tiny_model), precision="fp32")
    assert compiled == [0, 1]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_folder_that_others_can_read_or_that_cannot_be_made_is_not_used(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o755)
    compiled_networks.store("key", b"compiled")
    assert not list(cache.iterdir())
    cache.chmod(0o700)
    compiled_networks.store("key", b"compiled")
    assert compiled_networks.load("key") == b"compiled"
    cache.chmod(0o770)
    assert compiled_networks.load("key") is None
    cache.parent.rename(cache.parent.with_name("moved"))
    cache.parent.write_text("a file in its place")
    compiled_networks.store("key", b"compiled")
    assert compiled_networks.load("key") is None


def test_contents_belong_to_their_key(cache: Path) -> None:
    compiled_networks.store("one", b"compiled")
    (cache / "one").rename(cache / "two")
    assert compiled_networks.load("two") is None


def test_what_was_not_used_for_longest_makes_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_networks, "_MOST_BYTES", 300)
    for number in range(3):
        compiled_networks.store(str(number), bytes(60))
        os.utime(cache / str(number), (number, number))
    assert compiled_networks.load("0") == bytes(60)  # used just now
    compiled_networks.store("3", bytes(60))
    assert sorted(path.name for path in cache.iterdir()) == ["0", "2", "3"]
