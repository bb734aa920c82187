"""Tables in four languages: numbers as printed, gaps left open, names that no language trips over."""

import csv
import io
import math
from pathlib import Path

import pytest

from srgan.errors import OutputError
from srgan.reporting.table import Column, Number, Table, mark_best
from tests.helpers.elements import Elements

NAME = "[my]_model|50%\n& *co* <b> $x$ {~^\\#} [a](b)"


def make_table() -> Table:
    scores = mark_best([Number.of(value, spec=".2f") for value in (28.5, 32.456, math.inf)], [True, True, False])
    rows = (
        ("bicubic", (scores[0], Number.of(-4.0, -5.0, None, spec=".1f"))),
        ("srgan", (scores[1], Number.of(None))),
        ("HR", (scores[2], Number.of(0.00001, spec=lambda _: "<.0001"))),
        ("none", (Number.of(math.nan), Number.of(None))),
    )
    header = (Column("method"), Column("PSNR / change", ("psnr", "change", "low", "high")))
    return Table("Scores [dB]", header, rows, ("A note_.",))


def test_markdown() -> None:
    assert make_table().markdown().splitlines() == [
        "**Scores [dB]**",
        "",
        "| method | PSNR / change |",
        "| --- | ---: |",
        "| bicubic | *28.50* / -4.0 [-5.0] |",
        "| srgan | **32.46** / - |",
        "| HR | inf / <.0001 |",
        "| none | - |",
        "",
        r"- A note\_.",
        "- The best in bold, the second best in italics.",
    ]


def test_latex_is_a_table_of_booktabs() -> None:
    assert make_table().latex().splitlines() == [
        r"% \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        r"\caption{Scores {[}dB]}",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"method & PSNR / change \\",
        r"\midrule",
        r"bicubic & \underline{28.50} / $-$4.0 [$-$5.0] \\",
        r"srgan & \textbf{32.46} / - \\",
        r"HR & $\infty$ / $<$.0001 \\",
        r"none & - \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\footnotesize A note\_.",
        r"\par\footnotesize The best in bold, the second best underlined.",
        r"\end{table}",
    ]


def test_csv_has_unrounded_values() -> None:
    assert make_table().csv().splitlines() == [
        "method,psnr,change,low,high",
        "bicubic,28.5,-4.0,-5.0,",
        "srgan,32.456,",
        "HR,inf,1e-05",
        "none,,",
    ]


def test_html_marks_the_best_and_prints_signs() -> None:
    elements = Elements(make_table().html())
    cells = [text.strip() for text in elements.text if text.strip()]
    assert cells[:3] == ["Scores [dB]", "method", "PSNR / change"]
    assert cells[4] == "28.50 / \N{MINUS SIGN}4.0 [\N{MINUS SIGN}5.0]"
    assert [fields["class"] for tag, fields in elements.found if tag == "span"] == ["best"]
    assert "\N{INFINITY} / <.0001" in cells
    assert cells[-2:] == ["A note_.", "The best of a column is marked."]


def test_names_that_mean_something_to_a_language() -> None:
    table = Table(NAME, (Column(NAME), Column("a, b")), ((NAME, (Number("1", (1.0,)),)),))
    markdown, latex, elements = table.markdown(), table.latex(), Elements(table.html())
    assert len(markdown.splitlines()) == 5
    assert r"| [my]\_model\|50% & \*co\* \<b> $x$ {~^\\#} [a\](b) | 1 |" in markdown
    assert (
        r"{[}my]\_model\textbar{}50\% \& {*}co{*} \textless{}b\textgreater{} \$x\$ "
        r"\{\textasciitilde{}\textasciicircum{}\textbackslash{}\#\} {[}a](b) & 1 \\"
    ) in latex
    assert list(csv.reader(io.StringIO(table.csv()))) == [[NAME, "a, b"], [NAME, "1.0"]]
    assert "b" not in [tag for tag, _ in elements.found]
    assert elements.text.count(NAME) == 3


@pytest.mark.parametrize(
    ("values", "candidates", "lower", "ranks"),
    [
        ([1.001, 1.002, 0.5], [True] * 3, False, [1, 1, 2]),  # equal as printed
        ([1.0, 2.0, 3.0], [True] * 3, True, [1, 2, 0]),
        ([1.0, 2.0, 3.0], [True, True, False], False, [2, 1, 0]),
        ([1.0, math.nan, 3.0], [True, True, False], False, [0, 0, 0]),  # one candidate is not the best
        ([math.inf, 2.0, 3.0], [True] * 3, False, [1, 0, 2]),
    ],
)
def test_the_best_two_are_marked_by_what_is_printed(
    values: list[float], candidates: list[bool], lower: bool, ranks: list[int]
) -> None:
    numbers = [Number.of(value, spec=".2f") for value in values]
    assert [number.rank for number in mark_best(numbers, candidates, lower_is_better=lower)] == ranks


def test_a_table_is_written_in_three_languages(tmp_path: Path) -> None:
    table = make_table()
    table.write(tmp_path / "tables", "scores")
    texts = {path.name: path.read_text() for path in (tmp_path / "tables").iterdir()}
    assert texts == {"scores.csv": table.csv(), "scores.md": table.markdown(), "scores.tex": table.latex()}
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        table.write(tmp_path / "file", "scores")
