"""`srgan study simulate`: programs as raters, to rehearse a study and to find out how many people it needs."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import failures, printable, say, show, show_json
from srgan.errors import OutputError, SrganError, UsageError

if TYPE_CHECKING:
    from srgan.cli.progress_bar import ProgressBar
    from srgan_study.simulation.dry_run import DryRun
    from srgan_study.simulation.power import Question
    from srgan_study.simulation.rater_model import Kind, Model
    from srgan_study.simulation.simulated_means import PlantedMean
    from srgan_study.study import Study

EPILOG = """\
[bold]Examples[/bold]

  srgan study simulate study                        all who are invited rate
  srgan study simulate study --raters 6 -o copy     six rate a copy of it
  srgan study simulate study --means HR=4.5 A=3.6   with these means planted
  srgan study simulate study --bad constant random  the last two are no good
  srgan study simulate study --difference 0.1       how many see 0.1 MOS?

Raters are programs that think u = psi + b + t + v * eps and give the nearest score from 1 to 5: psi is what a version \
of a picture is worth, b the rater's bias, t their taste for the method, v * eps their inconsistency. The levels are \
such that the mean vote on a method is the planted one exactly. They rate through the server that people would use, \
look at the pictures, undo, pause and load the page again, and complain of whatever is not as it should be.

Means are those of --means, else what the paper printed of the method and set, else evenly spread in the study's \
order. SET/NAME=MOS is for one set alone. With the same seed, the same rater always gives the same scores.

The votes are in simulated.sqlite, marked as simulated; people's votes in votes.sqlite are not touched. What was \
interrupted goes on when the same command is run again. The report: srgan study report STUDY --simulated

Exit code: 0 all well, 1 something is wrong with the study or the server, 2 something cannot be meant, 130 interrupted.
"""

_RATERS, _PLAN, _PLACE, _TALK = "The raters", "Planning", "What is written, and where", "Said"


Folder = Annotated[Path, typer.Argument(metavar="STUDY", show_default=False, help="The folder of the study.")]
Raters = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER", rich_help_panel=_RATERS, show_default=False, help="How many; without it, all who are invited."
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="NUMBER", rich_help_panel=_RATERS, help="Of all chance.")]
Means = Annotated[
    list[str] | None,
    typer.Option("--means", metavar="NAME=MOS ...", rich_help_panel=_RATERS, help="Plant these means of methods."),
]
Bad = Annotated[
    list[str] | None,
    typer.Option(
        "--bad",
        metavar="KIND ...",
        rich_help_panel=_RATERS,
        help="Make the last raters constant, random or inverted: do the flags of the report find them?",
    ),
]
Taste = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=2.0,
        metavar="STEPS",
        rich_help_panel=_RATERS,
        show_default=False,
        help="How much raters differ in what they like, as a standard deviation; without it, 0.15.",
    ),
]
Difference = Annotated[
    float | None,
    typer.Option(
        metavar="MOS",
        rich_help_panel=_PLAN,
        show_default=False,
        help="Cast no votes: tell how many raters it takes to see this difference of two methods.",
    ),
]
Around = Annotated[
    float, typer.Option(metavar="MOS", rich_help_panel=_PLAN, help="The middle of the two; 3 takes the most raters.")
]
Trials = Annotated[
    int, typer.Option(min=100, max=100_000, metavar="NUMBER", rich_help_panel=_PLAN, help="Panels that are drawn.")
]
Most = Annotated[
    int, typer.Option(min=2, max=1000, metavar="NUMBER", rich_help_panel=_PLAN, help="Raters that are tried, at most.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        rich_help_panel=_PLACE,
        show_default=False,
        help="Rate a copy of the study, made here; without it, the votes are put beside the study.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document.")]


def simulate(
    study: Folder,
    raters: Raters = None,
    seed: Seed = 0,
    means: Means = None,
    bad: Bad = None,
    taste: Taste = None,
    difference: Difference = None,
    around: Around = 3.0,
    trials: Trials = 1000,
    most: Most = 100,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Rehearse a study with programs as raters, or ask how many raters it needs; nobody is bothered."""
    with failures(as_json=as_json):
        _need_packages()
        from srgan.cli.progress_bar import ProgressBar
        from srgan_study.simulation.rater_model import Model
        from srgan_study.study import read_study

        model = Model() if taste is None else Model(taste=taste)
        counter = ProgressBar(shown=not as_json)
        found = read_study(study)
        if difference is not None:
            if means or bad or raters is not None or output is not None:
                raise UsageError(
                    "--difference casts no votes and tries all numbers of raters: leave out --means, --bad, --raters "
                    "and --output"
                )
            from srgan_study.simulation.power import Question

            question = Question(difference, around, most, trials, seed, model)
            _plan(found, question, counter, as_json=as_json)
        else:
            planted, rehearsal = _rehearsal(found, (raters, seed, means or [], bad or []), model)
            folder = study if output is None else _copied(study, output, found)
            _rehearse(folder, rehearsal, planted, counter, as_json=as_json)


def _need_packages() -> None:
    import importlib.util

    for package in ("scipy", "httpx", "starlette", "uvicorn", "jinja2"):
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"this needs {package}, which is not installed: pip install 'srgan[study]'")


def _rehearsal(
    study: "Study", asked: tuple[int | None, int, list[str], list[str]], model: "Model"
) -> "tuple[tuple[PlantedMean, ...], DryRun]":
    """What is planted, and who rates it."""
    from srgan_study.simulation.dry_run import DryRun
    from srgan_study.simulation.rater_model import plant
    from srgan_study.simulation.simulated_means import choose_means, parse_means

    raters, seed, means, bad = asked
    chosen = choose_means(study, parse_means(means))
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in chosen}, seed=seed, model=model)
    return chosen, DryRun(planted, study.design.raters if raters is None else raters, _kinds(bad))


def _kinds(words: Sequence[str]) -> "tuple[Kind, ...]":
    from srgan_study.simulation.rater_model import BAD

    named = [part.strip() for word in words for part in word.split(",") if part.strip()]
    wrong = next((name for name in named if name not in BAD), None)
    if wrong is not None:
        raise UsageError(f"there are no raters of the kind {wrong!r} for --bad: choose from {', '.join(BAD)}")
    return tuple(kind for name in named for kind in BAD if kind == name)


def _copied(folder: Path, copy: Path, study: "Study") -> Path:
    """The study alone in another folder, without anybody's votes; made if it is not there yet."""
    from srgan_study.study import MANIFEST, PICTURES, read_study

    if (copy / MANIFEST).exists():
        if read_study(copy).hash != study.hash:
            raise OutputError(f"{copy} holds another study: name another folder with -o")
        return copy
    try:
        copy.mkdir(parents=True, exist_ok=True)
        if any(copy.iterdir()):
            raise OutputError(f"{copy} is not empty: name another folder with -o")
        shutil.copytree(folder / PICTURES, copy / PICTURES)
        shutil.copyfile(folder / MANIFEST, copy / MANIFEST)  # last, so that half a copy is none
    except (OSError, shutil.Error) as error:
        raise OutputError(f"the study cannot be copied to {copy} ({error}): name another folder with -o") from error
    return copy


def _rehearse(
    folder: Path, rehearsal: "DryRun", planted: "Sequence[PlantedMean]", counter: "ProgressBar", *, as_json: bool
) -> None:
    """Have the study rated, and show what came out."""
    from srgan.cli.console import one_interruption
    from srgan_study.simulation.dry_run import simulate_votes
    from srgan_study.simulation.parameter_recovery import make_recovery_table, recover_means
    from srgan_study.votes.store import read_ratings

    try:
        with one_interruption(), counter:
            codes = simulate_votes(folder, rehearsal, counter)
            ratings = read_ratings(folder, simulated=True)
    except KeyboardInterrupt:
        say(f"Interrupted: the votes so far are in {folder}; run the same command again to go on")
        raise typer.Exit(130) from None
    kinds = dict(zip(codes, rehearsal.kinds, strict=True))
    bad = {code: kind for code, kind in kinds.items() if kind != "good"}
    found = recover_means(ratings, planted, bad)
    report = f"srgan study report {folder} --simulated"
    if as_json:
        means = [
            {"planted": asdict(one.planted), "good": asdict(one.good), "all": asdict(one.everyone)} for one in found
        ]
        document = {"simulated": True, "folder": str(folder), "seed": rehearsal.planted.seed, "raters": kinds}
        show_json(_finite({**document, "votes": rehearsal.votes, "means": means, "report": report}))
        return
    who = ", ".join(f"{code} {kind}" for code, kind in bad.items())
    lines = [
        make_recovery_table(found, ratings, bad).markdown(),
        *([f"bad raters  {who}"] if bad else []),
        f"report      {report}",
    ]
    show("\n".join(printable(line) for line in "\n".join(lines).split("\n")))


def _plan(study: "Study", question: "Question", counter: "ProgressBar", *, as_json: bool) -> None:
    """Show how many raters it takes."""
    from srgan.cli.console import one_interruption
    from srgan_study.simulation.power import compute_power, list_assumptions, make_power_table

    try:
        with one_interruption(), counter:
            found = compute_power(study, question, counter)
    except KeyboardInterrupt:
        say("Interrupted: nothing was written; with fewer --trials it is sooner done")
        raise typer.Exit(130) from None
    if as_json:
        sets = [
            {**asdict(curve), "needed": curve.needed(), "needed_corrected": curve.needed(corrected=True)}
            for curve in found
        ]
        words = list(list_assumptions(question))
        show_json({"simulated": True, "question": asdict(question), "curves": sets, "assumptions": words})
        return
    tables = [make_power_table(data, found, question, study.design.raters).markdown() for data in study.sets]
    notes = "\n".join(f"- {line}" for line in list_assumptions(question))
    show("\n".join(printable(line) for line in "\n".join([*tables, notes]).split("\n")))


def _finite(document: Any) -> Any:
    """The document with null in place of what JSON cannot hold."""
    if isinstance(document, dict):
        return {name: _finite(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_finite(value) for value in document]
    return None if isinstance(document, float) and document != document else document
