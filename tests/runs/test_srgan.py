"""A new release says of a model what its shipped card says, and every stage begins with what the scripts say."""

import sys
from pathlib import Path
from typing import Any

import pytest

from runs import srgan
from runs.pictures import OPEN, OPEN_PHOTOS, PHOTOS, Pictures
from runs.srgan import limits_of, name_of, summary_of
from srgan.training.run_folder import Run
from srgan.weights.catalogue import shipped


@pytest.mark.parametrize("pictures", [OPEN, PHOTOS, OPEN_PHOTOS])
def test_a_release_keeps_the_words_of_the_shipped_card(pictures: Pictures) -> None:
    card = shipped()[name_of("srgan", pictures)].card
    assert (card.summary, card.limits) == (summary_of("srgan", pictures), limits_of("srgan", pictures))


@pytest.mark.parametrize(
    ("arguments", "stages"),
    [
        (["--data", "photos"], [("srgan/fourth", "srgan")]),
        (["--data", "photos", "--begun-from", "srgan"], [("srgan/fourth", "srgan")]),
        (
            ["--begun-from", "srresnet"],
            [("srgan/first", "srresnet"), ("srgan/second", "srgan/first"), ("srgan/third", "srgan/second")],
        ),
        (["--begun-from", "srgan"], [("srgan/second", "srgan"), ("srgan/third", "srgan/second")]),
        (["--data", "photos-open", "--begun-from", "srgan-open"], [("srgan-open/third", "srgan-open")]),
        (["--network", "srgan-mse", "--data", "photos"], [("srgan-mse/first", "srresnet")]),
        (["--network", "srgan-vgg22", "--begun-from", "srresnet-open"], [("srgan-vgg22/first", "srresnet-open")]),
    ],
)
def test_stages_begin_with_what_came_before(
    arguments: list[str], stages: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def trained(_recipe: Any, run: Run, _data: Path, *, begun_from: str, minutes: float) -> bool:
        begun.append((_below_checkpoints(run.folder), _below_checkpoints(Path(begun_from))))
        return minutes == 9.0

    monkeypatch.setattr(srgan, "trained", trained)
    monkeypatch.setattr(srgan, "prepared", lambda pictures: pictures.cache)
    monkeypatch.setattr(sys, "argv", ["srgan", *arguments, "--minutes", "9"])
    srgan.main()
    assert begun == stages


def _below_checkpoints(path: Path) -> str:
    return str(path.relative_to("checkpoints") if path.is_relative_to("checkpoints") else path)


def test_only_srgan_learns_from_open_photos_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["srgan", "--network", "srgan-mse", "--data", "open"])
    with pytest.raises(SystemExit) as refused:
        srgan.main()
    assert refused.value.code == 2
