"""Figures: they show the analysis, name their study, and mark simulated votes."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from srgan.reporting import RED, Drawing
from srgan_study.analysis.study_analysis import StudyAnalysis, analyse
from srgan_study.report.method_figures import draw_distribution
from srgan_study.report.study_report import draw_figures
from tests.helpers.votes import ratings_of, study_of, votes_by_chance

METHODS = ("nearest", "$\\frac$ <b>", "a" * 60)
SVG = "{http://www.w3.org/2000/svg}"

Drawings = dict[str, Drawing]


@pytest.fixture(scope="module")
def analysis() -> StudyAnalysis:
    votes = votes_by_chance(np.tile([1.2, 3.0, 3.1], 10), 6, np.random.default_rng(0))
    return analyse(replace(ratings_of(study_of({"Set5": 10}, METHODS), votes), simulated=False))


def draw_all(analysis: StudyAnalysis) -> Drawings:
    return {drawing.name: drawing for drawings in draw_figures(analysis).values() for drawing in drawings}


@pytest.fixture(scope="module")
def drawings(analysis: StudyAnalysis) -> Drawings:
    return draw_all(analysis)


def read_words(drawing: Drawing) -> list[str]:
    return ["".join(node.itertext()).strip() for node in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def read_png(drawing: Drawing) -> tuple[NDArray[np.uint8], str]:
    """Return pixels and title of a PNG."""
    with Image.open(io.BytesIO(drawing.png)) as image:
        return np.asarray(image.convert("RGB")), image.info["Title"]


def read_points(path: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", path.get("d", ""))]


def find_meshes(drawing: Drawing) -> list[ElementTree.Element]:
    """Return the groups of coloured cells."""
    groups = ElementTree.fromstring(drawing.svg).iter(f"{SVG}g")
    return [node for node in groups if node.get("id", "").startswith("QuadMesh")]


def test_every_figure_names_its_study_and_refers_to_nothing_outside(
    drawings: Drawings, analysis: StudyAnalysis
) -> None:
    assert set(drawings) == {"means", "figure5-Set5", "differences-Set5", "pictures-Set5", "raters", "course"}
    study = analysis.ratings.study.hash[:16]
    for drawing in drawings.values():
        words = read_words(drawing)
        assert f"study {study}, 6 raters, 180 votes" in words
        assert not any("SIMULATED" in text for text in words)
        assert study in read_png(drawing)[1]
        root = ElementTree.fromstring(drawing.svg)
        links = [value for node in root.iter() for name, value in node.attrib.items() if name.endswith("href")]
        assert all(link.startswith(("#", "data:image/png")) for link in links)
        assert not list(root.iter(f"{SVG}script"))


def test_simulated_votes_are_marked_across_every_figure(drawings: Drawings, analysis: StudyAnalysis) -> None:
    for name, drawing in draw_all(replace(analysis, ratings=replace(analysis.ratings, simulated=True))).items():
        words = read_words(drawing)
        assert "SIMULATED" in words
        assert any(text.startswith("SIMULATED: programs") for text in words)
        plain, (marked, title) = read_png(drawings[name])[0], read_png(drawing)
        assert "SIMULATED" in title
        if plain.shape == marked.shape:  # else the foot has two lines
            height, width = plain.shape[0] // 4, plain.shape[1] // 4
            changed = (plain != marked).any(axis=2)[height : 3 * height, width : 3 * width]
            assert changed.mean() > 0.05, name
        foot = marked[-marked.shape[0] // 10 :].astype(int)
        red = (foot[..., 0] - foot[..., 1] > 100).any(axis=0)
        assert red.any(), name
        assert not red[:4].any(), f"the foot of {name} is cut"


def test_names_are_drawn_literally_and_long_ones_cut(drawings: Drawings) -> None:
    for name in ("means", "figure5-Set5", "differences-Set5", "pictures-Set5"):
        words = set(read_words(drawings[name]))
        assert set(METHODS[:2]) <= words
        assert any(re.fullmatch("a{20,}\N{HORIZONTAL ELLIPSIS}", word) for word in words)


def test_figure_5_shows_shares_and_means() -> None:
    votes = np.repeat([1.0, 2, 2, 2, 3, 3, 4, 5], 5)[:, None] * np.array([1.0, np.nan])
    votes[:, 1] = [3] * 40
    votes[0, 1] = np.nan
    analysis = analyse(ratings_of(study_of({"Set5": 1}, ("a", "b")), votes))
    drawing = draw_distribution(analysis, analysis.sets[0])
    assert drawing == draw_distribution(analysis, analysis.sets[0]), "the same numbers give the same files"
    assert {"12", "38", "25", "100", "2.75", "3.00"} <= set(read_words(drawing))
    assert "39 to 40 ratings" in drawing.caption
    heights = [y for path in find_meshes(drawing)[0].iter(f"{SVG}path") for _, y in read_points(path)]
    top, bottom = min(heights), max(heights)  # scores 5.5 and 0.5
    paths = ElementTree.fromstring(drawing.svg).iter(f"{SVG}path")
    marks = [path for path in paths if f"stroke: {RED}" in path.get("style", "")]
    means = [5.5 - 5 * (read_points(path)[0][1] - top) / (bottom - top) for path in marks if read_points(path)]
    assert means == pytest.approx([2.75, 3.0], abs=0.01)


def test_only_significant_differences_are_coloured(drawings: Drawings, analysis: StudyAnalysis) -> None:
    """Of three pairs two differ, by vote and by image: four coloured cells in each of these panels."""
    differences = analysis.sets[0].differences
    assert [sum(test.adjusted < 0.05 for test in tests) for tests in differences.values()] == [2, 2, 0]
    filled = []
    for mesh in find_meshes(drawings["differences-Set5"])[:3]:
        styles = [path.get("style", "") for path in mesh.iter(f"{SVG}path")]
        filled.append(sum("fill: #" in style and "fill-opacity: 0" not in style for style in styles))
    assert filled == [4, 4, 0]
