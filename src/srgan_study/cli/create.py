"""`srgan study create`: pictures in, a study to be rated out."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, printable, say, show, show_json
from srgan.cli.shared_options import separate
from srgan.errors import UsageError
from srgan_study.study import Design, Screening

if TYPE_CHECKING:
    from srgan.cli.progress_bar import Counter
    from srgan_study.stimuli.sources import Sources

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
What is missing of it is said in a line; the study is made of what there is.

Every picture is checked, and written anew with nothing in it but its pixels, under a name that tells nothing. Then \
the study is frozen: its hash is in all that is made from it, and to change something is to make another.

Exit code: 0 all well, 1 the pictures cannot be rated as they are, 2 no such method or set, 130 interrupted.
"""

_WHAT, _PANEL, _LESSONS, _SAID = "What is rated", "By whom, and how often", "What raters see before", "Written and said"

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCES",
        show_default=False,
        help="Folders of evaluations, and NAME=FOLDER of pictures made elsewhere.",
    ),
]
DesignName = Annotated[
    Literal["paper", "plain"],
    typer.Option(
        "--design",
        rich_help_panel=_WHAT,
        help="paper: in the paper's order, and three methods not on BSD100; plain: all methods on all sets.",
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--methods", "--method", metavar="METHOD ...", rich_help_panel=_WHAT, help="These alone, and NAME=FOLDER."
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--sets", "--set", metavar="SET ...", rich_help_panel=_WHAT, help="These alone."),
]
Images = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", rich_help_panel=_WHAT, help="So many pictures of each set, chosen by chance."),
]
NoReference = Annotated[
    bool, typer.Option("--no-reference", metavar="", rich_help_panel=_WHAT, help="Leave the true pictures out.")
]
Raters = Annotated[int, typer.Option(metavar="N", rich_help_panel=_PANEL, help="Who are invited.")]
Repeats = Annotated[
    int | None,
    typer.Option(metavar="N", rich_help_panel=_PANEL, help="Versions that each rater rates twice, to see how alike."),
]
Repeat = Annotated[
    list[str] | None,
    typer.Option("--repeat", metavar="METHOD", rich_help_panel=_PANEL, help="Those of this method; without N, all."),
]
RepeatDistance = Annotated[
    int, typer.Option(metavar="N", rich_help_panel=_PANEL, help="Ratings between the two, at least.")
]
Gap = Annotated[
    int,
    typer.Option(metavar="N", rich_help_panel=_PANEL, help="Other pictures between two versions of one, at least."),
]
Blocked = Annotated[
    bool, typer.Option("--blocked", metavar="", rich_help_panel=_PANEL, help="Rate one set after another, not mixed.")
]
WarmUp = Annotated[
    int, typer.Option(metavar="N", rich_help_panel=_PANEL, help="First ratings that do not count; nobody is told.")
]
SittingMinutes = Annotated[
    int, typer.Option(metavar="N", rich_help_panel=_PANEL, help="After which a break is offered.")
]
SecondsPerRating = Annotated[
    float,
    typer.Option(metavar="SECONDS", rich_help_panel=_PANEL, help="What one is taken to last, for the plan alone."),
]
ScreeningRule = Annotated[
    Screening,
    typer.Option(
        rich_help_panel=_PANEL,
        help="How the report weighs raters who differ from the rest; it always shows both, with and without.",
    ),
]
Calibration = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=_LESSONS,
        help="Of other pictures, or none for neither this nor practice; usually SRGAN_DATA/train/BSDS500_train_test.",
    ),
]
Pairs = Annotated[
    int,
    typer.Option(min=0, metavar="N", rich_help_panel=_LESSONS, help="Pictures shown at their worst and at their best."),
]
Practice = Annotated[int, typer.Option(metavar="N", rich_help_panel=_LESSONS, help="Ratings to practise on.")]
Title = Annotated[
    str | None,
    typer.Option(show_default=False, rich_help_panel=_SAID, help="For reports and raters; it must name no method."),
]
Seed = Annotated[
    int, typer.Option(metavar="N", rich_help_panel=_PANEL, help="Of all that is left to chance, orders among it.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", rich_help_panel=_SAID, help="For the study; a new one.")
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_SAID, help="Report as a JSON document.")]


def create(
    sources: Words = None,
    design: DesignName = "paper",
    methods: Methods = None,
    sets: Sets = None,
    images: Images = None,
    no_reference: NoReference = False,
    raters: Raters = Design.raters,
    repeats: Repeats = None,
    repeat: Repeat = None,
    repeat_distance: RepeatDistance = Design.repeat_distance,
    gap: Gap = Design.gap,
    blocked: Blocked = False,
    warm_up: WarmUp = Design.warm_up,
    sitting_minutes: SittingMinutes = Design.sitting_minutes,
    seconds_per_rating: SecondsPerRating = Design.seconds_per_rating,
    screening: ScreeningRule = Design.screening,
    seed: Seed = Design.seed,
    calibration: Calibration = None,
    pairs: Pairs = Design.calibration,
    practice: Practice = Design.practice,
    title: Title = None,
    output: Output = Path("study"),
    as_json: AsJson = False,
) -> None:
    """Make a study of pictures, which people will rate."""
    with failures(as_json=as_json):
        from srgan.cli.console import one_interruption
        from srgan.cli.progress_bar import Counter, on_terminal
        from srgan_study.cli.extent import document, summary
        from srgan_study.stimuli.create_study import TITLE, Plan, create

        alone = calibration == "none"
        asked = Design(
            raters=raters,
            seed=seed,
            gap=gap,
            repeats=repeats or 0,
            repeat_distance=repeat_distance,
            warm_up=warm_up,
            practice=0 if alone else practice,
            calibration=0 if alone else pairs,
            blocked=blocked,
            sitting_minutes=sitting_minutes,
            seconds_per_rating=seconds_per_rating,
            screening=screening,
        )
        named = _Named(separate(sources), separate(methods), separate(sets), images, not no_reference, seed)
        try:
            with one_interruption(), Counter(shown=on_terminal() and not as_json) as counter:
                audience = Audience(counter, as_json=as_json)
                chosen, notes = named.chosen(as_in_the_paper=design == "paper")
                for note in notes:
                    audience.say(note)
                again = tuple(separate(repeat))
                heading = TITLE if title is None else title
                plan = Plan(chosen, asked, heading, again, None if alone else _examples(calibration))
                study = create(plan if repeats is not None else plan.repeating_all(), output, audience)
        except KeyboardInterrupt:
            say(f"Interrupted: {output} was not made")
            raise typer.Exit(130) from None
        if as_json:
            show_json({**document(study, output), "notes": audience.notes})
        else:
            show("\n".join(printable(line) for line in summary(study, output)))


class Audience:
    """Who hears of the work: a person, with a bar on a terminal; of a program, the document at the end."""

    def __init__(self, counter: "Counter", *, as_json: bool) -> None:
        self.notes: list[str] = []
        self.count = counter.count
        self._say = None if as_json else counter.say

    def say(self, line: str) -> None:
        self.notes.append(line)
        if self._say is not None:
            self._say(line)


@dataclass(frozen=True)
class _Named:
    """What is to be rated, in the words of the command line."""

    sources: list[str]
    methods: list[str]
    """Names, and folders under names, which are sources too."""
    sets: list[str]
    images: int | None
    reference: bool
    seed: int

    def chosen(self, *, as_in_the_paper: bool) -> "tuple[Sources, tuple[str, ...]]":
        """The pictures themselves, and what is worth knowing of the choice, in lines."""
        from srgan_study.stimuli.sources import find_sources
        from srgan_study.stimuli.stimulus_selection import Wanted, as_in_paper, choose, uncovered

        folders = [word for word in self.methods if "=" in word]
        # Folders alone are added to what there is; where methods are named, nothing else is.
        names = [word.partition("=")[0] for word in self.methods] if len(folders) < len(self.methods) else []
        if not self.sources and not folders:
            raise UsageError("there are no pictures: name the folder of an evaluation, or NAME=FOLDER of pictures")
        found = find_sources([*self.sources, *folders])
        chosen = choose(found, Wanted(names, self.sets, self.images, self.reference, self.seed))
        notes = uncovered(chosen)
        if self.reference and not any(method.reference for method in chosen.methods):
            notes += ("the true pictures are not rated: add HR=FOLDER to have scores relative to them",)
        if not as_in_the_paper:
            return chosen, notes
        chosen, more = as_in_paper(chosen)
        return chosen, notes + more


def _examples(calibration: str | None) -> Path | None:
    """The folder of pictures for the calibration, if there is one."""
    if calibration is not None:
        return Path(calibration)
    usual = Path(os.environ.get("SRGAN_DATA") or "", "train", "BSDS500_train_test")
    return usual if os.environ.get("SRGAN_DATA") and os.path.isdir(usual) else None
