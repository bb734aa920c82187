"""Training: it learns, it resumes to the bit, and a torn checkpoint does not stop it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srgan.data.crops import CropSampler
from srgan.data.prepare import PreparedPictures, find_pictures, prepare
from srgan.errors import TrainingError
from srgan.training import checkpoint
from srgan.training.engine import start, train
from srgan.training.recipes import RECIPES, Recipe
from srgan.training.steps import PIXEL_LOSSES, PixelTraining, to_tensor

CPU = torch.device("cpu")
SMALL = Recipe(name="small", blocks=2, batch=2, crop=32, updates=8, learning_rate=1e-3, warmup=3, decay=4, clip=1.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PreparedPictures:
    folder = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[0:128, 0:128]
    for number in range(4):
        waves = 127 + 100 * np.sin(np.stack([x / (3 + number), y / 9, (x + y) / 17], axis=-1))
        Image.fromarray(waves.astype(np.uint8)).save(folder / f"{number}.png")
    prepare(find_pictures([folder]), folder / "cache")
    return PreparedPictures(folder / "cache")


def weights(training: PixelTraining) -> list[torch.Tensor]:
    return [*training.generator.state_dict().values(), *training.average.state_dict().values()]


@pytest.mark.parametrize("normalisation", [True, False])
def test_resumes_to_the_bit(pictures: PreparedPictures, tmp_path: Path, normalisation: bool) -> None:
    recipe = replace(SMALL, normalisation=normalisation)
    through = train(recipe, pictures, tmp_path / "through", save_every=100)
    for done in range(1, 9):  # each stops after one update, in the middle of the schedule
        broken = train(recipe, pictures, tmp_path / "broken", seconds=0)
        assert (tmp_path / "broken" / f"update-{done:08d}.safetensors").exists()
    assert all(torch.equal(one, other) for one, other in zip(weights(through), weights(broken), strict=True))


def test_two_blocks_overfit_one_batch(pictures: PreparedPictures) -> None:
    recipe = replace(SMALL, updates=300, learning_rate=3e-3, decay=200, normalisation=False)
    training = start(recipe, CPU)
    low, high = (to_tensor(part, CPU) for part in CropSampler(pictures, batch=2, crop=32, seed=0).sample(0))
    for number in range(recipe.updates):
        loss = training.update(low, high, number=number)
    assert 10 * np.log10(4 / loss) > 36


def test_loss_is_that_of_pictures_from_minus_one_to_one() -> None:
    dark, bright = torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.5)
    assert PIXEL_LOSSES["mse"](dark, bright).item() == 1
    assert PIXEL_LOSSES["l1"](dark, bright).item() == 1


def test_schedule_rises_and_falls() -> None:
    rates = [SMALL.learning_rate_at(update) for update in range(8)]
    assert rates[2] == rates[4] == 1e-3
    assert rates[0] < rates[1] < rates[2]
    assert rates[7] == pytest.approx(2.5e-4)
    assert RECIPES["srresnet-mse"].learning_rate_at(999_999) == 1e-4  # as published: constant


def test_a_torn_checkpoint_falls_back_to_the_one_before(pictures: PreparedPictures, tmp_path: Path) -> None:
    train(SMALL, pictures, tmp_path, save_every=2)
    kept = sorted(tmp_path.glob("update-*.safetensors"))
    assert [path.stem for path in kept] == ["update-00000004", "update-00000006", "update-00000008"]
    kept[-1].write_bytes(kept[-1].read_bytes()[:5000])
    assert checkpoint.resume(tmp_path, start(SMALL, CPU)) == 6
    assert checkpoint.resume(tmp_path / "empty", start(SMALL, CPU)) == 0


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(pictures: PreparedPictures, tmp_path: Path) -> None:
    blocked = tmp_path / "update-00000001.safetensors"
    (blocked / "in the way").mkdir(parents=True)
    with pytest.raises(TrainingError, match="could not be written"):
        checkpoint.save(tmp_path, start(SMALL, CPU), update=1)
    assert [path.name for path in tmp_path.iterdir()] == [blocked.name]


def test_log_has_a_line_every_so_often(pictures: PreparedPictures, tmp_path: Path) -> None:
    seen: list[int] = []
    train(SMALL, pictures, tmp_path, log_every=3, report=lambda update, loss, rate: seen.append(update))
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert seen == [3, 6]
    assert [line.split(",")[0] for line in lines] == ["3", "6"]
