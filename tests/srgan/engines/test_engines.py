"""Both engines give what the weights say, and say in one line what is wrong."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from srgan.engines.engine import Floats, Precision, choose, is_shortage, open_engine, run_stages
from srgan.engines.memory import free_memory
from srgan.engines.openvino import OpenVinoEngine, supports_bf16
from srgan.engines.self_test import TOLERANCES, pattern, run_probe
from srgan.engines.torch import TorchEngine
from srgan.errors import EngineError, ModelError, OutOfMemory
from srgan.models.release.state_dict import trained_weights
from srgan.models.srgan import Generator
from srgan.weights.catalogue import find
from srgan.weights.interpolation import Interpolated
from tests.conftest import make_model


def reference(tiny_model: Path, low: Floats) -> Floats:
    """Return what the network as trained gives, without deployment or engine."""
    generator = Generator(**find(tiny_model).card.arguments).eval()
    generator.load_state_dict(trained_weights(find(tiny_model)))
    with torch.inference_mode():
        restored: Floats = generator(torch.from_numpy(low)).numpy()
    return restored


BOTH = pytest.mark.parametrize("make", [OpenVinoEngine, TorchEngine])


@BOTH
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (64, 48)])
def test_gives_what_the_weights_say(tiny_model: Path, make: type[OpenVinoEngine], size: tuple[int, int]) -> None:
    low = np.random.default_rng(0).random((1, 3, *size)).astype(np.float32)
    assert np.abs(run_stages(make(find(tiny_model), precision="fp32"), low) - reference(tiny_model, low)).max() < 1e-4


def test_engines_agree_in_bf16_to_a_few_levels(tiny_model: Path) -> None:
    low = np.random.default_rng(0).random((1, 3, 32, 32)).astype(np.float32)
    restored = run_stages(TorchEngine(find(tiny_model), precision="bf16", device=torch.device("cpu")), low)
    difference = np.abs(restored - reference(tiny_model, low)).max()
    assert 0 < difference < 0.05


def test_openvino_uses_bf16_where_the_processor_does(tiny_model: Path) -> None:
    assert OpenVinoEngine(find(tiny_model)).precision == ("bf16" if supports_bf16() else "fp32")


def test_a_signal_after_engines_that_ended_out_of_order_is_survived(tiny_model: Path) -> None:
    """Each OpenVINO core has a signal stack of its thread: one that was taken down must not be left in its place."""
    script = """
import os, signal, sys
from pathlib import Path
from srgan.engines.openvino import OpenVinoEngine
from srgan.weights.catalogue import find
first, second = (OpenVinoEngine(find(Path(sys.argv[1]))) for _ in range(2))
del first
del second
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    sys.exit(42)
"""
    assert subprocess.run([sys.executable, "-c", script, str(tiny_model)], check=False).returncode == 42


def between(photo_real: Path, faithful: Path, fidelity: float) -> Interpolated:
    return Interpolated(find(photo_real), find(faithful), fidelity)


@pytest.fixture(scope="module")
def low() -> Floats:
    values: Floats = np.random.default_rng(0).random((1, 3, 40, 32)).astype(np.float32)
    return values


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of two generators so wide that most of their weights are stored in float16."""
    folder = tmp_path_factory.mktemp("halves")
    options = {"blocks": 1, "features": 64, "normalisation": False}
    return make_model(folder, "first", seed=1, **options), make_model(folder, "second", seed=2, **options)


@BOTH
@pytest.mark.parametrize(("models", "fidelity"), [("pair", 0.01), ("pair", 0.7), ("halves", 0.5)])
def test_between_two_models_lies_the_network_of_weights_between(
    request: pytest.FixtureRequest, low: Floats, make: type[OpenVinoEngine], models: str, fidelity: float
) -> None:
    """Compared with the networks as trained, their state dictionaries interpolated, without deployment or engine."""
    ends: tuple[Path, Path] = request.getfixturevalue(models)
    first, second = (trained_weights(find(path)) for path in ends)
    generator = Generator(**find(ends[0]).card.arguments).eval()
    generator.load_state_dict({name: torch.lerp(value, second[name], fidelity) for name, value in first.items()})
    with torch.inference_mode():
        expected = generator(torch.from_numpy(low)).numpy()
    restored = run_stages(make(between(*ends, fidelity), precision="fp32"), low)
    assert np.abs(restored - expected).max() < 1e-4
    real, faithful = (reference(path, low) for path in ends)
    blended = (1 - fidelity) * real + fidelity * faithful
    assert min(np.abs(restored - other).max() for other in (real, faithful, blended)) > 1e-4  # the comparison can fail


@BOTH
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_at_its_ends_an_interpolation_is_the_model_there_to_the_bit(
    halves: tuple[Path, Path], low: Floats, make: type[OpenVinoEngine], precision: Precision
) -> None:
    for fidelity, end in enumerate(halves):
        alone = run_stages(make(find(end), precision=precision), low)
        assert np.array_equal(run_stages(make(between(*halves, fidelity), precision=precision), low), alone)
    if precision == "fp32":  # weights stored in half give the network of the state dict
        assert np.abs(alone - reference(halves[1], low)).max() < 1e-4


@BOTH
def test_threads_run_one_engine_at_once(tiny_model: Path, make: type[OpenVinoEngine]) -> None:
    engine = make(find(tiny_model), precision="fp32")
    tiles = [np.random.default_rng(seed).random((1, 3, 40, 40)).astype(np.float32) for seed in range(6)]
    expected = [run_stages(engine, tile) for tile in tiles]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(3):
            results = list(pool.map(lambda tile: run_stages(engine, tile), tiles))
            assert all(np.array_equal(one, other) for one, other in zip(results, expected, strict=True))


def test_engines_interpolate_alike_where_batch_normalisation_is_folded(
    pair: tuple[Path, Path], low: Floats, tmp_path: Path
) -> None:
    normalised = make_model(tmp_path, "normalised", seed=3)
    for network in (between(normalised, make_model(tmp_path, "other", seed=4), 0.4), between(normalised, pair[1], 0.4)):
        results = [run_stages(make(network, precision="fp32"), low) for make in (OpenVinoEngine, TorchEngine)]
        assert np.abs(results[0] - results[1]).max() < 1e-4


@BOTH
def test_networks_that_only_look_alike_are_not_interpolated(
    pair: tuple[Path, Path], tmp_path: Path, make: type[OpenVinoEngine]
) -> None:
    bare = make_model(tmp_path, "bare", normalisation=False, skips=False)
    assert find(bare).stages == find(pair[0]).stages
    with pytest.raises(ModelError):
        make(between(pair[0], bare, 0.5))


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
    with pytest.raises(EngineError):
        choose("torch")


def test_failures_of_openvino_become_ours(tiny_model: Path) -> None:
    engine = OpenVinoEngine(find(tiny_model))
    with pytest.raises(EngineError):
        engine.run(0, np.zeros((1, 5, 8, 8), np.float32))


def test_memory_that_runs_out_is_told_apart() -> None:
    assert is_shortage(MemoryError())
    assert is_shortage(RuntimeError("Failed to allocate 1234 bytes"))
    assert not is_shortage(RuntimeError("shape mismatch"))
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
