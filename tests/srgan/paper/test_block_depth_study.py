"""The study of depth: which networks, their time, and PSNR where somebody has trained them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from srgan.errors import ModelError, OutputError, UsageError
from srgan.images.image import read
from srgan.paper.block_depth_study import (
    SIDE,
    DepthPoint,
    Shape,
    choose_shapes,
    collect_points,
    depth_document,
    depth_table,
    find_shapes,
    make_untrained,
    mean_seconds,
    plot_depth,
    time_shapes,
)
from srgan.weights.catalogue import find
from tests.helpers.recorded_progress import RecordedProgress

FOUND = collect_points(
    {Shape(1): 0.01, Shape(4): 0.02, Shape(1, False): 0.009},
    {Shape(4): "mine"},
    {Shape(4): (30.126, 0.8612)},
)


def test_every_number_of_blocks_with_and_without_skips() -> None:
    assert choose_shapes((2, 1), ()) == (Shape(1), Shape(2), Shape(1, False), Shape(2, False))
    assert choose_shapes((1,), (Shape(16),)) == (Shape(1), Shape(16), Shape(1, False))
    for wrong in ((), (0, 1)):
        with pytest.raises(UsageError, match="such as 1,2,4"):
            choose_shapes(wrong, ())


def test_an_untrained_network_is_what_its_card_says_and_is_timed(tmp_path: Path) -> None:
    model = make_untrained(Shape(1, False), tmp_path)
    assert model.card.arguments == {"blocks": 1, "skips": False}
    assert model.read()
    progress = RecordedProgress()
    seconds = time_shapes([Shape(1)], repetitions=1, engine="torch", precision="fp32", progress=progress)
    assert seconds[Shape(1)] > 0
    assert (progress.tasks, progress.counts) == ([("timing networks", 1)], [[1]])


def test_the_mean_is_over_the_repetitions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        stages, asked = (None, None), list[tuple[int, tuple[int, ...]]]()

        def run(self, stage: int, tile: np.ndarray) -> np.ndarray:
            self.asked.append((stage, tile.shape))
            return tile

    monkeypatch.setattr("time.perf_counter", lambda: 5.0 * len(Slow.asked))  # a stage takes five seconds
    assert mean_seconds(Slow(), 3) == 10  # type: ignore[arg-type]
    assert Slow.asked == [(stage, (1, 3, SIDE, SIDE)) for _ in range(4) for stage in (0, 1)]


def test_shapes_are_read_off_cards(tiny_model: Path) -> None:
    assert find_shapes(["srresnet"]) == {Shape(16): "srresnet"}
    with pytest.raises(ModelError, match="tiny is no SRResNet of 64 features"):
        find_shapes([str(tiny_model)])
    with pytest.raises(UsageError, match="two models have 16 blocks with skips"):
        find_shapes(["srresnet", str(find("srresnet").folder / "srresnet.onnx")])


def test_psnr_is_that_of_trained_models_and_never_filled_in() -> None:
    assert FOUND[1] == DepthPoint(Shape(4), 0.02, 30.126, 0.8612, "mine")
    assert FOUND[0] == DepthPoint(Shape(1), 0.01, None, None, "")
    text = depth_table(FOUND, "Set5", ["A note."]).markdown()
    assert "| 1 | yes | 10.0 | - | - | no weights yet |" in text
    assert "| 4 | yes | 20.0 | 30.13 | .8612 | mine |" in text
    assert "| 1 | no | 9.0 | - | - | no weights yet |" in text
    rows = json.loads(json.dumps(depth_document(FOUND, "Set5", []), allow_nan=False))["rows"]
    assert rows[0] == {"blocks": 1, "skips": True, "seconds": 0.01, "psnr": None, "ssim": None, "model": None}


@pytest.mark.parametrize("trained", [True, False])
def test_the_plot_is_a_picture(tmp_path: Path, trained: bool) -> None:
    found = FOUND if trained else tuple(replace(point, psnr=None) for point in FOUND)
    pixels = read(plot_depth(found, "Set5", tmp_path / "depth.png")).pixels
    assert pixels.shape[:2] == (360, 900)
    left = pixels[60:300, 60:420]
    assert (left < 200).any()  # a point, or the words that there is none
    with pytest.raises(OutputError):
        plot_depth(found, "Set5", tmp_path / "nowhere" / "depth.png")
