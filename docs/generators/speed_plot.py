"""Write the section "Quality against time" of docs/results.md, and docs/images/speed.png.

    python -m docs.generators.speed_plot [FOLDER...]

Points lie in docs/speed-points.csv. Each FOLDER is that of `srgan evaluate METHODS srresnet --sets Set5 --speed`: its
methods become points, or replace those of their names. Times are relative to srresnet's in the same folder.
"""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from docs.generators.page_parts import SPEED, tidy, write_plot
from srgan.errors import DataError, SrganError
from srgan.evaluation.outputs import read_results
from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.files import write_bytes
from srgan.reporting.plot_style import new_figure

DOCS = Path(__file__).resolve().parents[1]
PAGE, POINTS, PLOT = DOCS / "results.md", DOCS / "speed-points.csv", DOCS / "images" / "speed.png"
UNIT, SET, MEASURE = "srresnet", "Set5", "matlab/psnr"
_TEXT = """\
How good, and in which time: PSNR [dB] on Set5 by the matlab protocol, and the time for a small image relative to that
of `srresnet` on the same computer in the same precision. Drawn by `python -m docs.generators.speed_plot` from
[speed-points.csv](speed-points.csv); [speed.md](speed.md#add-a-point) says how to add a point.
"""


@dataclass(frozen=True)
class Point:
    """A method in the plot."""

    method: str
    psnr: float
    """On Set5, in dB."""
    time: float
    """Relative to srresnet's."""
    measured: str
    """On which computer and how."""


def read_points(path: Path) -> list[Point]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Point(row["method"], float(row["psnr"]), float(row["time"]), row["measured"]) for row in rows]


def points_of(results: Results, measured: str) -> list[Point]:
    """Return the points of an evaluation.

    Raises:
        DataError: if its speeds or scores on Set5 are missing, or srresnet's.
    """
    scores = {name: results.values(name, SET, MEASURE) for name in results.speeds}
    if not scores.get(UNIT):
        raise DataError(f"{measured} has no speed of {UNIT} or no {MEASURE} on {SET}: evaluate it with --speed")
    unit = results.speeds[UNIT]
    return [
        Point(name, round(mean(found), 2), float(f"{results.speeds[name] / unit:.2g}"), measured)
        for name, found in scores.items()
        if found
    ]


def merged(points: Iterable[Point], more: Iterable[Point]) -> list[Point]:
    """Return the points, those of later ones in place of earlier ones of the same method, the fastest first."""
    return sorted({point.method: point for point in (*points, *more)}.values(), key=lambda point: point.time)


def section(points: Sequence[Point]) -> str:
    """Return the text between the marks."""
    lines = ["| method | PSNR | time | measured |", "| --- | ---: | ---: | --- |"]
    lines += [f"| {each.method} | {each.psnr:.2f} | {each.time:g} | {each.measured} |" for each in points]
    return f"{_TEXT}\n" + "\n".join(lines) + "\n\n![PSNR on Set5 against time](images/speed.png)"


def draw(points: Sequence[Point], path: Path) -> None:
    figure = new_figure(6.4, 3.4)
    axes = figure.subplots()
    for number, point in enumerate(points):
        axes.plot([point.time], [point.psnr], "o", color="#1f77b4")
        place, down = (point.time, point.psnr), -11 if number % 2 else 5  # neighbours' names do not meet
        axes.annotate(point.method, place, xytext=(4, down), textcoords="offset points", fontsize="small")
    axes.set(xscale="log", xlabel=f"time, {UNIT} = 1: left is better", ylabel="PSNR on Set5 [dB]: up is better")
    axes.margins(x=0.3, y=0.15)
    axes.xaxis.set_major_formatter("{x:g}")
    tidy(axes)
    write_plot(path, figure)


def main() -> None:
    try:
        points = read_points(POINTS)
        for folder in sys.argv[1:]:
            points = merged(points, points_of(read_results(Path(folder)), Path(folder).name))
        points = merged(points, [])
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(each.name for each in fields(Point))
        writer.writerows([point.method, f"{point.psnr:.2f}", f"{point.time:g}", point.measured] for point in points)
        write_bytes(POINTS, table.getvalue().encode())
        SPEED.rewrite(PAGE, section(points))
        draw(points, PLOT)
    except (SrganError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
