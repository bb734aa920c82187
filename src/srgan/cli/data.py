"""`srgan data prepare`: folders of pictures made ready for training."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli import degrade
from srgan.cli.console import count, failures, printable, say, show, show_json, storage
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.data.layouts import Selection
    from srgan.data.prepare import Report

PREPARE_EPILOG = """\
[bold]Examples[/bold]

  srgan data prepare photos -o ready                 any pictures, at any depth
  srgan data prepare dogs -o ready --take 1000       1000 drawn by --seed
  srgan data prepare photos -o ready --halve         sharper, if they are large enough
  srgan data prepare DIV2K -o ready --layout div2k --download
                                                     fetched into DIV2K first

Pictures are decoded once and kept as they are learned from, about 3 bytes a pixel. Those that cannot be read, are too \
small, or show a picture of a known test set, of any size and cut, are left out and told. Your pictures are never \
changed.

Layouts: div2k (DIV2K_train_HR, DIV2K_valid_HR), dogs (folders such as n02085620-Chihuahua), bsds (train and test; \
never val, which is the test set BSD100), imagenet (train/n01440764, val), and folder, which is any pictures.

Exit code: 0 all well, 1 the pictures cannot be used, 2 no such command, 130 interrupted.
"""

_SHOWN = 10  # files left out that are named
_NEXT = "srgan train srresnet-mse-quick --data"

_WHICH, _PLACE, _TALK = "Which pictures", "What is written, and where", "What is said"

app = typer.Typer(name="data", help="Make pictures ready for training, or damaged for tests.", no_args_is_help=True)
app.command(epilog=degrade.EPILOG, no_args_is_help=True)(degrade.degrade)

Source = Annotated[Path, typer.Argument(metavar="SOURCE", show_default=False, help="A folder of pictures.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=_PLACE,
        help="Where the prepared pictures are kept: a new folder, or one prepared before. Needed.",
    ),
]
LayoutName = Annotated[
    str | None,
    typer.Option(
        "--layout", metavar="NAME", rich_help_panel=_WHICH, help="How SOURCE is laid out; without it, found out."
    ),
]
Take = Annotated[
    int | None,
    typer.Option(metavar="N", rich_help_panel=_WHICH, help="Take so many pictures, drawn by --seed; without it, all."),
]
Validation = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        rich_help_panel=_WHICH,
        help="How many pictures validate and do not train; without it, a tenth, 100 at most.",
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", rich_help_panel=_WHICH, help="Fixes what is drawn.")]
Scale = Annotated[int, typer.Option(metavar="FACTOR", rich_help_panel=_PLACE, help="The factor that is to be learned.")]
Smallest = Annotated[
    int, typer.Option(metavar="PIXELS", rich_help_panel=_WHICH, help="The least side of a picture of use.")
]
Halve = Annotated[
    bool,
    typer.Option(
        "--halve",
        metavar="",
        rich_help_panel=_WHICH,
        help="Make every picture half as wide and high first: photos lose noise, blur and traces of JPEG.",
    ),
]
Download = Annotated[
    bool,
    typer.Option(
        "--download",
        metavar="",
        rich_help_panel=_WHICH,
        help="First fetch the pictures of --layout div2k (4 GB) or dogs (0.8 GB) into SOURCE.",
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document.")]


@app.command(epilog=PREPARE_EPILOG, no_args_is_help=True)
def prepare(
    source: Source,
    output: Output = None,
    layout: LayoutName = None,
    take: Take = None,
    validation: Validation = None,
    seed: Seed = 0,
    scale: Scale = 4,
    smallest: Smallest = 96,
    halve: Halve = False,
    download: Download = False,
    json: Json = False,
) -> None:
    """Verify, decode and index pictures, and tell those that train from those that validate."""
    with failures(as_json=json):
        from srgan.cli.console import one_interruption

        wishes = _Wishes(source, output, layout, take, validation, seed, scale, smallest, halve, download)
        try:
            with one_interruption():
                selection, report = _carry_out(wishes, bars=not json)
        except KeyboardInterrupt:
            say(f"Interrupted: {output} is as it was before; run the same command again")
            raise typer.Exit(130) from None
        if json:
            show_json(_document(wishes, selection, report))
        else:
            show("\n".join(printable(line) for line in _summary(wishes, selection, report)))


@dataclass(frozen=True)
class _Wishes:
    """What was asked for."""

    source: Path
    output: Path | None
    layout: str | None
    take: int | None
    validation: int | None
    seed: int
    scale: int
    smallest: int
    halve: bool
    download: bool

    def __post_init__(self) -> None:
        from srgan.data.layouts import LAYOUTS

        if self.output is None:
            raise UsageError("there is no place for the prepared pictures: name a folder with -o")
        if self.layout is not None and self.layout not in LAYOUTS:
            raise UsageError(f"--layout must be one of {', '.join(LAYOUTS)}, not {self.layout}")
        for option, number, least in (
            ("--take", self.take, 2),  # one trains, one validates
            ("--validation", self.validation, 1),
            ("--scale", self.scale, 2),
            ("--smallest", self.smallest, 1),
        ):
            if number is not None and number < least:
                raise UsageError(f"{option} must be {least} or more, not {number}")


def _carry_out(wishes: _Wishes, *, bars: bool) -> "tuple[Selection, Report]":
    from srgan.cli.progress_bar import Counter, on_terminal
    from srgan.data.layouts import LAYOUTS, detect
    from srgan.data.prepare import prepare as prepare_pictures

    assert wishes.output is not None
    with Counter(shown=bars and on_terminal()) as counter:
        if wishes.download:
            from srgan.data.public_datasets import download

            download(wishes.layout, wishes.source, report=counter.count)
        layout = LAYOUTS[wishes.layout] if wishes.layout else detect(wishes.source)
        selection = layout.select(wishes.source, take=wishes.take, validation=wishes.validation, seed=wishes.seed)
        report = prepare_pictures(
            selection.training,
            wishes.output,
            validation=selection.validation,
            halved=[*selection.training, *selection.validation] if wishes.halve else (),
            scale=wishes.scale,
            smallest=wishes.smallest,
            progress=lambda done, whole: counter.count("pictures", done, whole),
        )
    return selection, report


def _document(wishes: _Wishes, selection: "Selection", report: "Report") -> dict[str, Any]:
    return {
        "folder": str(wishes.output),
        "layout": selection.layout,
        "training": report.training,
        "validation": report.validation,
        "too_small": report.too_small,
        "left_out": report.left_out,
        "test_pictures": report.test_pictures,
        "compared_with": report.comparison.known,
        "bytes": report.size,
    }


def _summary(wishes: _Wishes, selection: "Selection", report: "Report") -> Iterator[str]:
    """What became of the pictures, line by line."""
    yield (
        f"{count(report.training, 'picture')} to train with and {report.validation:,} to validate with are in "
        f"{wishes.output} ({storage(report.size)}); layout {selection.layout}"
    )
    if wishes.take is not None and selection.found < wishes.take:
        yield f"There were fewer pictures than --take {wishes.take}: all {selection.found:,} were taken"
    if report.too_small:
        yield f"{count(report.too_small, 'picture')} left out: smaller than {wishes.smallest} pixels on a side"
    if report.left_out:
        yield f"{count(len(report.left_out), 'file')} left out that could not be read:"
    for reason in [report.left_out[name] for name in sorted(report.left_out)][:_SHOWN]:
        yield f"  {reason}"
    if len(report.left_out) > _SHOWN:
        yield f"  and {len(report.left_out) - _SHOWN:,} more, which --json names"
    yield _compared(report)
    yield f"Next: {_NEXT} {shlex.quote(str(wishes.output))}"


def _compared(report: "Report") -> str:
    """Result of the comparison with test sets, in a line."""
    with_what = f"{report.comparison.known} pictures of known test sets"
    if not report.test_pictures:
        return f"Compared with {with_what}: none of them is here"
    shown = ", ".join(f"{file} ({test})" for file, test in sorted(report.test_pictures.items())[:_SHOWN])
    more = len(report.test_pictures) - _SHOWN
    return (
        f"Compared with {with_what}: {count(len(report.test_pictures), 'picture')} left out, which must not be learned "
        f"from: {shown}{f' and {more:,} more, which --json names' if more > 0 else ''}"
    )
