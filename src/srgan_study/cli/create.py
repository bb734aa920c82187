"""`srgan study create`: pictures in, a study to be rated out."""

import math
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from srgan.cli.console import count, duration, failures, interruptible, show_json, show_lines
from srgan.cli.shared_options import argument, flag, option, separate
from srgan_study.study import Design, Screening

if TYPE_CHECKING:
    from srgan_study.study import Study

EPILOG = """\
[bold]Examples[/bold]

  srgan study create evaluation               the paper's design
  srgan study create evaluation other=made    and made/Set5/baby.png
  srgan study create HR=true own=mine         true/baby.png, mine/baby.png
  srgan study create evaluation --images 10 --raters 15 --repeats 20

SOURCES are folders that `srgan evaluate` made, and folders of pictures, as FOLDER/SET/picture.png or \
FOLDER/picture.png, each with the name of its method before it; HR is that of the true pictures. Several words may \
follow an option, so sources come first.

A study asks people how good each version of a picture looks, from 1 (bad) to 5 (excellent), one at a time. The true \
pictures, HR, are among them, unmarked. Before, raters see what a 1 and a 5 look like and practise, on other pictures.

The paper's design: 12 versions of each picture of Set5 and Set14 and 9 of BSD100, 1,128 ratings by each of 26 raters. \
Methods and sets that are missing are listed; the study is made without them.

Every picture is checked and encoded anew, without metadata and under a name that does not reveal the method. Then the \
study is frozen: its hash is in everything made from it, and a study is never changed.

Exit code: 0 all well, 1 the pictures cannot be rated as they are, 2 no such method or set, 130 interrupted.
"""

_WHAT, _PANEL, _LESSONS, _OUT = "What is rated", "Raters and order", "Calibration and practice", "Output"
_SOURCES = "Folders of evaluations, and NAME=FOLDER of pictures made elsewhere."
_DESIGN = "paper: as in the paper, with three methods not on BSD100; plain: all methods on all sets."
_TWICE = "Rate versions of this method twice; all of them without --repeats."
_SCREENING = "Screening of raters in the report's main numbers; the report shows the results of all rules."
_SECONDS = "Assumed duration of a rating, for planning."
_CALIBRATION = "Folder of other pictures, or none for no calibration; default SRGAN_DATA/train/BSDS500_train_test."
_PAIRS = "Number of pictures shown at their worst and their best."
_TITLE = "Title for raters and reports; it must not name a method."

Words = list[str] | None

_what, _panel = partial(option, panel=_WHAT), partial(option, panel=_PANEL)
_number = partial(option, metavar="N", panel=_PANEL)
_lesson, _out = partial(option, panel=_LESSONS), partial(option, panel=_OUT)
_methods = _what("Rate only these; NAME=FOLDER adds one.", "--methods", "--method", metavar="METHOD ...")
_output = _out("New folder for the study.", "--output", "-o", metavar="FOLDER")


def create(
    sources: Annotated[Words, argument(_SOURCES, "SOURCES")] = None,
    design: Annotated[Literal["paper", "plain"], _what(_DESIGN, "--design")] = "paper",
    methods: Annotated[Words, _methods] = None,
    sets: Annotated[Words, _what("Rate only these.", "--sets", "--set", metavar="SET ...")] = None,
    images: Annotated[int | None, _what("Number of random pictures of each set.", metavar="N", min=1)] = None,
    no_reference: Annotated[bool, flag("Leave the true pictures out.", "--no-reference", panel=_WHAT)] = False,
    raters: Annotated[int, _number("Number of raters to invite.")] = Design.raters,
    repeats: Annotated[int | None, _number("Number of versions that each rater rates twice.")] = None,
    repeat: Annotated[Words, _panel(_TWICE, "--repeat", metavar="METHOD")] = None,
    repeat_distance: Annotated[int, _number("Least number of ratings between the two.")] = Design.repeat_distance,
    gap: Annotated[int, _number("Least number of ratings between two versions of a picture.")] = Design.gap,
    blocked: Annotated[bool, flag("Rate one set after another, not mixed.", "--blocked", panel=_PANEL)] = False,
    warm_up: Annotated[int, _number("Number of first ratings that do not count.")] = Design.warm_up,
    sitting_minutes: Annotated[int, _number("Minutes after which a break is offered.")] = Design.sitting_minutes,
    seconds_per_rating: Annotated[float, _panel(_SECONDS, metavar="SECONDS")] = Design.seconds_per_rating,
    screening: Annotated[Screening, _panel(_SCREENING)] = Design.screening,
    seed: Annotated[int, _number("Random seed.")] = Design.seed,
    calibration: Annotated[str | None, _lesson(_CALIBRATION, metavar="FOLDER")] = None,
    pairs: Annotated[int, _lesson(_PAIRS, metavar="N", min=0)] = Design.calibration,
    practice: Annotated[int, _lesson("Number of practice ratings.", metavar="N")] = Design.practice,
    title: Annotated[str | None, _out(_TITLE)] = None,
    output: Annotated[Path, _output] = Path("study"),
    as_json: Annotated[bool, flag("Report as a JSON document.", "--json", panel=_OUT)] = False,
) -> None:
    """Make an opinion study of pictures."""
    with failures(as_json=as_json):
        from srgan.cli.progress_bar import ProgressBar
        from srgan_study.stimuli.create_study import TITLE, StudyPlan, create_study
        from srgan_study.stimuli.sources import find_sources
        from srgan_study.stimuli.stimulus_selection import StimulusSelection, select

        has_lessons = calibration != "none"
        asked = Design(
            raters=raters,
            seed=seed,
            gap=gap,
            repeats=repeats or 0,
            repeat_distance=repeat_distance,
            warm_up=warm_up,
            practice=practice if has_lessons else 0,
            calibration=pairs if has_lessons else 0,
            blocked=blocked,
            sitting_minutes=sitting_minutes,
            seconds_per_rating=seconds_per_rating,
            screening=screening,
        )
        named = separate(methods)
        folders = [word for word in named if "=" in word]
        # Folders alone are added to what there is; where methods are named, nothing else is rated.
        names = [word.partition("=")[0] for word in named] if len(folders) < len(named) else []
        selection = StimulusSelection(names, separate(sets), images, not no_reference, seed, design == "paper")
        progress = ProgressBar(shown=not as_json, quiet=as_json)
        with interruptible(f"{output} was not made"), progress:
            chosen, notes = select(find_sources([*separate(sources), *folders]), selection)
            for note in notes:
                progress.say(note)
            examples = _find_examples(calibration) if has_lessons else None
            plan = StudyPlan(chosen, asked, TITLE if title is None else title, tuple(separate(repeat)), examples)
            study = create_study(plan if repeats is not None else plan.repeating_all(), output, progress)
        if as_json:
            show_json({**_document(study, output), "notes": progress.lines})
        else:
            show_lines(_summary(study, output))


def _find_examples(calibration: str | None) -> Path | None:
    """Return the folder of images for the calibration, if there is one."""
    if calibration is not None:
        return Path(calibration)
    usual = Path(os.environ.get("SRGAN_DATA") or "", "train", "BSDS500_train_test")
    return usual if os.environ.get("SRGAN_DATA") and os.path.isdir(usual) else None


def _plan_time(study: "Study") -> tuple[float, int]:
    """Return the minutes that a rater needs, and the number of sittings."""
    votes = study.ratings_after_practice + len(study.practice)
    minutes = votes * study.design.seconds_per_rating / 60
    return minutes, math.ceil(minutes / study.design.sitting_minutes)


def _document(study: "Study", folder: Path) -> dict[str, Any]:
    minutes, sittings = _plan_time(study)
    rated = {data: study.describe_set(data) for data in study.sets}
    return {
        "folder": str(folder),
        "hash": study.hash,
        "title": study.title,
        "methods": [method.name for method in study.methods],
        "reference": study.reference,
        "sets": {data: {"pictures": images, "versions": methods} for data, (images, methods) in rated.items()},
        "raters": study.design.raters,
        "ratings_per_rater": study.ratings_per_rater,
        "minutes_per_rater": round(minutes, 1),
        "sittings": sittings,
        "repeats": len(study.retest),
        "warm_up": study.design.warm_up,
        "practice": len(study.practice),
        "calibration": len(study.calibration) // 2,
    }


def _summary(study: "Study", folder: Path) -> list[str]:
    lines = []
    for data in study.sets:
        images, methods = study.describe_set(data)
        versions, ratings = count(len(methods), "version"), count(images * len(methods), "rating")
        lines += [f"{data}: {count(images, 'picture')} in {versions}, {ratings}", f"  {', '.join(methods)}"]
    minutes, sittings = _plan_time(study)
    twice = f", {len(study.retest):,} of them of what is rated twice" if study.retest else ""
    pairs = len(study.calibration) // 2
    not_counted = [
        f"calibration on {count(pairs, 'picture')}" if pairs else "no calibration",
        f"{count(len(study.practice), 'rating')} for practice",
        *([f"{count(study.design.warm_up, 'rating')} to warm up"] if study.design.warm_up else []),
    ]
    span = f"{count(sittings, 'sitting')} of up to {study.design.sitting_minutes} min"
    total = count(study.design.raters * study.ratings_per_rater, "rating")
    return [
        *lines,
        f"{count(study.ratings_per_rater, 'rating')} by each rater{twice}",
        f"before that, {', '.join(not_counted)}",
        f"about {duration(minutes * 60)} for each rater, in {span}",
        f"{count(study.design.raters, 'rater')}, {total} in all",
        f"hash    {study.hash}",
        f"study   {folder}",
        f"next    srgan study serve {folder}, or srgan study simulate {folder} to rehearse",
    ]
