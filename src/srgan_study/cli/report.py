"""`srgan study report`: votes in; opinion scores, figures and tests out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import failures, printable, say, show, show_json
from srgan.errors import SrganError

if TYPE_CHECKING:
    from srgan_study.analysis.study_analysis import StudyAnalysis

EPILOG = """\
[bold]Examples[/bold]

  srgan study report study              into study/report
  srgan study report study --simulated  what programs voted in a rehearsal
  srgan study report study -o paper     into another folder

The folder gets report.html, which needs nothing else; summary.json with every number; tables in CSV, Markdown and \
LaTeX; figures in SVG and PNG, among them the paper's Figure 5; and the votes themselves, also for sureal.

The main numbers weigh raters by the rule that was frozen with the study. Those of every other rule stand beside them, \
and nobody is dropped silently.

A report can be made while people still vote: it says who has not finished. All that is made of simulated votes says \
SIMULATED.

Exit code: 0 all well, 1 there is no study, no vote, or no room, 130 interrupted.
"""

Folder = Annotated[
    Path, typer.Argument(metavar="STUDY", show_default=False, help="The folder that `srgan study create` made.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FOLDER", help="For all that is written; without it, one in the study's."),
]
Simulated = Annotated[
    bool, typer.Option("--simulated", metavar="", help="Report what programs voted, and not what people did.")
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")]


def report(folder: Folder, output: Output = None, simulated: Simulated = False, as_json: AsJson = False) -> None:
    """Report what raters thought: opinion scores as in the paper, with figures, tests and the raters themselves."""
    with failures(as_json=as_json):
        _need_packages()
        from srgan.cli.console import one_interruption
        from srgan_study.analysis.study_analysis import analyse
        from srgan_study.report.study_report import SUMMARY, folder_of, write_report
        from srgan_study.votes.store import read_ratings

        place = output or folder_of(folder, simulated=simulated)
        try:
            with one_interruption():
                findings = analyse(read_ratings(folder, simulated=simulated))
                page = write_report(findings, place)
        except KeyboardInterrupt:
            say(f"Interrupted: what is in {place} may be part of a report; run the same command again")
            raise typer.Exit(130) from None
        places = {"folder": str(place), "report": str(page), "summary": str(place / SUMMARY)}
        if as_json:
            show_json({**_document(findings), **places})
        else:
            show(_summary(findings, places))


def _need_packages() -> None:
    import importlib.util

    for package in ("scipy", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[study]'")


def _document(findings: "StudyAnalysis") -> dict[str, Any]:
    """The main numbers; its first field says who voted."""
    from srgan_study.report.summary import head, scores

    return {**head(findings), "votes": findings.votes, "scores": scores(findings)}


def _summary(findings: "StudyAnalysis", places: dict[str, str]) -> str:
    """The scores at a glance, who rated, and where everything is."""
    from srgan_study.report.method_tables import marked, overview

    finished = sum(rater.finished for rater in findings.raters)
    flagged = [rater.rater for rater in findings.raters if rater.flags]
    lines = [
        *marked(overview(findings), findings.ratings).markdown().split("\n"),
        f"raters   {len(findings.raters)} voted, {finished} finished; flagged: {', '.join(flagged) or 'none'}",
        f"report   {places['report']}",
        f"summary  {places['summary']}",
    ]
    return "\n".join(printable(line) for line in lines)
