"""`srgan upscale`: pictures in, larger pictures out."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, say, show, show_json
from srgan.cli.report import STANDARD_OUTPUT
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.cli.jobs import Job
    from srgan.cli.report import Report
    from srgan.upscale.upscaler import Upscaler

EPILOG = """\
[bold]Examples[/bold]

  srgan upscale photo.jpg                 makes photo-x4.jpg beside it
  srgan upscale photo.jpg -o large.png    chooses name and format
  srgan upscale *.jpg --width 1920        makes all of them 1920 pixels wide
  srgan upscale photos -r                 all of a folder, into photos-x4
  srgan upscale photo.jpg --photo-real    invents the texture that the photo has lost
  srgan upscale photo.jpg --fidelity 0.7  rather faithful than photo-real
  srgan upscale photos --dry-run          only says what would be done
  srgan upscale - < a.png > b.png         works in a pipe

Your photos are never changed. Results that are there already are not made again: after an interruption, run the same \
command once more.

Exit code: 0 all well, 1 a picture failed, 2 no such command, 130 interrupted.
"""

_SIZE, _PLACE, _ENGINE, _TALK = "How large", "What is written, and where", "How it is computed", "What is said"

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="PHOTOS",
        show_default=False,
        help="Photos, folders of photos, or patterns such as 'holiday*.jpg'. A lone - reads from a pipe.",
    ),
]
Scale = Annotated[
    float | None,
    typer.Option(
        metavar="FACTOR",
        rich_help_panel=_SIZE,
        help="How many times as wide and high, such as 2 or 2.5; without it, 4.",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS",
        rich_help_panel=_SIZE,
        help="How wide the result is, in place of --scale; the height follows.",
    ),
]
MaxPixels = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="PIXELS",
        rich_help_panel=_SIZE,
        help="Refuse photos of more pixels: a forged file could fill the computer. Without it, 512000000.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        rich_help_panel=_PLACE,
        help="A folder for the results, or a name for one; without it, beside the photos.",
    ),
]
Recursive = Annotated[
    bool,
    typer.Option("--recursive", "-r", metavar="", rich_help_panel=_PLACE, help="Search the subfolders of folders too."),
]
Format = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=_PLACE,
        help="jpeg, png, webp, tiff or avif; without it, as the photo (a GIF becomes PNG).",
    ),
]
Quality = Annotated[
    int,
    typer.Option(
        min=1, max=100, metavar="1-100", rich_help_panel=_PLACE, help="Of JPEG, WebP and AVIF: more makes larger files."
    ),
]
StripMetadata = Annotated[
    bool,
    typer.Option(
        "--strip-metadata",
        metavar="",
        rich_help_panel=_PLACE,
        help="Leave out date, place, camera and all other notes.",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", metavar="", rich_help_panel=_PLACE, help="Replace results that are there already."),
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        rich_help_panel=_ENGINE,
        help="A model that `srgan models` lists, or the file of your own; auto looks at each photo: srresnet for a "
        "clean one, srresnet-photo for one that was compressed or is noisy.",
    ),
]
PhotoReal = Annotated[
    bool,
    typer.Option(
        "--photo-real",
        metavar="",
        rich_help_panel=_ENGINE,
        help="Invent texture, as --fidelity 0: srgan for clean photos, srgan-photo, where installed, for damaged ones.",
    ),
]
Fidelity = Annotated[
    float | None,
    typer.Option(
        metavar="0-1",
        rich_help_panel=_ENGINE,
        help="Between two models: 0 is srgan, most photo-real, 1 is srresnet, most faithful; or the two -photo ones.",
    ),
]
Faithful = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        rich_help_panel=_ENGINE,
        help="With --fidelity: the model at 1, where --model is the one at 0. One is to be trained from the other.",
    ),
]
Engine = Annotated[
    Literal["auto", "openvino", "torch"],
    typer.Option(rich_help_panel=_ENGINE, help="torch uses a graphics processor, if there is one."),
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(rich_help_panel=_ENGINE, help="auto is the fastest that this computer is made for."),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", metavar="", rich_help_panel=_TALK, help="Only say what would be done and how long it takes."
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", rich_help_panel=_TALK, help="Say only errors.")]


def upscale(
    inputs: Inputs,
    scale: Scale = None,
    width: Width = None,
    output: Output = None,
    recursive: Recursive = False,
    format: Format = None,
    quality: Quality = 95,
    strip_metadata: StripMetadata = False,
    overwrite: Overwrite = False,
    model: Model = "auto",
    photo_real: PhotoReal = False,
    fidelity: Fidelity = None,
    faithful: Faithful = None,
    engine: Engine = "auto",
    precision: Precision = "auto",
    max_pixels: MaxPixels = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make photos larger, four times unless you say otherwise."""
    with failures(as_json=json):
        from srgan.cli.batch import Batch, Wishes
        from srgan.cli.jobs import Naming, mark_of, plan_jobs
        from srgan.cli.progress_bar import on_terminal
        from srgan.images.image import DEFAULT_MAX_PIXELS
        from srgan.upscale.upscaler import Upscaler

        precise = None if precision == "auto" else precision
        fidelity = _fidelity(fidelity, photo_real=photo_real)
        upscaler = Upscaler(model, fidelity=fidelity, faithful=faithful, engine=engine, precision=precise)
        _check_size(upscaler, scale, width)
        naming = Naming(mark_of(scale, width, upscaler.models.scale, fidelity), output, _format(format))
        jobs = plan_jobs(inputs, naming, recursive=recursive)
        _check_streams(jobs, as_json=json, dry_run=dry_run)
        wishes = Wishes(scale, width, quality, not strip_metadata, overwrite, max_pixels or DEFAULT_MAX_PIXELS)
        talkative = not (quiet or json)
        lively = talkative and on_terminal()
        batch = Batch(upscaler, wishes, talkative=talkative, bars=lively and not dry_run, hints=lively)
        report = batch.plan(jobs) if dry_run else batch.enlarge(jobs)
        if json:
            show_json(report.document())
        _conclude(report, talkative=talkative)


def _fidelity(fidelity: float | None, *, photo_real: bool) -> float | None:
    """The fidelity that is asked for, in numbers or in words."""
    if photo_real and fidelity not in (None, 0):
        raise UsageError(f"--photo-real is --fidelity 0, not {fidelity}: give one of them")
    return 0.0 if photo_real else fidelity


def _check_size(upscaler: "Upscaler", scale: float | None, width: int | None) -> None:
    """Refuse a size that no picture can be given, before any is looked for."""
    from srgan.images.image import PictureInfo

    picture = PictureInfo(width=max(1, width or 1), height=1, channels=3, depth=8, format="png")
    upscaler.size(picture, scale=scale, width=width)


def _format(name: str | None) -> str | None:
    """The format that is meant by its name or by an ending: `jpg` is jpeg too."""
    from srgan.images.image import FORMATS, format_of

    meant = None if name is None else format_of(f"picture.{name.removeprefix('.')}")
    if name is not None and meant is None:
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, not {name}")
    return meant


def _check_streams(jobs: "Sequence[Job]", *, as_json: bool, dry_run: bool) -> None:
    """Refuse a picture from the keyboard or onto the screen. A stream that the caller has closed is None."""
    if any(job.source is None for job in jobs) and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("- reads a picture from a pipe, and there is none: srgan upscale - < photo.jpg > large.jpg")
    if dry_run or not any(job.output is None and job.left_out is None for job in jobs):
        return
    if as_json:
        raise UsageError("--json and the picture cannot both go to standard output: name a file with --output")
    if sys.stdout is None or sys.stdout.isatty():
        raise UsageError("the picture would be written on the screen: name a file with --output, or pipe it on")


def _conclude(report: "Report", *, talkative: bool) -> None:
    """Say how it went, and end with the code for it."""
    if report.interrupted:
        say(report.interruption)
    elif talkative:
        # Where the picture itself goes to standard output, nothing else may.
        tell = say if any(record.output == STANDARD_OUTPUT for record in report.records) else show
        for record in report.records:
            if record.status == "planned" and len(report.records) > 1:
                show(record.line)
        for line in report.choices if len(report.records) > 1 else ():
            tell(line)
        for line in report.failures if len(report.records) > 1 else ():
            say(line)
        if len(report.records) > 1 or not report.failures:
            tell(report.summary)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
