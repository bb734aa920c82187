"""The table of results that are twice as large: what stands in docs/results.md, and how a row is written."""

from docs.generators.page_parts import TWICE as MARKS
from docs.generators.twice_scores import INPUTS, METHODS, PAGE, SETS, Row, section
from srgan.upscale.model_choice import TWICE
from srgan.weights.catalogue import shipped


def test_a_row_has_a_score_for_each_method() -> None:
    assert section([Row("jpeg:75", "Set5", (31.87, 31.9, 32.0, 33.0, 33.456))]).splitlines()[-1] == (
        "| jpeg:75 | Set5 | 31.87 | 31.90 | 32.00 | 33.00 | 33.46 |"
    )


def test_models_that_auto_takes_are_as_good_as_those_that_they_stand_in_for() -> None:
    """Better on clean images, and as good on damaged ones (docs/decisions/0040)."""
    text = MARKS.find(PAGE.read_text(encoding="utf-8"))
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")][2:]
    found = {
        (line[0].strip(), line[1].strip()): dict(zip(METHODS, map(float, line[2:]), strict=True)) for line in lines
    }
    assert set(found) == {(damage.text, data) for damage in INPUTS for data in SETS}
    assert [shipped()[name].scale for name in TWICE.values()] == [2, 2]
    for (damage, data), psnr in found.items():
        larger = "srresnet" if damage == "clean" else "srresnet-photo"
        least = 0.0 if damage == "clean" else -0.05
        assert psnr[TWICE[larger]] - psnr[larger] > least, (damage, data)
        assert psnr[TWICE[larger]] > psnr["bicubic"] + 0.8
