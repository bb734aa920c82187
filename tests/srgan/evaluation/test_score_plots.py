"""Figures: one for every measurement there is, safe to embed, the same each time."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from srgan.evaluation.results import MethodInfo, Results, Row
from srgan.evaluation.score_plots import draw_scores
from srgan.evaluation.score_tables import summary
from srgan.metrics import PROTOCOLS
from tests.helpers.scores_made_up import METHODS, made_up


def test_every_set_has_its_figures_and_each_names_its_protocol(tmp_path: Path) -> None:
    drawings = draw_scores(made_up(tmp_path))
    for data in ("SetA", "SetB"):
        titles = [drawing.title.removeprefix(f"{data}: ") for drawing in drawings if drawing.title.startswith(data)]
        assert titles == ["PSNR of each picture", "NIQE against PSNR", "time of each picture"]
    assert all("PSNR [dB] (paper)" in drawing.caption for drawing in drawings if "PSNR" in drawing.title)


def test_speeds_are_drawn_against_scores_where_they_were_measured(tmp_path: Path) -> None:
    first, second, *_ = METHODS
    results = replace(made_up(tmp_path), speeds={first.name: 0.1, second.name: 3.0})
    titles = [drawing.title for drawing in draw_scores(results)]
    assert [title for title in titles if "time" in title] == [
        *(f"{data}: PSNR against time" for data in ("SetA", "SetB")),
        *(f"{data}: time of each picture" for data in ("SetA", "SetB")),
    ]
    table = summary(results, PROTOCOLS["paper"])
    assert [column.title for column in table.header][-1] == "seconds a megapixel"
    assert Results.from_json(results.to_json(), tmp_path).speeds == results.speeds


def test_names_are_drawn_as_they_stand(tmp_path: Path) -> None:
    strip = draw_scores(made_up(tmp_path))[0].svg
    words = {text for node in ElementTree.fromstring(strip).iter() if (text := (node.text or "").strip())}
    assert {method.name for method in METHODS if method.kind != "reference"} <= words
    assert "HR" not in words  # it has no finite PSNR


@pytest.mark.parametrize("name", ["$\\frac$", "超解像", "a" * 60, "one\ntwo\0\udc80", "_hidden"])
def test_any_name_can_be_drawn(name: str) -> None:
    rows = tuple(Row(name, name, picture, 0.5, "", {"rgb/psnr": 20.0, "features/x": 1.0}) for picture in "ab")
    rows += tuple(replace(row, method="other", scores={"rgb/psnr": 21.0, "features/x": 1.0}) for row in rows)
    methods = tuple(MethodInfo(method, "model", "", "") for method in (name, "other"))
    drawings = draw_scores(Results("1", methods, {name: ("a", "b")}, rows))
    assert len(drawings) == 3


def test_what_was_not_measured_is_not_drawn() -> None:
    method = MethodInfo("m", "folder", "", "")
    nothing = Results("1", (method,), {"s": ("a",)}, (Row("m", "s", "a", None, "", {}),))
    assert draw_scores(nothing) == ()
    one = replace(nothing, rows=(Row("m", "s", "a", None, "", {"matlab/psnr": 30.0, "niqe": 4.0}),))
    assert [drawing.title for drawing in draw_scores(one)] == ["s: PSNR of each picture"]
