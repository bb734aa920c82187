"""Figures of a study: what is drawn is what was found, each names its study, and SIMULATED cannot be overlooked."""

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from srgan_study.report import method_figures as figures
from srgan_study.report import rater_figures
from srgan_study.report.drawing import RED, Drawing, Stamp

PEOPLE = Stamp("study 0123456789abcdef, 4 raters, 40 votes", simulated=False)
PROGRAMS = Stamp(
    "SIMULATED: programs cast these votes, and no people; study 0123456789abcdef, 26 raters, 29,328 votes",
    simulated=True,
)
COUNTS = np.array([[30, 8, 2, 0, 0], [0, 10, 20, 10, 0], [0, 0, 0, 0, 0]], float)
SVG = "{http://www.w3.org/2000/svg}"


def words(drawing: Drawing) -> list[str]:
    """What is written in the figure."""
    nodes = ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")
    return ["".join(node.itertext()).strip() for node in nodes]


def pixels(drawing: Drawing) -> np.ndarray:
    with Image.open(io.BytesIO(drawing.png)) as picture:
        return np.asarray(picture.convert("RGB"))


def of_each_kind(stamp: Stamp) -> list[Drawing]:
    methods = ["nearest", "$\\frac$ <b>", "a" * 60]
    square = np.array([[np.nan, -1.0, -0.2], [1.0, np.nan, 0.8], [0.2, -0.8, np.nan]])
    p = np.array([[np.nan, 0.001, 0.3], [0.001, np.nan, 0.04], [0.3, 0.04, np.nan]])
    some = np.array([1.2, 3.0, np.nan])
    points = figures.Points("Set5", some, some - 0.1, some + 0.1, some - 0.3, some + 0.3, np.array([1.3, np.nan, 2.0]))
    bands = np.array([5.0, 15.0, 25.0])
    scores = np.array([[1, 2], [3, np.nan], [5, 4]])
    units = {"images": (square, p), "raters": (square, p)}
    codes, bias, spread = ["R01", "R02"], np.array([0.1, -0.2]), np.array([0.5, 0.9])
    seconds = (bands, bands + 1, bands + 2)
    return [
        figures.distribution("figure5", "Set5", methods, COUNTS, stamp),
        figures.means("means", methods, [points, points], "What it says.", stamp),
        figures.pictures("pictures", "Set5", methods, ["baby", "bird"], scores, stamp),
        figures.differences("differences", "Set5", methods, units, ["2 images are too few."], stamp),
        rater_figures.raters("raters", codes, bias, spread, [False, True], stamp),
        rater_figures.course("course", bands, (bands / 100, bands / 100), seconds, "drift", stamp),
    ]


@pytest.fixture(scope="module")
def drawn() -> list[Drawing]:
    return of_each_kind(PEOPLE)


@pytest.fixture(scope="module")
def simulated() -> list[Drawing]:
    return of_each_kind(PROGRAMS)


def test_every_figure_names_its_study_in_both_files(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        assert PEOPLE.words in words(drawing)
        assert not any("SIMULATED" in text for text in words(drawing))
        with Image.open(io.BytesIO(drawing.png)) as picture:
            assert "0123456789abcdef" in picture.info["Title"]


def test_simulated_votes_are_stamped_across_every_figure(drawn: list[Drawing], simulated: list[Drawing]) -> None:
    for plain, stamped in zip(drawn, simulated, strict=True):
        assert "SIMULATED" in words(stamped)
        assert any(text.startswith("SIMULATED: programs") for text in words(stamped))
        with Image.open(io.BytesIO(stamped.png)) as picture:
            assert "SIMULATED" in picture.info["Title"]
        before, after = pixels(plain), pixels(stamped)
        assert before.shape == after.shape
        height, width = before.shape[0] // 4, before.shape[1] // 4  # in the middle half, not only at the foot
        changed = (before != after).any(axis=2)[height : 3 * height, width : 3 * width]
        assert changed.mean() > 0.05, stamped.name


def test_the_words_at_the_foot_are_not_cut(simulated: list[Drawing]) -> None:
    for drawing in simulated:
        seen = pixels(drawing).astype(int)
        foot = seen[-seen.shape[0] // 10 :]
        red = (foot[..., 0] - foot[..., 1] > 100).any(axis=0)
        assert red.any(), drawing.name
        assert not red[:4].any(), drawing.name


def test_figures_are_whole_svg_that_ask_for_nothing(drawn: list[Drawing]) -> None:
    for drawing in drawn:
        root = ElementTree.fromstring(drawing.svg)
        assert root.tag == f"{SVG}svg"
        links = [value for node in root.iter() for name, value in node.attrib.items() if name.endswith("href")]
        assert all(link.startswith(("#", "data:image/png")) for link in links)
        assert not list(root.iter(f"{SVG}script"))


def test_names_are_drawn_as_they_stand_and_long_ones_cut(drawn: list[Drawing]) -> None:
    for drawing in drawn[:4]:
        assert {"nearest", "$\\frac$ <b>", "a" * 21 + "\N{HORIZONTAL ELLIPSIS}"} <= set(words(drawing)), drawing.name


def test_figure_5_prints_shares_and_means(drawn: list[Drawing]) -> None:
    texts = words(drawn[0])
    assert {"75", "20", "5", "25", "50"} <= set(texts)  # percent; what nobody chose is left empty
    assert "1.30" in texts
    assert "3.00" in texts
    assert "0 to 40 ratings" in drawn[0].caption


def test_the_red_mark_of_figure_5_lies_at_the_mean(drawn: list[Drawing]) -> None:
    root = ElementTree.fromstring(drawn[0].svg)
    cells = next(node for node in root.iter(f"{SVG}g") if node.get("id", "").startswith("QuadMesh"))
    heights = [y for path in cells.iter(f"{SVG}path") for _, y in points_of(path)]
    top, bottom = min(heights), max(heights)  # 5.5 and 0.5
    marks = [path for path in root.iter(f"{SVG}path") if f"stroke: {RED}" in path.get("style", "")]
    found = [5.5 - 5 * (points_of(path)[0][1] - top) / (bottom - top) for path in marks if points_of(path)]
    assert found == pytest.approx([1.3, 3.0], abs=0.01)


def points_of(path: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", path.get("d", ""))]


def test_the_same_numbers_give_the_same_files(drawn: list[Drawing]) -> None:
    again = figures.distribution("figure5", "Set5", ["nearest", "$\\frac$ <b>", "a" * 60], COUNTS, PEOPLE)
    assert again == drawn[0]


def test_only_real_differences_are_coloured(drawn: list[Drawing]) -> None:
    """Of three pairs two are below .05: four coloured cells a panel, in two panels."""
    root = ElementTree.fromstring(drawn[3].svg)
    meshes = [node for node in root.iter(f"{SVG}g") if node.get("id", "").startswith("QuadMesh")]
    filled = [
        path
        for mesh in meshes[:2]
        for path in mesh.iter(f"{SVG}path")
        if re.search("fill: #", path.get("style", "")) and "fill-opacity: 0" not in path.get("style", "")
    ]
    assert len(filled) == 8
