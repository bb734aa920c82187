"""What an evaluation found is read as it was written, and given in the order of the sets."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from srgan.errors import DataError
from srgan.evaluation.damaged_inputs import Damage
from srgan.evaluation.results import MethodInfo, Results, Row

SOURCE = Path("evaluation/results.json")


def row(method: str, picture: str, seconds: float | None = None, **scores: float) -> Row:
    scores = {name.replace("_", "/"): score for name, score in scores.items()}
    return Row(method, "Set5", picture, seconds, f"pictures/{method}/Set5/{picture}.png", scores)


def example() -> Results:
    return Results(
        version="1.2.3",
        methods=(MethodInfo("bicubic", "interpolation", "cubic", "a formula"), MethodInfo("HR", "reference", "r", "")),
        sets={"Set5": ("head", "baby"), "Set14": ()},
        rows=(
            row("bicubic", "baby", 0.5, paper_psnr=28.5, niqe=math.nan),
            row("bicubic", "head", 0.25, paper_psnr=30.0, niqe=5.0),
            row("HR", "baby", paper_psnr=math.inf),
        ),
    )


def test_values_come_in_the_order_of_the_set() -> None:
    assert example().values("bicubic", "Set5", "paper/psnr") == [30.0, 28.5]


@pytest.mark.parametrize("missing", ["nearest Set5 paper/psnr", "bicubic Set14 paper/psnr", "bicubic BSD100 paper/psnr",
                                     "bicubic Set5 ms-ssim"])  # fmt: skip
def test_what_was_not_measured_has_no_values(missing: str) -> None:
    assert example().values(*missing.split()) == []


def test_a_set_measured_in_part_is_refused() -> None:
    with pytest.raises(DataError):
        example().values("HR", "Set5", "paper/psnr")


def test_json_is_read_as_it_was_written() -> None:
    text = example().to_json()
    again = Results.from_json(text, SOURCE)
    assert again.to_json() == text
    assert again.rows[2] == example().rows[2]
    assert (again.methods, again.sets, again.version) == (example().methods, example().sets, "1.2.3")
    assert math.isnan(again.rows[0].scores["niqe"])


def test_inputs_are_kept_and_those_of_older_files_are_clean() -> None:
    damaged = replace(example(), inputs={"Set5": "messenger", "Set14": "clean"})
    again = Results.from_json(damaged.to_json(), SOURCE)
    assert again.inputs == {"Set5": "messenger", "Set14": "clean"}
    assert again.damaged == {"Set5": Damage("messenger")}
    document = json.loads(damaged.to_json())
    del document["inputs"]
    assert Results.from_json(json.dumps(document), SOURCE).damaged == {}
    document["inputs"] = {"Set5": "jpeg:0"}
    with pytest.raises(DataError):
        Results.from_json(json.dumps(document), SOURCE)


def test_json_holds_no_infinity() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    document = json.loads(example().to_json(), parse_constant=refuse)
    assert document["rows"][2]["scores"] == {"paper/psnr": "inf"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": "1", "methods": [{}], "sets": {}, "rows": []}', example().to_json()[:-40]],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(DataError):
        Results.from_json(text, SOURCE)
