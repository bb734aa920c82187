"""The results page: numbers in their places, missing ones marked, text written by hand kept."""

import math
from pathlib import Path

import numpy as np
import pytest

from docs.generators import result_scores
from docs.generators.detail_sheets import write_test_sheets
from docs.generators.page_parts import BY_HAND, PHOTOS
from docs.generators.result_scores import COLOUR_SHIFT, SETS, fill_table, measure_all, published_name
from docs.generators.results_page import LOSS_SHEET, SHEET, compare, every_method, kept_sections, page, training
from docs.generators.training_curves import draw_curves, read_curves
from srgan.errors import TrainingError
from srgan.evaluation.results import MethodInfo, Results, Row
from srgan.images.image import read, write
from srgan.paper.published import TABLE1, TABLE2
from tests.helpers.recorded_progress import RecordedProgress

HEADER = "stage,update,raw_psnr,raw_ssim,average_psnr,average_ssim,loss\n"


def results(*methods: str, sets: tuple[str, ...] = ("Set5", "Set14"), psnr: float = 31.012) -> Results:
    """Two pictures of each set; the second scores 1 dB more than the first."""
    rows = [
        Row(method, data, picture, None, "", {**_scores(psnr + more), COLOUR_SHIFT: 0.2 + 1.4 * more})
        for method in methods
        for data in sets
        for picture, more in (("a", -0.5), ("b", 0.5))
    ]
    infos = tuple(MethodInfo(name, "model", "", "") for name in methods)
    return Results("1", infos, dict.fromkeys(sets, ("a", "b")), tuple(rows))


def _scores(psnr: float) -> dict[str, float]:
    return {"paper/psnr": psnr, "paper/ssim": 0.88571, "matlab/psnr": psnr, "matlab/ssim": 0.87649, "niqe": 5.0}


def row(table: str, start: str) -> str:
    (found,) = [line for line in table.split("\n") if line.startswith(start)]
    return found


def test_ours_stand_beside_the_printed_numbers() -> None:
    table = compare(TABLE1, results("srresnet"))
    assert row(table, "| SRResNet-MSE |") == (
        "| SRResNet-MSE | srresnet | 31.01 / .8857 | 32.05 / .9019 | 31.01 / .8857 | 28.49 / .8184 |"
    )


def test_models_that_are_not_there_are_said_to_be_missing() -> None:
    table = compare(TABLE1, results("srresnet"))
    assert row(table, "| SRGAN-MSE |") == "| SRGAN-MSE | - | - | 30.64 / .8701 | - | 26.92 / .7611 |"
    assert "No weights yet: SRResNet-VGG22, SRGAN-MSE, SRGAN-VGG22, SRGAN-VGG54." in table
    assert "No pictures given: SelfExSR." in compare(TABLE2, results("srresnet", sets=SETS))


def test_models_appear_once_they_are_there() -> None:
    ours = results("srresnet", "srgan", "srgan-mse", "srresnet-vgg22")
    assert fill_table(TABLE1, ours).by == {
        "SRResNet-MSE": "srresnet",
        "SRResNet-VGG22": "srresnet-vgg22",
        "SRGAN-MSE": "srgan-mse",
        "SRGAN-VGG54": "srgan",
    }
    assert fill_table(TABLE2, ours).by["SRGAN"] == "srgan"
    assert "VGG54" in compare(TABLE2, results("srgan", sets=SETS)).split("|")[-1]  # that it is not quite the same


def test_printed_digits_are_kept_and_the_original_is_infinite() -> None:
    table = compare(TABLE2, results("HR", sets=SETS, psnr=math.inf))
    assert "| 30.33 / .872 |" in row(table, "| SelfExSR |")
    assert row(table, "| HR |").count("inf / 1 |") == len(SETS)


def test_every_method_has_the_measures_that_it_has() -> None:
    table = every_method(results("srresnet", published_name("SRGAN-VGG54")))
    assert row(table, "| Set5 | srresnet |") == (
        "| Set5 | srresnet | 31.01 / .8857 | 31.01 / .8765 | - | 5.00 | 0.9 |"  # the colour of the worse picture
    )
    assert "| Set14 | SRGAN-VGG54, the paper's own pictures |" in table


@pytest.mark.parametrize("prose", [None, "Nothing worked.\n\n- Not this\n- nor that"])
def test_sections_of_others_stay(prose: str | None) -> None:
    kept = kept_sections(None) if prose is None else {BY_HAND: prose, PHOTOS: "| a table |"}
    found = kept_sections(page(results("srresnet", sets=SETS), (), kept))
    assert {marks: text for marks, text in found.items() if text} == kept


def test_later_stages_follow_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "srresnet.csv").write_text(
        f"{HEADER}first,1000,25,.7,25.5,.7,.1\nfirst,2000,26,.7,26.5,.7,.1\nsecond,500,26,.7,26.75,.7,.1\n"
    )
    (curve,) = read_curves(tmp_path)
    assert curve.model == "srresnet"
    assert curve.updates == (1000, 2000, 2500)
    assert curve.psnr == (25.5, 26.5, 26.75)
    assert curve.starts == (0, 2)
    draw_curves([curve], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size < 100_000
    assert "curves.png" in training([curve])


def test_no_records_make_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "nowhere") == ()
    assert "curves.png" not in training(())
    (tmp_path / "other.csv").write_text("update,average_psnr\n1,2\n")
    with pytest.raises(TrainingError, match="no record"):
        read_curves(tmp_path)


def test_all_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interpolations alone, on small pictures, without the files that features and NIQE need."""
    data = tmp_path / "data"
    for place, name in enumerate(SETS):
        (data / "testsets" / name).mkdir(parents=True)
        noise = np.random.default_rng(place).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        write(data / "testsets" / name / "one.png", noise)
    monkeypatch.setenv("SRGAN_DATA", str(data))
    monkeypatch.setattr(result_scores, "released", dict)
    monkeypatch.setattr(result_scores, "methods_without_weights", dict)
    first, second = RecordedProgress(), RecordedProgress()
    found = measure_all(data, tmp_path / "evaluation", first)
    assert measure_all(data, tmp_path / "evaluation", second) == found
    assert any("9 of 9" in line for line in second.lines)
    assert sum("not measured" in line for line in first.lines) == 2
    assert found.values("HR", "Set5", COLOUR_SHIFT) == [0.0]
    assert "| Set14 | bicubic |" in every_method(found)
    (sheet, *_) = write_test_sheets(found, tmp_path / "evaluation", tmp_path / "sheets")
    assert sheet.name == "Set5-1.png"
    assert read(sheet).pixels.shape[1] >= 2 * 128  # bicubic and the original


def test_the_sheets_are_small() -> None:
    assert SHEET.stat().st_size < 400_000
    assert LOSS_SHEET.stat().st_size < 800_000
