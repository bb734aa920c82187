"""Ours beside what was printed: verdicts, rows without weights, and the paper's own numbers found again."""

import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from srgan.errors import DataError, UsageError
from srgan.evaluation.benchmark import Evaluation, evaluate
from srgan.evaluation.measures import protocol_measure
from srgan.evaluation.results import MethodInfo, Results, Row
from srgan.evaluation.test_sets import find_set
from srgan.metrics import PAPER
from srgan.paper.comparison_table import comparison_document, comparison_table, print_score
from srgan.paper.paper_figures import FIGURES, compose_figure
from srgan.paper.published import FIGURE2, SEEDS, TABLE1, TABLE2
from srgan.paper.table_methods import NO_PICTURES, NO_WEIGHTS, ChosenMethods, choose_methods
from srgan.paper.verdicts import (
    OTHER_PICTURES,
    PAPER_MEASURES,
    SEED_MEASURES,
    Opinions,
    compare_orders,
    compare_results,
    explain_shortfalls,
    judge,
)
from srgan.weights.catalogue import find
from tests.helpers.noise import make_set, noise, save

NOTHING = Results("1", (), {}, ())


def results(data: str, scores: dict[str, dict[str, float]]) -> Results:
    """Of one picture, with scores by method."""
    rows = (Row(method, data, "a", 0.1, f"{method}.png", found) for method, found in scores.items())
    methods = tuple(MethodInfo(method, "model", "1", "") for method in scores)
    return Results("1", methods, {data: ("a",)}, tuple(rows))


@pytest.mark.parametrize(
    ("kind", "ours", "printed", "said"),
    [
        ("psnr", 28.4261, "28.43", "equal"),
        ("psnr", 28.4249, "28.43", "within 0.1 dB"),
        ("psnr", 28.5299, "28.43", "within 0.1 dB"),
        ("psnr", 28.54, "28.43", "better"),
        ("psnr", 28.32, "28.43", "worse"),
        ("psnr", math.inf, "Infinity", "equal"),
        ("psnr", 50.0, "Infinity", "worse"),
        ("psnr", math.inf, "28.43", "better"),
        ("ssim", 0.82109, ".8211", "equal"),
        ("ssim", 0.8716, ".872", "equal"),
        ("ssim", 0.8740, ".872", "within .005"),
        ("ssim", 0.8780, ".872", "better"),
        ("ssim", 0.8000, ".872", "worse"),
        ("ssim", 1.0, "1", "equal"),
        ("mse", 0.00321, ".0032", "equal"),
        ("mse", 0.00329, ".0032", "within .0001"),
        ("mse", 0.0030, ".0032", "better"),
        ("mse", 0.0035, ".0032", "worse"),
    ],
)
def test_verdict(kind: str, ours: float, printed: str, said: str) -> None:
    assert judge(kind, ours, Decimal(printed)) == said


@pytest.mark.parametrize(
    ("kind", "value", "signed", "text"),
    [
        ("psnr", 28.426, False, "28.43"),
        ("psnr", -0.004, True, "0.00"),
        ("psnr", 0.85, True, "+0.85"),
        ("psnr", math.inf, False, "inf"),
        ("ssim", 0.8211, False, ".8211"),
        ("ssim", -0.0162, True, "-.0162"),
        ("ssim", 1.0, False, "1.0000"),
        ("ssim", 0.00001, True, ".0000"),
        ("perceptual", 20.1234, False, "20.1234"),
        ("mos", 3.555, False, "3.56"),
        ("mos", 0.5, False, "0.50"),
    ],
)
def test_numbers_are_printed_as_the_field_does(kind: str, value: float, signed: bool, text: str) -> None:
    assert print_score(kind, value, signed=signed) == text


def test_a_row_without_weights_is_shown_as_such_and_never_filled_in() -> None:
    missing = {"SRResNet": NO_WEIGHTS, "SelfExSR": NO_PICTURES}
    measured = results("Set5", {"bicubic": {"paper/psnr": 28.4261, "paper/ssim": 0.82109}})
    found = compare_results(TABLE2, measured, missing, PAPER_MEASURES, {"Set5": "Set5"})
    assert [line.method for line in found] == list(TABLE2.methods)
    by_method = {line.method: line.numbers for line in found}
    assert [number.verdict for number in by_method["bicubic"]] == ["equal", "equal"]
    for method, why in missing.items():
        assert [(number.ours, number.verdict) for number in by_method[method]] == [(None, why)] * 2
        assert all(math.isnan(number.difference) for number in by_method[method])
    text = comparison_table(TABLE2, found).markdown()
    assert "| Set5 | bicubic | 28.43 / 28.43 / 0.00 | equal | .8211 / .8211 / .0000 | equal | - / 1.97 |" in text
    assert "| Set5 | SRResNet | - / 32.05 / - | no weights yet | - / .9019 / - | no weights yet | - / 3.37 |" in text
    assert "0.1 dB" in text
    assert "need a study" in text


def test_orders_of_methods_by_psnr() -> None:
    psnr = {"SRResNet-MSE": 31.5, "SRGAN-MSE": 29.0, "SRGAN-VGG22": 28.0, "SRGAN-VGG54": 30.0}
    scores = {method: {"paper/psnr": value, "paper/ssim": 0.8} for method, value in psnr.items()}
    found = compare_results(TABLE1, results("Set5", scores), {}, PAPER_MEASURES, {"Set5": "Set5"})
    ours, printed = compare_orders(found, "Set5")
    assert ours == ["SRResNet-MSE", "SRGAN-VGG54", "SRGAN-MSE", "SRGAN-VGG22"]
    assert printed == ["SRResNet-MSE", "SRGAN-MSE", "SRGAN-VGG22", "SRGAN-VGG54"]
    assert compare_orders(found, "Set14") == ([], [])


def test_pictures_of_one_set_do_not_fill_another() -> None:
    measured = results("Set5", {"SRGAN-VGG54": {"paper/psnr": 29.4, "paper/ssim": 0.84}})
    found = compare_results(TABLE1, measured, {}, PAPER_MEASURES, {"Set5": "Set5", "Set14": "Set14"})
    said = {(line.data, line.method): line.numbers[0].verdict for line in found}
    assert said["Set5", "SRGAN-VGG54"] == "equal"
    assert said["Set14", "SRGAN-VGG54"] == NO_PICTURES


def test_other_pictures_are_not_judged() -> None:
    scores = {"rgb/mse": 0.003, "rgb/psnr": 26.7, "matlab/ssim": 0.81}
    for data, said in (("Set5", OTHER_PICTURES), ("DIV2K", "better")):
        found = compare_results(SEEDS, results(data, {"bicubic": scores}), {}, SEED_MEASURES, {data: "DIV2K"})
        assert {number.verdict for number in found[0].numbers} == {said}
        assert all(math.isnan(number.difference) == (said == OTHER_PICTURES) for number in found[0].numbers)
        assert [str(number.printed) for number in found[0].numbers] == ["0.0032", "25.84", "0.68"]


@pytest.mark.parametrize("warning", ["", "SIMULATED"])
def test_opinions_fill_their_rows_and_no_others(warning: str) -> None:
    opinions = Opinions({("SRGAN", "Set5"): 3.5551, ("HR", "Set14"): 4.4}, ("Study 12ab, 5 raters.",), warning)
    found = compare_results(TABLE2, NOTHING, {}, PAPER_MEASURES, {"Set5": "Set5"}, opinions)
    assert {line.method: line.rated for line in found if line.rated is not None} == {"SRGAN": 3.5551}
    made = comparison_table(TABLE2, found, (), opinions)
    assert "| 3.56 / 3.58 |" in made.markdown()
    assert "Study 12ab, 5 raters." in made.notes
    assert not any("need a study" in note for note in made.notes)
    name = f"{warning} MOS".strip()
    assert made.header[-1].title == f"{name}: ours / published"
    assert made.csv().splitlines()[0].endswith(f",{name},MOS published")
    assert made.title.startswith("SIMULATED ") == bool(warning)
    whole = comparison_document(TABLE2, found, (), opinions)
    rows = {row["method"]: row["mos"] for row in whole["rows"]}
    assert rows["SRGAN"]["ours"] == 3.5551
    assert rows["HR"]["ours"] is None
    assert [row.get("warning", "") for row in (whole, *rows.values())] == [warning] * 10
    assert "Study 12ab, 5 raters." in whole["notes"]


def test_the_document_is_json_and_unrounded() -> None:
    scores = {"HR": {"paper/psnr": math.inf, "paper/ssim": 1.0}, "bicubic": {"paper/psnr": 28.4, "paper/ssim": 0.5}}
    found = compare_results(TABLE2, results("Set5", scores), {"SRGAN": NO_WEIGHTS}, PAPER_MEASURES, {"Set5": "Set5"})
    whole = json.loads(json.dumps(comparison_document(TABLE2, found), allow_nan=False))
    rows = {row["method"]: row for row in whole["rows"]}
    assert rows["HR"]["psnr"] == {"ours": "inf", "published": "inf", "difference": 0.0, "verdict": "equal"}
    assert rows["bicubic"]["psnr"]["difference"] == pytest.approx(-0.03)
    assert rows["SRGAN"]["ssim"] == {
        "ours": None,
        "published": 0.8472,
        "difference": None,
        "verdict": NO_WEIGHTS,
    }
    assert rows["SRGAN"]["mos"] == {"ours": None, "published": 3.58}
    assert whole["tolerances"] == {"psnr": 0.1, "ssim": 0.005}
    assert comparison_table(TABLE2, found).csv().splitlines()[0] == (
        "set,method,PSNR,PSNR published,PSNR difference,PSNR verdict,"
        "SSIM,SSIM published,SSIM difference,SSIM verdict,MOS,MOS published"
    )


def test_rows_are_filled_by_what_is_installed_and_what_is_given(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tmp_path)  # none is
    bare = choose_methods(TABLE2.methods, {})
    assert [method.info.name for method in bare.methods] == ["nearest", "bicubic", "HR"]
    assert bare.missing == {"SelfExSR": NO_PICTURES} | dict.fromkeys(
        ("SRCNN", "DRCN", "ESPCN", "SRResNet", "SRGAN"), NO_WEIGHTS
    )
    given = choose_methods(TABLE1.methods, {"SRGAN-MSE": str(tiny_model), "SRGAN-VGG54": str(tmp_path)})
    assert [(method.info.name, method.info.kind) for method in given.methods] == [
        ("SRGAN-MSE", "model"),
        ("SRGAN-VGG54", "folder"),
    ]
    with pytest.raises(UsageError, match="there is no row SRGAN: choose one of SRResNet-MSE"):
        choose_methods(TABLE1.methods, {"SRGAN": str(tiny_model)})
    with pytest.raises(DataError, match="nowhere of SRGAN-MSE does not exist"):
        choose_methods(TABLE1.methods, {"SRGAN-MSE": "nowhere"})


def test_the_paper_is_found_again_to_every_printed_digit(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Set5: bicubic, nearest, the originals, and the pictures that the paper's authors published."""
    monkeypatch.setattr("srgan.weights.catalogue.SHIPPED", tmp_path)
    folders = {"SRResNet": "SRResNet-MSE", "SRGAN": "SRGAN-VGG54"}
    given = {row: str(data_folder / "published" / name) for row, name in folders.items()}
    chosen = choose_methods(TABLE2.methods, given)
    plan = Evaluation(chosen.methods, (find_set(f"Set5={data_folder}/testsets/Set5"),), (protocol_measure(PAPER),))
    measured = evaluate(plan, tmp_path / "out")
    found = compare_results(TABLE2, measured, chosen.missing, PAPER_MEASURES, {"Set5": "Set5"})
    said = {line.method: {number.verdict for number in line.numbers} for line in found}
    assert said.pop("SelfExSR") == {NO_PICTURES}
    for method in ("nearest", "bicubic", "SRResNet", "SRGAN", "HR"):
        assert said.pop(method) == {"equal"}, method
    assert set(map(frozenset, said.values())) == {frozenset({NO_WEIGHTS})}


def test_figure_2_is_found_again_to_every_printed_digit(data_folder: Path, tmp_path: Path) -> None:
    figure = FIGURES["figure2"]
    folders = {"SRResNet": "SRResNet-MSE", "SRGAN": "SRGAN-VGG54"}
    given = {row: str(data_folder / "published" / name) for row, name in folders.items()}
    chosen = choose_methods(FIGURE2.methods, given)
    alone = figure.choose_image(find_set(f"Set14={data_folder}/testsets/Set14"))
    measured = evaluate(Evaluation(chosen.methods, (alone,), (protocol_measure(PAPER),)), tmp_path / "out")
    found = compose_figure(figure, measured, tmp_path / "out", chosen.missing)
    assert found.columns == ("bicubic", "SRResNet", "SRGAN", "original")
    assert {number.verdict for line in found.compared[:3] for number in line.numbers} == {"equal"}
    assert found.captions[0] == ("(21.59 dB / .6423)", "(23.53 dB / .7832)", "(21.15 dB / .6868)", "")
    assert found.captions[1][0] == "published (21.59 dB / .6423)"
    assert [picture.shape for picture in found.rows[0]] == [(360, 248, 3)] * 4
    assert [picture.shape for picture in found.rows[1]] == [(240, 240, 3)] * 4


def test_a_figure_names_what_it_leaves_out(tmp_path: Path) -> None:
    figure = FIGURES["figure6"]
    folder = tmp_path / "Set14"
    save(folder / "baboon.png", noise(40, 36))
    save(folder / "zebra.png", noise(40, 36))
    alone = figure.choose_image(find_set(str(folder)))
    assert [path.stem for path in alone.files] == ["baboon"]
    save(tmp_path / "made" / "baboon.png", noise(40, 36, seed=1))
    chosen = choose_methods(figure.published.methods, {"SRResNet": str(tmp_path / "made")})
    chosen = ChosenMethods(chosen.methods, {**chosen.missing, "SRGAN-MSE": NO_WEIGHTS})
    measured = evaluate(Evaluation(chosen.methods, (alone,), (protocol_measure(PAPER),)), tmp_path / "out")
    found = compose_figure(figure, measured, tmp_path / "out", chosen.missing)
    assert found.columns[0] == "SRResNet"
    assert found.columns[-1] == "original"
    assert "SRGAN-MSE (no weights yet)" in found.notes[-1]
    assert found.compared[0].data == "Set14/baboon"
    assert {number.verdict for number in found.compared[0].numbers} == {"not published"}
    with pytest.raises(DataError, match="the set small has no picture baboon"):
        figure.choose_image(make_set(tmp_path / "small"))


def test_a_figure_of_a_smaller_picture_shows_what_there_is() -> None:
    figure = replace(FIGURES["figure2"], factor=2)
    assert figure.detail(noise(20, 16)).shape == (32, 40, 3)
    assert figure.detail(noise(90, 50)).shape == (12, 12, 3)


def test_what_is_short_has_its_reason(tiny_model: Path) -> None:
    card = find(tiny_model).card
    scores = {"bicubic": 20.0, "SRResNet": 25.0, "SRGAN": 40.0, "ESPCN": 20.0}
    measured = results("Set5", {name: {"paper/psnr": psnr, "paper/ssim": 0.99} for name, psnr in scores.items()})
    rows = compare_results(TABLE2, measured, {}, PAPER_MEASURES, {"Set5": "Set5"})
    bicubic, espcn, srresnet = explain_shortfalls(rows, {"SRResNet": card, "SRGAN": card, "ESPCN": card})
    assert bicubic.startswith("bicubic is short of the printed numbers on Set5: its pictures were given")
    assert espcn.endswith("ours, tiny, had 0 updates in 0 hours; theirs was trained as in its own paper.")
    assert srresnet.endswith("theirs 10^6 updates of 16 crops from 350,000 photos of ImageNet.")
