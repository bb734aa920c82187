"""`srgan upscale`: make images larger."""

import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, one_interruption, printable, say, show, show_json, written
from srgan.cli.shared_options import Json, argument, flag, option
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.cli.progress_bar import ProgressBar
    from srgan.upscale.jobs import Job
    from srgan.upscale.result import BatchResult, FilePlan, FileResult

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
  srgan upscale photos -o large --on ray  by a process a core, with a ledger
  srgan upscale huge.tif --pyramid --resume --max-pixels 2000000000
                                          a gigapixel, in bounded memory; goes on after an interruption

Your photos are never changed. Results that exist already are not made again: after an interruption, run the same \
command once more. Of each file the report says what became of it; hidden files do not count.

Exit code: 0 success, 1 a photo failed, 2 invalid options, 130 interrupted.
"""

_SIZE, _PLACE, _ENGINE, _TALK = "Size", "Results", "Computation", "Messages"
_HUGE = 20_000_000  # pixels of an image: below, memory that is kept is used again, in a tenth less time (docs/speed.md)


def upscale(
    inputs: Annotated[
        list[str],
        argument("Photos, folders of photos, or patterns such as 'a*.jpg'. A lone - reads from a pipe.", "PHOTOS"),
    ],
    scale: Annotated[
        float | None, option("Factor for both sides, such as 2 or 2.5; 4 by default.", metavar="FACTOR", panel=_SIZE)
    ] = None,
    width: Annotated[int | None, option("Width; the height follows.", metavar="PIXELS", panel=_SIZE)] = None,
    height: Annotated[int | None, option("Height; the width follows.", metavar="PIXELS", panel=_SIZE)] = None,
    long_side: Annotated[int | None, option("Longer side; the other follows.", metavar="PIXELS", panel=_SIZE)] = None,
    max_pixels: Annotated[int | None, option(
        "Refuse photos of more pixels, 512000000 by default: a forged file could fill the memory.",
        metavar="PIXELS", panel=_SIZE, min=1,
    )] = None,
    output: Annotated[str | None, option(
        "A folder for the results, or a name for one; by default they lie beside the photos.",
        "--output", "-o", metavar="PATH", panel=_PLACE,
    )] = None,
    recursive: Annotated[bool, flag("Search subfolders too.", "--recursive", "-r", panel=_PLACE)] = False,
    follow_links: Annotated[
        bool, flag("With --recursive: search linked folders too.", "--follow-links", panel=_PLACE)
    ] = False,
    format: Annotated[
        str | None, option("jpeg, png, webp, tiff, avif or bmp; by default as the photo.", metavar="NAME", panel=_PLACE)
    ] = None,
    quality: Annotated[int, option(
        "Quality of JPEG, WebP and AVIF; more is larger.", metavar="1-100", panel=_PLACE, min=1, max=100
    )] = 95,
    lossless: Annotated[bool, flag(
        "Keep pixels exactly: lossless WebP and AVIF, and PNG in place of JPEG.", "--lossless", panel=_PLACE
    )] = False,
    strip_metadata: Annotated[
        bool, flag("Leave out date, place, camera and all other notes.", "--strip-metadata", panel=_PLACE)
    ] = False,
    keep_dates: Annotated[bool, flag(
        "Give results the modification times of the photos.", "--keep-dates/--no-keep-dates", panel=_PLACE
    )] = True,
    overwrite: Annotated[bool, flag("Replace results that exist already.", "--overwrite", panel=_PLACE)] = False,
    pyramid: Annotated[bool, flag(
        "Write TIFF in tiles with smaller copies behind it, as viewers of huge photos want it.", "--pyramid",
        panel=_PLACE,
    )] = False,
    resume: Annotated[bool, flag(
        "Keep finished parts of large photos beside the results, and go on with them after an interruption.",
        "--resume", panel=_PLACE,
    )] = False,
    model: Annotated[str, option(
        "A model that `srgan models` lists, or the file of your own; auto inspects each photo: srresnet for a "
        "clean one, srresnet-photo for one that was compressed or is noisy; for large photos swift or "
        "swift-photo, and for --scale 2 or less swift-x2 or swift-photo-x2, where installed.",
        metavar="NAME", panel=_ENGINE,
    )] = "auto",
    photo_real: Annotated[bool, flag(
        "Invent texture, as --fidelity 0: srgan for clean photos, srgan-photo, where installed, for damaged ones.",
        "--photo-real", panel=_ENGINE,
    )] = False,
    fidelity: Annotated[float | None, option(
        "Between two models: 0 is srgan, most photo-real, 1 is srresnet, most faithful; or the two -photo ones.",
        metavar="0-1", panel=_ENGINE,
    )] = None,
    faithful: Annotated[str | None, option(
        "With --fidelity: the model at 1, where --model is the one at 0. One is to be trained from the other.",
        metavar="NAME", panel=_ENGINE,
    )] = None,
    engine: Annotated[
        Literal["auto", "openvino", "torch"], option("torch uses a graphics processor, if there is one.", panel=_ENGINE)
    ] = "auto",
    precision: Annotated[Literal["auto", "fp32", "bf16", "int8"], option(
        "auto is the fastest of this computer, and fp32 for photos of 16 bits. Not every model has int8.", panel=_ENGINE
    )] = "auto",
    ensemble: Annotated[bool, flag(
        "Enlarge each photo in its eight orientations and take the mean: a little better, in eight times the time.",
        "--ensemble", panel=_ENGINE,
    )] = False,
    grain: Annotated[float | None, option(
        "Fine grain on the results, as of a camera, in levels of 255; by default the model's: 0 for most.",
        metavar="0-50", panel=_ENGINE,
    )] = None,
    on: Annotated[str | None, option(
        "Enlarge one folder, also s3://, gs://, az:// or hf://, by many processes, with a ledger: ray for all cores of "
        "this computer, ray://HOST:PORT for a cluster.", metavar="RAY", panel=_ENGINE,
    )] = None,
    dry_run: Annotated[
        bool, flag("Only say what would be done, and in which time.", "--dry-run", panel=_TALK)
    ] = False,
    json: Json = False,
    quiet: Annotated[bool, flag("Show only errors.", "--quiet", "-q", panel=_TALK)] = False,
) -> None:  # fmt: skip
    """Make photos larger, four times by default."""
    with failures(as_json=json):
        from srgan.cli.progress_bar import FilesBar, on_terminal
        from srgan.images.image import DEFAULT_MAX_PIXELS
        from srgan.upscale.batch import estimate_files, plan_files, upscale_files
        from srgan.upscale.jobs import plan_jobs
        from srgan.upscale.options import UpscaleOptions
        from srgan.upscale.upscaler import Upscaler

        if photo_real and fidelity not in (None, 0):
            raise UsageError(f"--photo-real is --fidelity 0, not {fidelity}: give one of them")
        fidelity = 0.0 if photo_real else fidelity
        options = UpscaleOptions(
            scale=scale, width=width, height=height, long_side=long_side, format=format, quality=quality,
            lossless=lossless or None, keep_metadata=not strip_metadata, keep_dates=keep_dates, overwrite=overwrite,
            max_pixels=max_pixels or DEFAULT_MAX_PIXELS, pyramid=pyramid, resume=resume,
        )  # fmt: skip
        precise = None if precision == "auto" else precision
        if on is not None:
            from srgan.batch.model_options import ModelOptions
            from srgan.cli.batch import upscale_batch

            upscale_batch(
                inputs, output, on, options,
                ModelOptions(model, fidelity, faithful, engine, precise, ensemble, grain),
                recursive=recursive, follow_links=follow_links, dry_run=dry_run, json=json, quiet=quiet,
            )  # fmt: skip
            return
        _refuse_addresses([*inputs, output or ""])
        upscaler = Upscaler(
            model,
            fidelity=fidelity,
            faithful=faithful,
            engine=engine,
            precision=precise,
            ensemble=ensemble,
            grain=grain,
        )
        mark = options.mark(upscaler.models.scale, fidelity, ensemble=ensemble)
        jobs = plan_jobs(inputs, options, mark, output=output, recursive=recursive, follow_links=follow_links)
        _check_streams(jobs, as_json=json, dry_run=dry_run)
        piped = sys.stdin.buffer.read() if any(job.source is None for job in jobs) else b""
        talkative = not (quiet or json)
        waiting = sum(job.skipped is None for job in jobs)
        bar = FilesBar(waiting, shown=talkative and not dry_run)
        hint = talkative and on_terminal()  # never in a pipe
        plans = _with_care(plan_files(upscaler, jobs, options, standard_input=piped, hint=hint), bar)
        work = estimate_files(plans) if dry_run else upscale_files(upscaler, plans, progress=bar, send=_send)
        result = _run(work, bar, len(jobs), talkative=talkative, skipped=len(jobs) - waiting)
        if json:
            show_json(result.document())
        _conclude(result, talkative=talkative)


def _run(
    work: "Iterator[FileResult]", bar: "ProgressBar", files: int, *, talkative: bool, skipped: int
) -> "BatchResult":
    """Do the work, and say what is known as soon as it is; Ctrl-C ends it."""
    from srgan.cli.report import FEW, message
    from srgan.upscale.result import BatchResult

    started, interrupted, results = time.monotonic(), False, list["FileResult"]()
    try:
        with one_interruption(bar.stop), bar:
            for file in work:
                results.append(file)
                line, many = message(file), file.status == "skipped" and skipped > FEW
                if line and (file.status == "failed" or (talkative and not many)):
                    bar.say(line)
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.monotonic() - started
    return BatchResult(tuple(results), seconds, left=files - len(results), interrupted=interrupted or bar.stopping)


def _with_care(plans: "Iterable[FilePlan | FileResult]", bar: "ProgressBar") -> "Iterator[FilePlan | FileResult]":
    """Yield the plans; say the hint of one that has it, and keep memory low from the first huge image on."""
    from srgan.engines.memory import give_back_large_arrays
    from srgan.upscale.result import FilePlan

    for plan in plans:
        if isinstance(plan, FilePlan) and plan.info.width * plan.info.height >= _HUGE:
            give_back_large_arrays()
        if isinstance(plan, FilePlan) and plan.hint is not None:
            bar.say(f"Hint: {plan.name}: {plan.hint}; --model auto chooses by itself")
        yield plan


def _refuse_addresses(words: "Sequence[str]") -> None:
    for word in words:
        if "://" in word:
            raise UsageError(f"{word} is an address, which one process does not read: add --on ray")


def _check_streams(jobs: "Sequence[Job]", *, as_json: bool, dry_run: bool) -> None:
    """Refuse an image from the keyboard or onto the screen. A stream that the caller has closed is None."""
    if any(job.source is None for job in jobs) and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("- reads an image from a pipe, and there is none: srgan upscale - < photo.jpg > large.jpg")
    if dry_run or not any(job.output is None and job.skipped is None for job in jobs):
        return
    if as_json:
        raise UsageError("--json and the image cannot both go to standard output: name a file with --output")
    if sys.stdout is None or sys.stdout.isatty():
        raise UsageError("the image would be written on the screen: name a file with --output, or pipe it on")


def _send(path: Path) -> None:
    """Write a result to standard output."""
    with written(), path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _conclude(result: "BatchResult", *, talkative: bool) -> None:
    """Say what was done, and exit with the code for it."""
    from srgan.cli.report import failure, result_lines, summary
    from srgan.upscale.result import STANDARD_OUTPUT

    several = len(result.files) > 1
    if result.interrupted:
        say(f"Interrupted: {result.number('done')} done, {result.left} left; run the same command again to go on")
    elif talkative:
        # Where the image itself goes to standard output, nothing else may.
        tell = say if any(file.output == STANDARD_OUTPUT for file in result.files) else show
        for line in result_lines(result) if several else ():
            tell(printable(line))
        for file in result.files if several else ():
            if file.status == "failed":
                say(f"Failed: {failure(file)}")
        if result.left:
            say(f"The disk is full: {result.left:,} left; free some space and run the same command again")
        if several or not result.number("failed"):
            tell(printable(summary(result)))
    if result.exit_code:
        raise typer.Exit(result.exit_code)
