"""`srgan upscale --on ray`: a folder or bucket enlarged by many processes, and the report."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from srgan.cli.console import count, duration, need_packages, one_interruption, say, show, show_json
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.batch.batch_run import BatchReport
    from srgan.batch.model_options import ModelOptions
    from srgan.upscale.options import UpscaleOptions


def upscale_batch(
    inputs: Sequence[str],
    output: str | None,
    on: str,
    options: "UpscaleOptions",
    model: "ModelOptions",
    *,
    recursive: bool,
    follow_links: bool,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Enlarge a folder or bucket, say what became of it, and exit with the code for it.

    Raises:
        SrganError: as `run_batch` does.
    """
    need_packages("ray", "pyarrow", extra="ray")
    from srgan.batch.batch_run import Batch, run_batch
    from srgan.cli.progress_bar import ProgressBar

    if len(inputs) != 1 or output is None:
        raise UsageError("on needs one folder or address to enlarge, and an output for the results", parameter="on")
    batch = Batch(inputs[0], output, options, model, recursive=recursive, follow_links=follow_links)
    with one_interruption(), ProgressBar(shown=not (quiet or json)) as progress:
        report = run_batch(batch, on, progress=progress, dry_run=dry_run)
    if json:
        show_json(report.document())
    elif not quiet:
        show(_summary(report, dry_run=dry_run))
    if report.error is not None:
        say(f"Error: {report.error}")
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _summary(report: "BatchReport", *, dry_run: bool) -> str:
    """Return what became of all files, in a line, and where the ledger is."""
    from srgan.batch.ledger import FOLDER

    names = {
        "done": "enlarged",
        "kept": "done before",
        "skipped": "skipped",
        "failed": "failed",
        "quarantined": "quarantined",
        "left": "to enlarge" if dry_run else "left",
    }
    parts = [f"{report.counts[kind]:,} {word}" for kind, word in names.items() if report.counts[kind]]
    total = count(sum(report.counts.values()), "file")
    time = "" if dry_run else f" in {duration(report.seconds)}"
    went = "Interrupted: run the same command again to go on. " if report.interrupted else ""
    return f"{went}{total}{time}: {', '.join(parts)}; ledger in {report.target.rstrip('/')}/{FOLDER}"
