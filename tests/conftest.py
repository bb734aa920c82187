"""What several tests need: the benchmark data, which is not part of the repository, and a model of their own."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("no deadline", deadline=None)  # on a busy machine the clock says nothing
hypothesis.settings.load_profile("no deadline")
os.environ["SRGAN_MODELS"] = str(Path(tempfile.gettempdir(), f"srgan-no-models-{os.getpid()}"))  # none are added
_cache = tempfile.TemporaryDirectory(prefix="srgan-cache-")
os.environ["SRGAN_CACHE"] = _cache.name
atexit.register(_cache.cleanup)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The benchmark data folder: `SRGAN_DATA`, else `../shared/data` beside the repository; skips where absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SRGAN_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}: set SRGAN_DATA to the folder with testsets/ and golden/")
    return folder


@contextmanager
def _unchanged(folder: Path) -> Iterator[None]:
    """Fail unless a folder that tests share is at the end as it was: a test that changes it spoils others."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    yield
    changed = {
        path for path in {*before, *folder.iterdir()} if not path.exists() or path.read_bytes() != before.get(path)
    }
    assert not changed, "some test changed these, and should have copied them"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of an untrained generator with two blocks."""
    model = make_model(tmp_path_factory.mktemp("model"), "tiny", normalisation=False)
    with _unchanged(model.parent):
        yield model


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The files of two such generators, named as the shipped ones that a fidelity lies between."""
    folder = tmp_path_factory.mktemp("pair")
    models = (
        make_model(folder, "srgan", seed=1, normalisation=False),
        make_model(folder, "srresnet", seed=2, normalisation=False),
    )
    with _unchanged(folder):
        yield models


@pytest.fixture(scope="session")
def family(pair: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of four such generators, named as the shipped ones that `auto` chooses between."""
    folder = tmp_path_factory.mktemp("family")
    for file in pair[0].parent.iterdir():
        shutil.copy(file, folder)
    make_model(folder, "srgan-photo", seed=3, normalisation=False)
    make_model(folder, "srresnet-photo", seed=4, normalisation=False)
    with _unchanged(folder):
        yield folder


@pytest.fixture(autouse=True)
def _random_numbers_of_their_own() -> None:
    """Let no test get other random weights because of the tests before it."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _torchlib_parsed_once() -> None:
    """Let torch's exporter parse the sources of its thousand operators once: that is nearly half of every export."""
    module = sys.modules.get("torch.onnx._internal.exporter._registration")
    if module is not None and not hasattr(module.ONNXRegistry.from_torchlib, "cache_info"):
        module.ONNXRegistry.from_torchlib = staticmethod(cache(module.ONNXRegistry.from_torchlib))


def replace_card(path: Path, text: str) -> None:
    """Write other text as the card into a model's file."""
    import onnx

    model = onnx.load_model(path)
    onnx.helper.set_model_props(model, {"card": text})
    path.write_bytes(model.SerializeToString(deterministic=True))


def damage(path: Path) -> None:
    """Change a bit of a weight in a model's file."""
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)


def make_model(folder: Path, name: str, *, seed: int = 0, **arguments: Any) -> Path:
    """Return the file of an untrained generator with two blocks, whose weights all follow from the seed."""
    import torch
    from torch import nn

    from srgan.models.srgan import Generator
    from srgan.training.release import export
    from srgan.weights.card import Card, CardScore, Probe, Training

    torch.manual_seed(seed)
    arguments = {"blocks": 2, "features": 16, **arguments}
    generator = Generator(**arguments).eval()
    with torch.no_grad():
        generator.output.weight.mul_(0.3)  # as a trained network's, its result stays near [0, 1]
        for module in generator.modules():
            if isinstance(module, nn.PReLU) and seed:
                module.weight.uniform_(0.1, 0.4)
            if isinstance(module, nn.Conv2d) and module.bias is not None and seed:
                module.bias.uniform_(-0.1, 0.1)  # the exporter leaves out those that are nought
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.uniform_(-0.3, 0.3)  # type: ignore[union-attr]
                module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    card = Card(
        name=name,
        summary="untrained, for tests",
        version="1",
        architecture="srgan-generator",
        arguments=arguments,
        scale=4,
        stages=(),
        training=Training(recipe={}, data="none", updates=0, machine="none", hours=0.0),
        licence="Apache-2.0",
        scores=(CardScore("Set5", "paper", 12.3, 0.45),),
        limits="it was never trained",
        probe=Probe(0, ()),
        files={},
    )
    export(generator, card, folder)
    return folder / f"{name}.onnx"
