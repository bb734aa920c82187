"""`srgan study simulate`: programs as raters, to rehearse a study and to find out how many people it needs."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from srgan.cli.console import failures, interruptible, need_packages, show_json, show_lines
from srgan.cli.shared_options import Study as StudyFolder
from srgan.cli.shared_options import flag, option, separate
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan_study.simulation.dry_run import DryRun
    from srgan_study.simulation.power import Question
    from srgan_study.simulation.rater_model import Kind, PlantedMean
    from srgan_study.study import Study

EPILOG = """\
[bold]Examples[/bold]

  srgan study simulate study                        all invited raters vote
  srgan study simulate study --raters 6 -o copy     six vote on a copy of it
  srgan study simulate study --means HR=4.5 bicubic=3.6   with these means planted
  srgan study simulate study --bad constant random  the last two are bad
  srgan study simulate study --difference 0.1       how many raters detect 0.1?

Raters are programs that perceive u = psi + b + t + v * eps and vote the nearest score from 1 to 5: psi is the quality \
of a version of a picture, b the rater's bias, t their taste for the method, v * eps their inconsistency. psi is such \
that the mean vote on a method is exactly the planted one. They use the server as people do: they load pictures, undo, \
pause and reload the page, and the command fails if the server gives a wrong response.

Means are those of --means, else those printed in the paper for method and set, else evenly spread in the study's \
order. SET/NAME=MOS is for one set alone. With the same seed, the same rater always gives the same scores.

The votes are in simulated.sqlite, marked as simulated; people's votes in votes.sqlite are not touched. What was \
interrupted goes on when the same command is run again. The report: srgan study report STUDY --simulated

Exit code: 0 all well, 1 the study or the server failed, 2 an invalid option, 130 interrupted.
"""

_RATERS, _PLAN, _PLACE, _TALK = "Raters", "Planning", "Output", "Messages"
_HOW_MANY = "Number of raters; default: all who are invited."
_MEANS = "Mean opinion scores to plant."
_BAD = "Make the last raters constant, random or inverted, to test the flags of the report."
_TASTE = "Standard deviation of raters' taste for a method; default: 0.15."
_DIFFERENCE = "Cast no votes, but compute how many raters detect this difference of two methods."
_AROUND = "Mean of the two methods; 3 needs the most raters."
_MOST = "Greatest number of raters to try."
_OUTPUT = "Rate a copy of the study in this folder; default: the study itself."

_rated, _planned = partial(option, panel=_RATERS), partial(option, panel=_PLAN)


def simulate(
    study: StudyFolder,
    raters: Annotated[int | None, _rated(_HOW_MANY, metavar="NUMBER")] = None,
    seed: Annotated[int, _rated("Random seed.", metavar="NUMBER", min=0)] = 0,
    means: Annotated[list[str] | None, _rated(_MEANS, "--means", metavar="NAME=MOS ...")] = None,
    bad: Annotated[list[str] | None, _rated(_BAD, "--bad", metavar="KIND ...")] = None,
    taste: Annotated[float | None, _rated(_TASTE, metavar="STEPS", min=0.0, max=2.0)] = None,
    difference: Annotated[float | None, _planned(_DIFFERENCE, metavar="MOS")] = None,
    around: Annotated[float, _planned(_AROUND, metavar="MOS")] = 3.0,
    trials: Annotated[int, _planned("Number of random panels.", metavar="NUMBER", min=100, max=100_000)] = 1000,
    most: Annotated[int, _planned(_MOST, metavar="NUMBER", min=2, max=1000)] = 100,
    output: Annotated[Path | None, option(_OUTPUT, "--output", "-o", metavar="FOLDER", panel=_PLACE)] = None,
    as_json: Annotated[bool, flag("Report as a JSON document.", "--json", panel=_TALK)] = False,
) -> None:
    """Rehearse a study with simulated raters, or compute how many raters it needs."""
    with failures(as_json=as_json):
        need_packages("scipy", "httpx", "starlette", "uvicorn", "jinja2", "msgspec", extra="study")
        from srgan_study.simulation.dry_run import DryRun
        from srgan_study.simulation.power import Question
        from srgan_study.simulation.rater_model import RaterModel, plant
        from srgan_study.simulation.simulated_means import choose_means, parse_means
        from srgan_study.stimuli.create_study import copy_study
        from srgan_study.study import read_study

        model = RaterModel() if taste is None else RaterModel(taste=taste)
        planned = read_study(study)
        if difference is not None:
            if means or bad or raters is not None or output is not None:
                raise UsageError(
                    "--difference casts no votes and tries all numbers of raters: leave out --means, --bad, --raters "
                    "and --output"
                )
            _answer(planned, Question(difference, around, most, trials, seed, model), as_json=as_json)
            return
        chosen = choose_means(planned, parse_means(means or []))
        planted = plant(planned, chosen, seed=seed, model=model)
        dry_run = DryRun(planted, planned.design.raters if raters is None else raters, _kinds(separate(bad)))
        _rehearse(study if output is None else copy_study(study, output), dry_run, chosen, as_json=as_json)


def _kinds(words: Sequence[str]) -> "tuple[Kind, ...]":
    from srgan_study.simulation.rater_model import BAD

    for word in words:
        if word not in BAD:
            raise UsageError(f"bad must be some of {', '.join(BAD)}, not {word!r}", parameter="bad")
    return tuple(kind for word in words for kind in BAD if kind == word)


def _rehearse(folder: Path, dry_run: "DryRun", planted: "Sequence[PlantedMean]", *, as_json: bool) -> None:
    """Have the study rated, and show the means that came out."""
    from srgan.cli.progress_bar import ProgressBar
    from srgan_study.report.summary import to_plain
    from srgan_study.simulation.dry_run import simulate_votes
    from srgan_study.simulation.parameter_recovery import make_recovery_table, recover_means
    from srgan_study.votes.store import read_ratings

    left = f"the votes so far are in {folder}; run the same command again to go on"
    with interruptible(left), ProgressBar(shown=not as_json) as progress:
        codes = simulate_votes(folder, dry_run, progress)
        ratings = read_ratings(folder, simulated=True)
    kinds = dict(zip(codes, dry_run.kinds, strict=True))
    bad = {code: kind for code, kind in kinds.items() if kind != "good"}
    recovered = recover_means(ratings, planted, bad)
    report = f"srgan study report {folder} --simulated"
    if as_json:
        means = [{"planted": each.planted, "good": each.good, "all": each.everyone} for each in recovered]
        document = {"simulated": True, "folder": str(folder), "seed": dry_run.planted.seed, "raters": kinds}
        show_json({**document, "votes": dry_run.votes, "means": to_plain(means), "report": report})
        return
    codes_of_bad = ", ".join(f"{code} {kind}" for code, kind in bad.items())
    lines = [make_recovery_table(recovered, ratings, bad).markdown()]
    show_lines([*lines, *([f"bad raters  {codes_of_bad}"] if bad else []), f"report      {report}"])


def _answer(study: "Study", question: "Question", *, as_json: bool) -> None:
    """Show how many raters the study needs."""
    from srgan.cli.progress_bar import ProgressBar
    from srgan_study.simulation.power import compute_power, list_assumptions, make_power_table

    left = "nothing was written; with fewer --trials it is sooner done"
    with interruptible(left), ProgressBar(shown=not as_json) as progress:
        curves = compute_power(study, question, progress)
    assumptions = list(list_assumptions(question))
    if as_json:
        sets = [
            {**asdict(curve), "needed": curve.needed(), "needed_corrected": curve.needed(corrected=True)}
            for curve in curves
        ]
        show_json({"simulated": True, "question": asdict(question), "curves": sets, "assumptions": assumptions})
        return
    tables = [make_power_table(data, curves, question, study.design.raters).markdown() for data in study.sets]
    show_lines([*tables, *(f"- {line}" for line in assumptions)])
