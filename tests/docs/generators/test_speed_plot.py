"""Quality against time: points of evaluations, relative to srresnet, and the page that shows them."""

import pytest

from docs.generators.page_parts import SPEED
from docs.generators.speed_plot import PAGE, POINTS, Point, merged, points_of, read_points, section
from srgan.errors import DataError
from srgan.evaluation.results import MethodInfo, Results, Row


def results(**speeds: float) -> Results:
    names = ("srresnet", "mine")
    rows = tuple(
        Row(name, "Set5", picture, 1.0, "", {"matlab/psnr": 30.0 + 2 * place + number})
        for place, name in enumerate(names)
        for number, picture in enumerate("ab")
    )
    return Results(
        "1", tuple(MethodInfo(name, "model", "", "") for name in names), {"Set5": ("a", "b")}, rows, {}, speeds
    )


def test_times_are_relative_to_srresnet_and_later_points_replace_earlier_ones() -> None:
    found = points_of(results(srresnet=20.0, mine=5.0), "here")
    assert found == [Point("srresnet", 30.5, 1.0, "here"), Point("mine", 32.5, 0.25, "here")]
    assert merged([Point("mine", 1.0, 9.0, "there")], found) == [found[1], found[0]]


@pytest.mark.parametrize("speeds", [{}, {"mine": 1.0}])
def test_an_evaluation_without_the_unit_is_refused(speeds: dict[str, float]) -> None:
    with pytest.raises(DataError):
        points_of(results(**speeds), "here")


def test_the_page_shows_the_points() -> None:
    assert SPEED.find(PAGE.read_text(encoding="utf-8")) == section(read_points(POINTS))
