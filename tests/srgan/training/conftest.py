"""Small pictures to train on, and runs on them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lightning_fabric import Fabric
from PIL import Image

from srgan.data.prepare import find_pictures, prepare
from srgan.data.prepared_set import PreparedPictures
from srgan.training.checkpoint import Checkpoint, find_newest
from srgan.training.distributed import launch
from srgan.training.inputs import Inputs
from srgan.training.recipes.recipe import Recipe
from srgan.training.run_folder import Run, RunSettings


def newest(run: Run) -> Checkpoint:
    """The newest checkpoint of a run that has one."""
    found = find_newest(run.checkpoints)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of six prepared pictures of waves and of noise, the last two of which validate."""
    folder = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[0:128, 0:160]
    random = np.random.default_rng(0)
    for number in range(6):
        waves = 127 + 80 * np.sin(np.stack([x / (3 + number), y / 9, (x + y) / 17], axis=-1))
        noisy = waves + random.normal(0, 12, waves.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
    found = find_pictures([folder])
    prepare(found[:4], folder / "cache", validation=found[4:])
    return folder / "cache"


@pytest.fixture(scope="session")
def pictures(prepared: Path) -> PreparedPictures:
    """Those six."""
    return PreparedPictures(prepared)


@pytest.fixture(scope="session")
def inputs(pictures: PreparedPictures) -> Inputs:
    """The pictures, as a run works on them."""
    return Inputs(*pictures.split())


@pytest.fixture(scope="session")
def fabric() -> Fabric:
    """One process on the CPU, as exact on processors that multiply bfloat16 as on others."""
    return launch("cpu", precision="fp32")


@pytest.fixture
def begun(tmp_path: Path) -> Callable[..., Run]:
    """Begin a run of a recipe."""

    def begin(recipe: Recipe, name: str = "run") -> Run:
        run = Run(tmp_path / name)
        settings = RunSettings(recipe, data="", begun_from="", vgg="", updates=recipe.planned_updates(4))
        run.begin(settings, None)
        return run

    return begin
