"""What a study leaves in its folder: the report in one file, every number, tables, figures, and the votes themselves.

Names of methods, sets and pictures are text from elsewhere: all of it is escaped, and the page's own policy forbids
scripts, and requests of any kind. Where programs voted, the page and every file say so.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from srgan.errors import OutputError
from srgan.files import make_folder, write_bytes
from srgan.reporting.table import Table
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.report import difference_tables, rater_tables
from srgan_study.report import method_tables as report_tables
from srgan_study.report.drawing import Drawing
from srgan_study.report.method_tables import csv_of, marked
from srgan_study.report.report_figures import illustrate
from srgan_study.report.summary import summary, to_json
from srgan_study.votes import exports
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED
from srgan_study.votes.ratings import Ratings

REPORT = "report.html"
SUMMARY = "summary.json"

_BANNER = (
    '<p class="simulated"><b>SIMULATED.</b> Programs cast all of these votes, and no people. They say nothing of how '
)
_BANNER += "good the pictures are.</p>"

Parts = dict[str, list[Table]]
Figures = dict[str, list[Drawing]]


def folder_of(study: Path, *, simulated: bool) -> Path:
    """Where the report of a study lies unless it is told otherwise: never in one place for people and programs."""
    return study / ("simulated-report" if simulated else "report")


def write_report(findings: StudyAnalysis, folder: Path) -> Path:
    """Write everything into a folder, in place of an older report of the same study.

    Returns:
        The page, to be opened in a browser.

    Raises:
        DataError: if matplotlib is not installed.
        OutputError: if something cannot be written, or the folder holds the report of another study.
    """
    _check(folder, findings.ratings)
    make_folder(folder)
    parts, figures = tables(findings), illustrate(findings)
    _put(folder / SUMMARY, to_json(summary(findings)))  # first: it says whose the folder is from now on
    for drawing in _all(figures):
        _put(folder / "figures" / f"{drawing.name}.svg", drawing.svg)
        make_folder(folder / "figures")
        write_bytes(folder / "figures" / f"{drawing.name}.png", drawing.png)
    for name, table in _named(parts, findings).items():
        with_mark = marked(table, findings.ratings)
        _put(folder / "tables" / f"{name}.csv", csv_of(table, findings.ratings))
        _put(folder / "tables" / f"{name}.md", with_mark.markdown())
        _put(folder / "tables" / f"{name}.tex", with_mark.latex())
    _put_votes(findings.ratings, folder)
    _put(folder / REPORT, page(findings, parts, figures))
    return folder / REPORT


def _check(folder: Path, ratings: Ratings) -> None:
    """Refuse to mix two reports in a folder."""
    try:
        there = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        whose = (there["study"], there["simulated"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if whose != (ratings.study.hash, ratings.simulated):
        what = "simulated votes" if whose[1] else "people's votes"
        raise OutputError(
            f"{folder} holds a report of {what} on study {str(whose[0])[:16]}: name another folder with --output"
        )


def _put(path: Path, text: str) -> None:
    make_folder(path.parent)
    write_bytes(path, text.encode("utf-8", "replace"))


def _put_votes(ratings: Ratings, folder: Path) -> None:
    _put(folder / "votes.csv", exports.long_csv(ratings))
    _put(folder / "votes.jsonl", exports.votes_jsonl(ratings))
    _put(folder / "votes-wide.csv", exports.wide_csv(ratings))
    _put(folder / "votes-wide-keys.csv", exports.keys_csv(ratings))
    _put(folder / "sureal.json", exports.sureal_json(ratings))


def tables(findings: StudyAnalysis) -> Parts:
    """Every table that the page shows, by its part."""
    sets = findings.sets
    return {
        "how": [rater_tables.design(findings)],
        "opinions": [report_tables.overview(findings), *(report_tables.opinions(findings, found) for found in sets)],
        "paper": list(report_tables.paper_tables(findings).values()),
        "distributions": [report_tables.distribution(found) for found in sets],
        "differences": [difference_tables.matrix(found) for found in sets if found.differences],
        "tests": [difference_tables.tests(found) for found in sets if found.differences],
        "pictures": [report_tables.pictures(found) for found in sets],
        "raters": [rater_tables.raters(findings), rater_tables.flags(findings)],
        "screening": [report_tables.screened(findings)],
        "reliability": [rater_tables.reliability(findings)],
        "order": [rater_tables.order(findings)],
        "course": [rater_tables.course(findings)],
    }


def _named(parts: Parts, findings: StudyAnalysis) -> dict[str, Table]:
    """Every table by the name of its files."""
    sets, tested = findings.sets, [found for found in findings.sets if found.differences]
    named = {"design": parts["how"][0], "overview": parts["opinions"][0]}
    named |= dict(zip(report_tables.paper_tables(findings), parts["paper"], strict=True))
    for part, kind, those, first in (
        ("opinions", "opinions", sets, 1),
        ("distributions", "figure5", sets, 0),
        ("pictures", "pictures", sets, 0),
        ("differences", "matrix", tested, 0),
        ("tests", "tests", tested, 0),
    ):
        for found, table in zip(those, parts[part][first:], strict=True):
            named[f"{kind}-{found.file}"] = table
    named |= dict(zip(("raters", "flags"), parts["raters"], strict=True))
    for part in ("screening", "reliability", "order", "course"):
        named[part] = parts[part][0]
    return {**named, "versions": report_tables.versions(findings)}


def page(findings: StudyAnalysis, parts: Parts, figures: Figures) -> str:
    """The report in one HTML document that asks for nothing."""
    template, style = (_part(f"report_page.{ending}") for ending in ("html", "css"))
    ratings, study = findings.ratings, findings.ratings.study
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    shown = {f"{part}_tables": "\n".join(table.html() for table in found) for part, found in parts.items()}
    drawn = {f"{part}_figures": "\n".join(map(_figure, found)) for part, found in figures.items()}
    title = f"{SIMULATED}: {study.title}" if ratings.simulated else study.title
    sets = ", ".join(found.data for found in findings.sets)
    finished = sum(rater.finished for rater in findings.raters)
    subtitle = (
        f"{len(study.methods)} methods on {sets}, rated by {len(findings.raters)} "
        f"{'programs' if ratings.simulated else 'raters'}, of whom {finished} finished: {findings.votes:,} votes. "
        f"Study {study.hash}. Made by srgan {study.version}."
    )
    return Template(template).substitute(
        policy=policy,
        style=style,
        version=escape(study.version),
        title=escape(title),
        subtitle=escape(subtitle),
        banner=_BANNER if ratings.simulated else "",
        short=_short(findings),
        untested="" if parts["tests"] else "<p>No rater has voted on two methods' versions of a picture yet.</p>",
        **shown,
        **{"order_figures": "", **drawn},
    )


def _short(findings: StudyAnalysis) -> str:
    """The result of each set in a sentence: the methods from the best rated to the worst."""
    lines = []
    for found in findings.sets:
        scores = {method: score.mean for method in found.methods if (score := found.score(method, findings.rule))}
        order = sorted(scores, key=lambda method: -scores[method])
        words = ", ".join(f"{escape(method)} {scores[method]:.2f}" for method in order)
        lines.append(f"<li><b>{escape(found.data)}</b>, best first: {words}.</li>")
    warning = f"<li>{BY_PROGRAMS}.</li>" if findings.ratings.simulated else ""
    unfinished = sum(not rater.finished for rater in findings.raters)
    if unfinished:
        lines.append(f"<li>Not finished: {unfinished} of {len(findings.raters)} raters, so numbers may change.</li>")
    lines += [f"<li>{escape(words)}</li>" for words in report_tables.alone(findings) if findings.rule == "mle"]
    return f"<ul>{warning}{''.join(lines)}</ul>"


def _part(name: str) -> str:
    return files("srgan_study.report").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """The text between two tags as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _figure(drawing: Drawing) -> str:
    source = base64.b64encode(drawing.svg.encode("utf-8", "replace")).decode()
    return (
        f'<figure><h3>{escape(drawing.title)}</h3><img alt="{escape(drawing.title)}" '
        f'src="data:image/svg+xml;base64,{source}"><figcaption>{escape(drawing.caption)}</figcaption></figure>'
    )


def _all(figures: Figures) -> Iterable[Drawing]:
    return (drawing for drawings in figures.values() for drawing in drawings)
