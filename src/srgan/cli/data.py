"""`srgan data`: prepare images for training, write them as shards, or damage them for tests."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srgan.cli.console import count, failures, first_lines, interruptible, show_json, show_lines, storage
from srgan.cli.shards import SHARDS_EPILOG, comparison_lines, shards
from srgan.cli.shared_options import INPUT, OUTPUT, Json, argument, flag, option
from srgan.data.mixes import EVERYDAY, EVERYDAY_NAME, MIXES
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.data.layouts import Selection
    from srgan.data.prepare import PreparationReport

PREPARE_EPILOG = """\
[bold]Examples[/bold]

  srgan data prepare photos -o ready                 images of any format, in subfolders too
  srgan data prepare dogs -o ready --take 1000       1000 of them, drawn by --seed
  srgan data prepare photos -o ready --halve         sharper, if they are large enough
  srgan data prepare DIV2K -o ready --layout div2k --download
                                                     downloads them into DIV2K first

Images are decoded once and stored uncompressed, about 3 bytes per pixel. Unreadable and small ones, and those that \
show an image of a known test set at any size and crop, are left out and listed. Your images are never changed.

Layouts: div2k (DIV2K_train_HR, DIV2K_valid_HR), dogs (folders such as n02085620-Chihuahua), bsds (train and test; \
never val, which is the test set BSD100), imagenet (train/n01440764, val), lsdir (HR/train, HR/val), and folder, \
which is any images.

Exit code: 0 success, 1 the images cannot be used, 2 invalid options, 130 interrupted.
"""

_WORTH_A_PROCESS = 50
"""Images that take longer than another process takes to begin."""
_NAMES = (*MIXES, EVERYDAY_NAME)
_SHARES = ", ".join(f"{name} {share:.0%}" for name, share in EVERYDAY.items())
_SUMMARIES = {
    **{name: mix.summary for name, mix in MIXES.items()},
    EVERYDAY_NAME: f"One of these for each image: {_SHARES}",
}
_MIX_LINES = "\n".join(f"  {name:<10} {summary}" for name, summary in _SUMMARIES.items())

DEGRADE_EPILOG = f"""\
[bold]Examples[/bold]

  srgan data degrade photos --mix messenger -o small   photos/a/dog.jpg becomes small/a/dog.png
  srgan data degrade photos --mix hard --seed 7 -o small
  srgan upscale small -o large                         shows how well they are enlarged

[bold]Mixes[/bold], with their ranges in docs/degradations.md:

{_MIX_LINES}

Images are cropped to a multiple of the scale, downscaled, damaged and stored as PNG of 8 bits, without transparency \
and metadata. The damage depends only on the \
seed and an image's name below FOLDER: the same command makes the same images. Yours are never changed. Unreadable \
ones are left out and listed.

To evaluate methods on damaged images: srgan evaluate --input messenger. To train on them: srgan train with --set \
degradation=everyday.

Exit code: 0 success, 1 the images cannot be used, 2 invalid options, 130 interrupted.
"""

app = typer.Typer(name="data", help="Prepare images for training, or damage them for tests.", no_args_is_help=True)


@app.command(epilog=DEGRADE_EPILOG, no_args_is_help=True)
def degrade(
    folder: Annotated[Path, argument("A folder of images.", "FOLDER")],
    mix: Annotated[
        str | None, option(f"Kind of damage: {', '.join(_NAMES)}. Required.", metavar="NAME", panel=INPUT)
    ] = None,
    scale: Annotated[int, option("Downscaling factor.", metavar="FACTOR", panel=INPUT, min=1, max=16)] = 4,
    seed: Annotated[int, option("Random seed.", metavar="N", panel=INPUT)] = 0,
    output: Annotated[
        Path | None,
        option("A new or empty folder for the results. Required.", "--output", "-o", metavar="FOLDER", panel=OUTPUT),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make damaged low-resolution images of photos, like those of cameras, messengers and web pages."""
    with failures(as_json=as_json):
        from srgan.cli.progress_bar import ProgressBar
        from srgan.data.damaged_images import write_damaged
        from srgan.data.prepare import find_pictures

        if mix is None:
            raise UsageError(f"mix is required: choose one of {', '.join(_NAMES)}", parameter="mix")
        if output is None:
            raise UsageError("output is required: name a folder with -o", parameter="output")
        with interruptible("nothing was written; run the same command again"), ProgressBar(shown=not as_json) as bar:
            made = write_damaged(find_pictures([folder]), folder, output, mix=mix, scale=scale, seed=seed, progress=bar)
        if as_json:
            settings = {"folder": str(output), "mix": mix, "scale": scale, "seed": seed}
            show_json({**settings, "written": made.written, "left_out": made.left_out})
            return
        drawn = Counter(made.written.values())
        parts = ", ".join(f"{name} {drawn[name]}" for name in EVERYDAY if drawn[name])
        damage = f"{mix} ({parts})" if mix == EVERYDAY_NAME else mix
        left_out = [made.left_out[name] for name in sorted(made.left_out)]
        show_lines(
            [
                f"{count(len(made.written), 'image')} damaged by {damage} in {output}",
                *([f"{count(len(left_out), 'image')} left out:", *first_lines(left_out)] if left_out else []),
            ]
        )


@app.command(epilog=PREPARE_EPILOG, no_args_is_help=True)
def prepare(
    source: Annotated[Path, argument("A folder of images.", "SOURCE")],
    output: Annotated[
        Path | None,
        option(
            "Folder for the prepared images: new, empty, or prepared before. Required.",
            "--output", "-o", metavar="FOLDER", panel=OUTPUT,
        ),
    ] = None,
    layout: Annotated[
        str | None, option("Folder layout of SOURCE; without it, detected.", metavar="NAME", panel=INPUT)
    ] = None,
    take: Annotated[
        int | None, option("Number of images, drawn by --seed; without it, all.", metavar="N", panel=INPUT)
    ] = None,
    validation: Annotated[
        int | None,
        option("Number of validation images; without it, a tenth, at most 100.", metavar="N", panel=INPUT),
    ] = None,
    seed: Annotated[int, option("Random seed.", metavar="N", panel=INPUT)] = 0,
    scale: Annotated[int, option("Scale to train for.", metavar="FACTOR", panel=OUTPUT)] = 4,
    smallest: Annotated[int, option("Least width and height of an image.", metavar="PIXELS", panel=INPUT)] = 96,
    halve: Annotated[
        bool,
        flag("Halve width and height first, which removes noise, blur and JPEG artefacts.", "--halve", panel=INPUT),
    ] = False,
    download: Annotated[
        bool,
        flag("Download the images of --layout div2k (4 GB) or dogs (0.8 GB) into SOURCE.", "--download", panel=INPUT),
    ] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Check, decode and store images, and divide them into training and validation images."""
    with failures(as_json=as_json):
        from srgan.cli.progress_bar import ProgressBar
        from srgan.data.layouts import LAYOUTS, detect
        from srgan.data.prepare import prepare

        if output is None:
            raise UsageError("output is required: name a folder with -o", parameter="output")
        if layout is not None and layout not in LAYOUTS:
            raise UsageError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout}", parameter="layout")
        # Two images to take: one for training, one for validation.
        for name, number, least in (("take", take, 2), ("validation", validation, 1), ("scale", scale, 2),
                                    ("smallest", smallest, 1)):  # fmt: skip
            if number is not None and number < least:
                raise UsageError(f"{name} must be {least} or more, not {number}", parameter=name)
        with (
            interruptible(f"{output} is as it was before; run the same command again"),
            ProgressBar(shown=not as_json) as bar,
        ):
            if download:
                from srgan.data import public_datasets  # imports urllib
                from srgan.files import check_folder

                check_folder(output)
                public_datasets.download(layout, source, progress=bar)
            chosen = LAYOUTS[layout] if layout else detect(source)
            selection = chosen.select(source, take=take, validation=validation, seed=seed)
            report = prepare(
                selection.training,
                output,
                validation=selection.validation,
                halved=[*selection.training, *selection.validation] if halve else (),
                scale=scale,
                smallest=smallest,
                processes=min(os.cpu_count() or 1, 1 + len(selection.training) // _WORTH_A_PROCESS),
                progress=bar,
            )
        if as_json:
            show_json(_document(output, selection, report))
        else:
            show_lines(_summary(output, selection, report, take=take, smallest=smallest))


def _document(output: Path, selection: "Selection", report: "PreparationReport") -> dict[str, Any]:
    return {
        "folder": str(output),
        "layout": selection.layout,
        "training": report.training,
        "validation": report.validation,
        "too_small": report.too_small,
        "left_out": report.left_out,
        "test_pictures": report.test_pictures,
        "compared_with": report.comparison.known,
        "bytes": report.size,
    }


def _summary(
    output: Path, selection: "Selection", report: "PreparationReport", *, take: int | None, smallest: int
) -> Iterator[str]:
    yield (
        f"{count(report.training, 'image')} for training and {report.validation:,} for validation are in {output} "
        f"({storage(report.size)}); layout {selection.layout}"
    )
    if take is not None and selection.found < take:
        yield f"There were fewer images than --take {take}: all {selection.found:,} were used"
    if report.too_small:
        yield f"{count(report.too_small, 'image')} left out: smaller than {smallest} pixels on a side"
    if report.left_out:
        yield f"{count(len(report.left_out), 'unreadable file')} left out:"
        yield from first_lines([report.left_out[name] for name in sorted(report.left_out)])
    yield from comparison_lines(report, output)


app.command(epilog=SHARDS_EPILOG, no_args_is_help=True)(shards)
