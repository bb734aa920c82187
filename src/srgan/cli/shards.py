"""`srgan data shards`: write images as webdataset shards, for training on more than one machine's worth of them."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srgan.cli.console import count, failures, first_lines, interruptible, show_json, show_lines, storage
from srgan.cli.shared_options import COMPUTATION, INPUT, OUTPUT, Json, argument, flag, option
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.data.prepare import PreparationReport
    from srgan.data.shard_writer import ShardReport

SHARDS_EPILOG = """\
[bold]Examples[/bold]

  srgan data shards photos -o shards                 images as they are, 1000 in a tar file
  srgan data shards photos -o shards --pixels        their pixels: more space, less work when training
  srgan data shards ILSVRC2012_img_train.tar -o shards
                                                     ImageNet's tar file of tar files, as it is downloaded
  srgan data shards shards --check                   reads all of them, and compares checksums
  srgan train srresnet-mse-quick --data shards       or --data s3://bucket/shards, once they are there

Shards suit sets too large to be stored uncompressed, or read from a bucket; for others srgan data prepare is simpler. \
Shards are tar files that webdataset reads too, with an index beside them. Unreadable and small images, and those \
that show an image of a known test set, are left out and listed. After an interruption, the same command goes on.

Exit code: 0 success, 1 the images cannot be used or a shard is damaged, 2 invalid options, 130 interrupted.
"""


def shards(
    source: Annotated[
        Path, argument("A folder of images, a tar file of them or of tar files; with --check, of shards.", "SOURCE")
    ],
    output: Annotated[
        Path | None,
        option("Folder for the shards: new, empty, or begun before.", "--output", "-o", metavar="FOLDER", panel=OUTPUT),
    ] = None,
    check: Annotated[
        bool, flag("Read the shards in SOURCE, and compare their checksums.", "--check", panel=INPUT)
    ] = False,
    layout: Annotated[
        str | None, option("Folder layout of SOURCE; without it, detected.", metavar="NAME", panel=INPUT)
    ] = None,
    take: Annotated[
        int | None, option("Number of images, drawn by --seed; without it, all.", metavar="N", panel=INPUT, min=2)
    ] = None,
    validation: Annotated[
        int | None,
        option("Number of validation images; without it, a tenth, at most 100.", metavar="N", panel=INPUT, min=1),
    ] = None,
    seed: Annotated[int, option("Random seed.", metavar="N", panel=INPUT)] = 0,
    smallest: Annotated[
        int, option("Least width and height of an image.", metavar="PIXELS", panel=INPUT, min=1)
    ] = 96,
    per_shard: Annotated[int, option("Images in a shard.", metavar="N", panel=OUTPUT, min=1)] = 1000,
    pixels: Annotated[
        bool, flag("Store pixels, 3 bytes each, in place of the files.", "--pixels", panel=OUTPUT)
    ] = False,
    processes: Annotated[
        int | None, option("Processes; without it, one for each core.", metavar="N", panel=COMPUTATION, min=1)
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write images as tar files with an index, to train on from disk or from a bucket."""
    with failures(as_json=as_json):
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the processes, which are as many as there are cores
        from srgan.cli.progress_bar import ProgressBar
        from srgan.data.layouts import LAYOUTS
        from srgan.data.shard_check import check_shards
        from srgan.data.shard_writer import write_shards

        if check:
            with ProgressBar(shown=not as_json) as bar:
                faults = check_shards(source, progress=bar)
            if as_json:
                show_json({"folder": str(source), "faults": faults})
            else:
                show_lines(faults or [f"{source}: every shard is whole"])
            raise typer.Exit(bool(faults))
        if output is None:
            raise UsageError("output is required: name a folder with -o", parameter="output")
        if layout is not None and layout not in LAYOUTS:
            raise UsageError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout}", parameter="layout")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        with (
            interruptible("shards that are whole stay; run the same command again to go on"),
            ProgressBar(shown=not as_json) as bar,
        ):
            report = write_shards(
                source, output, layout=layout, take=take, validation=validation, seed=seed, per_shard=per_shard,
                smallest=smallest, pixels=pixels, processes=processes or cores, progress=bar,
            )  # fmt: skip
        if as_json:
            show_json({"folder": str(output), **asdict(report)})
        else:
            show_lines(_summary(output, report, smallest))


def _summary(output: Path, report: "ShardReport", smallest: int) -> Iterator[str]:
    earlier = f", {report.found:,} of them from an earlier run" if report.found else ""
    yield (
        f"{count(report.training, 'image')} for training and {report.validation:,} for validation are in "
        f"{count(report.shards, 'shard')} in {output} ({storage(report.size)}){earlier}; layout {report.layout}"
    )
    if report.too_small:
        yield f"{count(report.too_small, 'image')} left out: smaller than {smallest} pixels on a side"
    if report.left_out:
        yield f"{count(len(report.left_out), 'file')} left out:"
        yield from first_lines([report.left_out[name] for name in sorted(report.left_out)])
    yield from comparison_lines(report, output)


def comparison_lines(report: "PreparationReport | ShardReport", output: Path) -> Iterator[str]:
    """Yield the last lines of a report: the images of test sets that were left out, and the next command."""
    tests = [f"{file} ({test})" for file, test in sorted(report.test_pictures.items())]
    yield f"Compared with {report.comparison.known} images of known test sets: {len(tests) or 'none'} left out"
    yield from first_lines(tests)
    yield f"Next: srgan train srresnet-mse-quick --data {shlex.quote(str(output))}"
