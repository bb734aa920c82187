"""Both engines give what the weights say, and say in one line what is wrong."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from srgan.engines.choice import choose, open_engine
from srgan.engines.engine import Floats, speaks_of_memory
from srgan.engines.memory import free_memory
from srgan.engines.openvino import OpenVinoEngine, supports_bf16
from srgan.engines.probe import TOLERANCES, pattern, run_probe
from srgan.engines.torch import TorchEngine
from srgan.errors import EngineError, OutOfMemory
from srgan.models.srgan import Generator
from srgan.weights.catalogue import find


def run(engine: OpenVinoEngine | TorchEngine, low: Floats) -> Floats:
    values = low
    for stage in range(len(engine.stages)):
        values = engine.run(stage, values).copy()
    return values


def reference(tiny_model: Path, low: Floats) -> Floats:
    """The network as trained, from the weights file, without deployment or engine."""
    from safetensors.torch import load_file

    generator = Generator(**find(tiny_model).card.arguments).eval()
    generator.load_state_dict(load_file(tiny_model.with_suffix(".safetensors")))
    with torch.inference_mode():
        restored: Floats = generator(torch.from_numpy(low)).numpy()
    return restored


@pytest.mark.parametrize("make", [OpenVinoEngine, TorchEngine])
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (64, 48)])
def test_gives_what_the_weights_say(tiny_model: Path, make: type[OpenVinoEngine], size: tuple[int, int]) -> None:
    low = np.random.default_rng(0).random((1, 3, *size)).astype(np.float32)
    engine = make(find(tiny_model), precision="fp32")
    assert np.abs(run(engine, low) - reference(tiny_model, low)).max() < 1e-4


def test_engines_agree_in_bf16_to_a_few_levels(tiny_model: Path) -> None:
    low = np.random.default_rng(0).random((1, 3, 32, 32)).astype(np.float32)
    restored = run(TorchEngine(find(tiny_model), precision="bf16", device=torch.device("cpu")), low)
    difference = np.abs(restored - reference(tiny_model, low)).max()
    assert 0 < difference < 0.05


def test_openvino_uses_bf16_where_the_processor_does(tiny_model: Path) -> None:
    assert OpenVinoEngine(find(tiny_model)).precision == ("bf16" if supports_bf16() else "fp32")


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_self_test_holds_and_can_fail(tiny_model: Path, name: str) -> None:
    model = find(tiny_model)
    engine = open_engine(model, name, precision="fp32")  # type: ignore[arg-type]
    assert run_probe(engine, model.card) < TOLERANCES["fp32"]

    class Off:
        stages = engine.stages

        def run(self, stage: int, tile: Floats) -> Floats:
            return engine.run(stage, tile) + np.float32(stage) * 0.01

    assert run_probe(Off(), model.card) > TOLERANCES["fp32"]  # type: ignore[arg-type]


def test_pattern_fills_the_range() -> None:
    values = pattern(32)
    assert values.shape == (1, 3, 32, 32)
    assert values.dtype == np.float32
    assert values.min() == 0
    assert values.max() > 0.99


def test_auto_takes_openvino_on_a_machine_without_graphics_processor() -> None:
    choice = choose("auto")
    if not Path("/proc/driver/nvidia/version").exists() and not Path("/dev/nvidia0").exists():
        assert choice.engine == "openvino"
    assert choose("torch").engine == "torch"


def test_torch_wished_for_but_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'srgan\[train\]'"):
        choose("torch")


def test_failures_of_openvino_become_ours(tiny_model: Path) -> None:
    engine = OpenVinoEngine(find(tiny_model))
    with pytest.raises(EngineError, match="OpenVINO failed"):
        engine.run(0, np.zeros((1, 5, 8, 8), np.float32))


def test_memory_that_runs_out_is_told_apart() -> None:
    assert speaks_of_memory(MemoryError())
    assert speaks_of_memory(RuntimeError("Failed to allocate 1234 bytes"))
    assert not speaks_of_memory(RuntimeError("shape mismatch"))
    assert issubclass(OutOfMemory, EngineError)


def test_free_memory_is_a_number_of_bytes() -> None:
    assert 10**8 < free_memory() < 10**14


def test_importing_an_engine_reports_nothing_to_anybody() -> None:
    """OpenVINO's telemetry opens a connection on import; ours must not, with or without the command line."""
    program = """
import socket, sys
def refuse(*arguments, **named):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import srgan.engines.openvino
assert sys.modules["openvino_telemetry"] is None
"""
    result = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
