"""Tables of scores: means and tests as the field prints them, gaps left open."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest

from srgan.errors import UsageError
from srgan.evaluation.damaged_inputs import Damage
from srgan.evaluation.results import MethodInfo, Results, Row
from srgan.evaluation.score_tables import label, other_means, per_image, printer, significance_table, summary
from srgan.metrics import MATLAB, PAPER
from srgan.reporting.table import Table
from tests.helpers.scores_made_up import made_up

PICTURES = {"Set5": ("baby", "bird"), "Set14": ("face",)}


def _rows(method: str, data: str, scores: list[tuple[float, float]], seconds: float | None = None) -> tuple[Row, ...]:
    return tuple(
        Row(method, data, picture, seconds, "", {"paper/psnr": psnr, "paper/ssim": ssim})
        for picture, (psnr, ssim) in zip(PICTURES[data], scores, strict=True)
    )


RESULTS = Results(
    "1",
    tuple(
        MethodInfo(name, kind, name, "")
        for name, kind in (("bicubic", "interpolation"), ("srresnet", "model"), ("srgan", "model"), ("HR", "reference"))
    ),
    PICTURES,
    (
        *_rows("bicubic", "Set5", [(28.0, 0.8), (29.0, 0.85)], 0.01),
        *_rows("srresnet", "Set5", [(32.0, 0.9), (33.0, 0.91)], 2.0),
        *_rows("srgan", "Set5", [(29.0, 0.83), (30.0, 0.85)]),
        *_rows("HR", "Set5", [(math.inf, 1.0), (math.inf, 1.0)]),
        *_rows("bicubic", "Set14", [(26.0, 0.75)], 0.04),
        *_rows("srgan", "Set14", [(25.996, 0.7)]),
    ),
)


def _body(table: Table) -> list[list[str]]:
    """The cells of a Markdown table, the head first."""
    lines = [line for line in table.markdown().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]


def _csv(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.csv())))


def test_summary_prints_means_as_the_paper_does_and_marks_the_best_two() -> None:
    assert _body(summary(RESULTS, PAPER)) == [
        ["method", "Set5 PSNR / SSIM", "Set14 PSNR / SSIM", "seconds an image"],
        ["bicubic", "28.50 / .8250", "**26.00** / **.7500**", "0.02"],
        ["srresnet", "**32.50** / **.9050**", "-", "-"],
        ["srgan", "*29.50* / *.8400*", "**26.00** / *.7000*", "-"],
        ["HR", "inf / 1.0000", "-", "-"],
    ]


def test_summary_names_its_protocol_and_its_images() -> None:
    text = summary(RESULTS, PAPER).markdown()
    assert text.startswith("**PSNR [dB] and SSIM by the paper protocol**\n\n|")
    assert PAPER.description in text
    assert "Set5 2, Set14 1" in text
    assert "best in bold, the second best in italics" in text


def test_damaged_inputs_are_named_below_the_tables() -> None:
    results = replace(RESULTS, inputs={"Set5": "jpeg:75", "Set14": "clean"})
    for table in (summary(results, PAPER), per_image(results, "Set5")):
        (note,) = (note for note in table.notes if note.startswith("Set5: "))
        assert Damage("jpeg", 75).description in note
    assert not any(note.startswith("Set14: ") for note in summary(results, PAPER).notes)
    assert per_image(results, "Set14").notes == summary(RESULTS, PAPER).notes[2:] == ()


def test_what_was_not_measured_is_never_filled_in() -> None:
    table = summary(RESULTS, MATLAB)
    assert {cell for row in _body(table)[1:] for cell in row[1:3]} == {"-"}
    assert "best" not in table.markdown()
    assert _csv(table)[0] == {
        "method": "bicubic",
        "Set5 matlab/psnr": "",
        "Set5 matlab/ssim": "",
        "Set14 matlab/psnr": "",
        "Set14 matlab/ssim": "",
        "seconds an image": "0.02",
    }


def test_half_a_pair_and_what_is_not_a_number_are_gaps() -> None:
    rows = (Row("bicubic", "Set14", "face", None, "", {"paper/psnr": 26.0, "paper/ssim": math.nan}),)
    body = _body(summary(replace(RESULTS, rows=rows), PAPER))
    assert body[1] == ["bicubic", "-", "26.00 / -"]


def test_summary_with_intervals() -> None:
    table = summary(RESULTS, PAPER, intervals=True)
    body, records = _body(table), _csv(table)
    assert body[1][1] == "28.50 [28.00, 29.00] / .8250 [.8000, .8500]"
    assert body[1][2] == "**26.00** / **.7500**", "one image has no interval"
    assert body[4][1] == "inf [inf, inf] / 1.0000 [1.0000, 1.0000]"
    assert "95 % BCa bootstrap intervals over the images" in table.markdown()
    assert [float(records[0][f"Set5 paper/psnr{bound}"]) for bound in (" low", "", " high")] == [28.0, 28.5, 29.0]
    assert [records[0][f"Set14 paper/psnr{bound}"] for bound in (" low", "", " high")] == ["", "26.0", ""]
    assert len(records[1]) == len(records[0]) == 1 + 2 * 6 + 1


def test_every_image_has_a_row_of_each_method_that_saw_the_set() -> None:
    table = per_image(RESULTS, "Set5")
    assert table.title == "Each image of Set5; protocols: paper"
    body = _body(table)
    assert body[0] == ["image", "method", "PSNR [dB] (paper)", "SSIM (paper)", "seconds"]
    assert [row[:2] for row in body[1:]] == [
        [picture, method] for picture in ("baby", "bird") for method in ("bicubic", "srresnet", "srgan", "HR")
    ]
    assert body[1] == ["baby", "bicubic", "28.00", ".8000", "0.01"]
    assert body[3][-1] == "-"
    assert _csv(table)[0]["paper/psnr"] == "28.0"
    assert [row[1] for row in _body(per_image(RESULTS, "Set14"))[1:]] == ["bicubic", "srgan"]
    with pytest.raises(UsageError):
        per_image(RESULTS, "Set7")


def test_other_measures_keep_their_names_and_four_digits() -> None:
    scores = {"niqe": 4.123456, "rgb/mse": 0.00191234, "features/resnet": 0.5, "ms-ssim": 0.98765, "rgb/psnr": 27.456}
    rows = (Row("srgan", "Set14", "face", None, "", scores),)
    body = _body(per_image(replace(RESULTS, rows=rows), "Set14"))
    assert body[0] == ["image", "method", "NIQE", "MSE (rgb)", "resnet features", "MS-SSIM", "PSNR [dB] (rgb)"]
    assert body[1] == ["face", "srgan", "4.123", "0.001912", "0.5", ".9877", "27.46"]


def test_significance_says_its_unit_its_family_and_what_it_cannot_show() -> None:
    table = significance_table(RESULTS, "Set5", "paper/psnr")
    body = _body(table)
    assert body[0] == ["first", "second", "mean difference", "W", "n", "zeros", "effect", "p", "p (Holm)"]
    assert body[1] == ["bicubic", "srresnet", "-4.00 [-4.00, -4.00]", "0", "2", "0", "-1.00", ".5000", "1.0000"]
    assert len(body) == 4, "three pairs; the reference takes no part"
    unit, family, few = "images of Set5 (n = 2)", "3 pairs of 3 methods on Set5 by paper/psnr; 0 of", "is .5000"
    assert all(words in table.markdown() for words in (unit, family, few))
    record = _csv(table)[0]
    assert (record["difference low"], record["W"], record["p"]) == ("-4.0", "0.0", "0.5")


def test_significance_of_many_images() -> None:
    pictures = tuple(map(str, range(20)))
    rows = tuple(
        Row(method, "Set14", picture, None, "", {"paper/ssim": 0.5 + gain * (1 + number / 100)})
        for method, gain in (("srgan", 0.01), ("srresnet", 0.02))
        for number, picture in enumerate(pictures)
    )
    table = significance_table(replace(RESULTS, sets={"Set14": pictures}, rows=rows), "Set14", "paper/ssim")
    assert _body(table)[1][-3:] == ["1.00", "<.0001", "<.0001"]
    assert _body(table)[1][2].startswith(".0109 [.01")
    assert "So few" not in table.markdown()
    assert "1 of them differ" in table.markdown()


def test_single_method_has_nothing_to_be_compared_with() -> None:
    rows = tuple(row for row in RESULTS.rows if row.method == "srgan")
    table = significance_table(replace(RESULTS, rows=rows), "Set5", "paper/psnr")
    assert table.rows == ()
    assert "nothing to compare" in table.markdown()


def test_the_best_of_other_measures_is_marked_but_never_the_reference(tmp_path: Path) -> None:
    (first, second) = other_means(made_up(tmp_path))
    assert (first.title, second.title) == ("Other measures on SetA", "Other measures on SetB")
    assert [column.title for column in first.header] == ["method", "NIQE, lower"]
    ranks = [[part.rank for part in row[1] if not isinstance(part, str)] for row in first.rows]
    assert ranks == [[0], [2], [1], [0]]  # the true pictures have the lowest


def test_labels_name_unit_and_protocol() -> None:
    measures = ["paper/psnr", "matlab/ssim", "rgb/mse", "niqe", "ms-ssim", "features/resnet", "consistency"]
    assert [label(measure) for measure in measures] == [
        "PSNR [dB] (paper)", "SSIM (matlab)", "MSE (rgb)", "NIQE", "MS-SSIM", "resnet features",
        "consistency [dB]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("paper/psnr", 28.4251, "28.43"),
        ("paper/psnr", math.inf, "inf"),
        ("matlab/ssim", 0.82106, ".8211"),
        ("ms-ssim", -0.5, "-.5000"),
        ("consistency", 50.0, "50.00"),
        ("rgb/mse", 0.00123456, "0.001235"),
    ],
)
def test_numbers_are_printed_by_the_customs_of_the_field(measure: str, value: float, text: str) -> None:
    assert printer(measure)(value) == text
