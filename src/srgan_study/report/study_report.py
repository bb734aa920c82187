"""Report of a study in a folder: one page, every number, tables, figures, and the votes themselves.

Where programs voted, the page and every file say so.
"""

import json
from pathlib import Path

from srgan.errors import OutputError
from srgan.files import make_folder, write_bytes
from srgan.reporting import Drawing, Table, render_page
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.report import difference_tables, method_figures, method_tables, rater_figures, rater_tables
from srgan_study.report.summary import make_summary, to_json
from srgan_study.report.table_cells import name_study, write_csv
from srgan_study.votes import exports
from srgan_study.votes.ratings import Ratings

REPORT = "report.html"
SUMMARY = "summary.json"

Tables = dict[str, dict[str, Table]]  # by part of the page, tables by the names of their files
Figures = dict[str, list[Drawing]]  # by part of the page

_EXPORTS = {
    "votes.csv": exports.long_csv,
    "votes.jsonl": exports.votes_jsonl,
    "votes-wide.csv": exports.wide_csv,
    "votes-wide-keys.csv": exports.keys_csv,
    "sureal.json": exports.sureal_json,
}


def find_folder(study: Path, *, simulated: bool) -> Path:
    """Return the default folder of a study's report; that of simulated votes is another one."""
    return study / ("simulated-report" if simulated else "report")


def write_report(analysis: StudyAnalysis, folder: Path) -> Path:
    """Write everything into a folder, in place of an older report of the same study, and return the page.

    Raises:
        DataError: if matplotlib or jinja2 is not installed.
        OutputError: if something cannot be written, or the folder holds the report of another study.
    """
    ratings = analysis.ratings
    _refuse_other_study(folder, ratings)
    tables, figures = make_tables(analysis), draw_figures(analysis)
    for name in ("figures", "tables"):
        make_folder(folder / name)
    _write(folder / SUMMARY, to_json(make_summary(analysis)))  # first: it marks the folder as this study's
    for drawing in (drawing for drawings in figures.values() for drawing in drawings):
        _write(folder / "figures" / f"{drawing.name}.svg", drawing.svg)
        write_bytes(folder / "figures" / f"{drawing.name}.png", drawing.png)
    for name, table in (item for part in tables.values() for item in part.items()):
        named = name_study(table, ratings)
        texts = {".csv": write_csv(table, ratings), ".md": named.markdown(), ".tex": named.latex()}
        for suffix, text in texts.items():
            _write(folder / "tables" / f"{name}{suffix}", text)
    for name, export in _EXPORTS.items():
        _write(folder / name, export(ratings))
    _write(folder / REPORT, make_page(analysis, tables, figures))
    return folder / REPORT


def make_tables(analysis: StudyAnalysis) -> Tables:
    """Return every table; those of the part `versions` are not on the page."""
    sets, tested = analysis.sets, [found for found in analysis.sets if found.differences]
    return {
        "how": {"design": rater_tables.make_design_table(analysis)},
        "opinions": {
            "overview": method_tables.make_overview(analysis),
            **{f"opinions-{found.file}": method_tables.make_opinion_table(analysis, found) for found in sets},
        },
        "paper": method_tables.make_paper_tables(analysis),
        "distributions": {f"figure5-{found.file}": method_tables.make_distribution_table(found) for found in sets},
        "differences": {f"matrix-{found.file}": difference_tables.make_difference_matrix(found) for found in tested},
        "tests": {f"tests-{found.file}": difference_tables.make_test_table(found) for found in tested},
        "pictures": {f"pictures-{found.file}": method_tables.make_image_table(found) for found in sets},
        "raters": {"raters": rater_tables.make_rater_table(analysis), "flags": rater_tables.make_flag_table(analysis)},
        "screening": {"screening": method_tables.make_screening_table(analysis)},
        "reliability": {"reliability": rater_tables.make_reliability_table(analysis)},
        "order": {"order": rater_tables.make_order_table(analysis)},
        "course": {"course": rater_tables.make_course_table(analysis)},
        "versions": {"versions": method_tables.make_version_table(analysis)},
    }


def draw_figures(analysis: StudyAnalysis) -> Figures:
    """Draw every figure for which there are numbers. Raises DataError if matplotlib is not installed."""
    sets, tested = analysis.sets, [found for found in analysis.sets if found.differences]
    return {
        "opinions": [method_figures.draw_means(analysis)],
        "distributions": [method_figures.draw_distribution(analysis, found) for found in sets],
        "differences": [method_figures.draw_differences(analysis, found) for found in tested],
        "pictures": [method_figures.draw_images(analysis, found) for found in sets],
        "raters": [rater_figures.draw_raters(analysis)],
        "order": [rater_figures.draw_course(analysis)] if analysis.effects.course else [],
    }


def make_page(analysis: StudyAnalysis, tables: Tables, figures: Figures) -> str:
    """Return the report as one HTML document without references to other files.

    Raises:
        DataError: if jinja2 is not installed.
    """
    ratings, study = analysis.ratings, analysis.ratings.study
    sets, finished = ", ".join(found.data for found in analysis.sets), sum(rater.finished for rater in analysis.raters)
    subtitle = (
        f"{len(study.methods)} methods on {sets}, rated by {len(analysis.raters)} "
        f"{'programs' if ratings.simulated else 'raters'}, of whom {finished} finished: {analysis.votes:,} votes. "
        f"Study {study.hash}. Made by srgan {study.version}."
    )
    return render_page(
        "srgan_study.report",
        "report_page.html",
        title=f"{exports.SIMULATED}: {study.title}" if ratings.simulated else study.title,
        subtitle=subtitle,
        version=study.version,
        simulated=ratings.simulated,
        rankings={found.data: _rank_methods(analysis, found) for found in analysis.sets},
        raters=len(analysis.raters),
        unfinished=len(analysis.raters) - finished,
        warnings=method_tables.list_warnings(analysis) if analysis.rule == "mle" else (),
        tables={part: list(named.values()) for part, named in tables.items()},
        figures=figures,
    )


def _rank_methods(analysis: StudyAnalysis, found: SetAnalysis) -> str:
    """Return the methods on a set with their MOS, best first."""
    scores = {method: score.mean for method in found.methods if (score := found.score(method, analysis.rule))}
    return ", ".join(f"{method} {scores[method]:.2f}" for method in sorted(scores, key=lambda name: -scores[name]))


def _refuse_other_study(folder: Path, ratings: Ratings) -> None:
    """Raise OutputError if the folder holds a report of another study."""
    try:
        document = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        study, simulated = document["study"], document["simulated"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if (study, simulated) != (ratings.study.hash, ratings.simulated):
        what = "simulated votes" if simulated else "people's votes"
        raise OutputError(f"{folder} holds a report of {what} on study {str(study)[:16]}: choose another folder")


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8", "replace"))
