"""Plots: self-contained SVG and PNG, the same each time, whatever names they show."""

import io
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from PIL import Image

from srgan.errors import DataError
from srgan.reporting.plot_style import INK, Drawing, clean_axes, draw, shorten, use_log_axis_if_wide
from tests.helpers.elements import Elements

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def make_plot(words: str = "words", **options: object) -> Drawing:
    def fill(figure: "Figure") -> None:
        axes = figure.add_subplot()
        axes.plot([1, 2], [1, 2], color=INK)
        axes.set_xlabel(words)
        clean_axes(axes)

    return draw("plot", "A <title>", "A caption", (3.0, 2.0), fill, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("adaptive", [True, False])
def test_svg_refers_to_nothing_outside_it(adaptive: bool) -> None:
    drawing = make_plot(adaptive=adaptive)
    root = ElementTree.fromstring(drawing.svg)
    links = [value for node in root.iter() for name, value in node.attrib.items() if name.endswith("href")]
    assert all(link.startswith("#") for link in links)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert ("var(--ink)" in drawing.svg) == adaptive == (drawing.png == b"")
    assert make_plot(adaptive=adaptive) == drawing


def test_png_has_the_resolution_asked_for() -> None:
    with Image.open(io.BytesIO(make_plot(resolution=100).png)) as image:
        assert image.size == (300, 200)


@pytest.mark.parametrize("words", ["$\\frac$", "超解像", "one\ntwo", "_hidden"])
def test_any_words_can_be_drawn(words: str) -> None:
    assert words.split()[0] in "".join(ElementTree.fromstring(make_plot(words).svg).itertext())


def test_foot_and_watermark_are_in_the_plot_and_its_title() -> None:
    text = "".join(ElementTree.fromstring(make_plot(foot="study 12ab", watermark="SIMULATED").svg).itertext())
    assert "A <title>. study 12ab" in text
    assert text.count("study 12ab") == 3
    assert "SIMULATED" in text


def test_html_has_title_caption_and_the_plot() -> None:
    elements = Elements(make_plot().html())
    (image,) = (fields for tag, fields in elements.found if tag == "img")
    assert image["alt"] == "A <title>"
    assert (image["src"] or "").startswith("data:image/svg+xml;base64,")
    assert {"A <title>", "A caption"} <= set(elements.text)


@pytest.mark.parametrize(
    ("values", "scale"),
    [([1, 7], "linear"), ([1, 9], "log"), ([0, 9], "linear"), ([], "linear"), ([1, 9, float("inf")], "log")],
)
def test_axes_are_logarithmic_where_values_spread(values: list[float], scale: str) -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    use_log_axis_if_wide(axes, values)
    assert axes.get_yscale() == scale


def test_long_names_are_shortened_to_one_line() -> None:
    assert shorten("one\ntwo\0\udc80") == "one two??"
    assert shorten("a" * 60) == "a" * 23 + "\N{HORIZONTAL ELLIPSIS}"


def test_without_matplotlib_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DataError, match=r"pip install 'srgan\[evaluate\]'"):
        make_plot()
