"""`srgan study report`: votes in; opinion scores, figures and tests out."""

from pathlib import Path
from typing import Annotated

from srgan.cli.console import failures, interruptible, need_packages, show_json, show_lines
from srgan.cli.shared_options import Json, Study, flag, option

EPILOG = """\
[bold]Examples[/bold]

  srgan study report study              into study/report
  srgan study report study --simulated  the votes of simulated raters
  srgan study report study -o paper     into another folder

The folder gets report.html, which needs nothing else; summary.json with every number; tables in CSV, Markdown and \
LaTeX; figures in SVG and PNG, among them the paper's Figure 5; and the votes themselves, also for sureal.

The main numbers weigh raters by the screening rule of the study; those of every other rule are shown as well, and no \
rater is dropped silently.

A report can be made while people still vote: it lists who has not finished. Everything made from simulated votes is \
marked SIMULATED.

Exit code: 0 all well, 1 there is no study, no vote, or no room, 130 interrupted.
"""


def report(
    folder: Study,
    output: Annotated[
        Path | None,
        option("Folder for the report; default: one in the study's.", "--output", "-o", metavar="FOLDER"),
    ] = None,
    simulated: Annotated[bool, flag("Report the votes of programs instead of people's.", "--simulated")] = False,
    as_json: Json = False,
) -> None:
    """Report mean opinion scores as in the paper, with figures, tests and the quality of raters."""
    with failures(as_json=as_json):
        need_packages("scipy", "matplotlib", "jinja2", extra="study")
        from srgan.files import check_folder
        from srgan_study.analysis.study_analysis import analyse
        from srgan_study.report.method_tables import make_overview
        from srgan_study.report.study_report import SUMMARY, find_folder, write_report
        from srgan_study.report.summary import list_scores, make_head
        from srgan_study.report.table_cells import name_study
        from srgan_study.votes.store import read_ratings

        place = output or find_folder(folder, simulated=simulated)
        check_folder(place)
        with interruptible(f"what is in {place} may be part of a report; run the same command again"):
            analysis = analyse(read_ratings(folder, simulated=simulated))
            page = write_report(analysis, place)
        if as_json:
            places = {"folder": str(place), "report": str(page), "summary": str(place / SUMMARY)}
            show_json({**make_head(analysis), "votes": analysis.votes, "scores": list_scores(analysis), **places})
            return
        finished = sum(rater.finished for rater in analysis.raters)
        flagged = ", ".join(rater.rater for rater in analysis.raters if rater.flags) or "none"
        show_lines(
            [
                name_study(make_overview(analysis), analysis.ratings).markdown(),
                f"raters   {len(analysis.raters)} voted, {finished} finished; flagged: {flagged}",
                f"report   {page}",
                f"summary  {place / SUMMARY}",
            ]
        )
