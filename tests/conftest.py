"""What several tests need: the benchmark data, which is not part of the repository, and a model of their own."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The benchmark data folder: `SRGAN_DATA`, else `../shared/data` beside the repository; skips where absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SRGAN_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}: set SRGAN_DATA to the folder with testsets/ and golden/")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `.onnx` file, its card and weights beside it, of an untrained generator with two blocks."""
    import torch

    from srgan.models.srgan import Generator
    from srgan.training.export import export
    from srgan.weights.card import Card, Probe, Score, Training

    torch.manual_seed(0)
    generator = Generator(blocks=2, features=16, normalisation=False).eval()
    with torch.no_grad():
        generator.output.weight.mul_(0.3)  # as a trained network's, its result stays near [0, 1]
    folder = tmp_path_factory.mktemp("model")
    card = Card(
        name="tiny",
        summary="untrained, for tests",
        version="1",
        architecture="srgan-generator",
        arguments={"blocks": 2, "features": 16, "normalisation": False},
        scale=4,
        stages=(),
        training=Training(recipe={}, data="none", updates=0, machine="none", hours=0.0),
        licence="Apache-2.0",
        scores=(Score("Set5", "paper", 12.3, 0.45),),
        limits="it was never trained",
        probe=Probe(0, ()),
        files={},
    )
    export(generator, card, folder)
    return folder / "tiny.onnx"
