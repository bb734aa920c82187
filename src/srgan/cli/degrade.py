"""`srgan data degrade`: photos in, damaged low-resolution images out."""

from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srgan.cli.console import count, failures, printable, say, show, show_json
from srgan.data.mixes import EVERYDAY, EVERYDAY_NAME, MIXES
from srgan.errors import UsageError

if TYPE_CHECKING:
    from srgan.data.damaged_images import DamagedImages

_DRAWN = ", ".join(f"{name} {share:.0%}" for name, share in EVERYDAY.items())
_MIXES = "\n".join(
    f"  {name:<10} {summary}"
    for name, summary in (
        *((mix.name, mix.summary) for mix in MIXES.values()),
        (EVERYDAY_NAME, f"One of these for each image: {_DRAWN}"),
    )
)

EPILOG = f"""\
[bold]Examples[/bold]

  srgan data degrade photos --mix messenger -o small   photos/a/dog.jpg becomes small/a/dog.png
  srgan data degrade photos --mix hard --seed 7 -o small
  srgan upscale small -o large                         and look how well they are enlarged

[bold]Mixes[/bold], with their ranges in docs/degradations.md:

{_MIXES}

Images are cut to a multiple of the scale, made smaller and damaged, and kept as PNG, without further loss. The damage \
depends on the seed and on an image's name below FOLDER: the same command makes the same images. Yours are never \
changed. Those that cannot be read are left out and named.

To judge methods on damaged images: srgan evaluate --input messenger. To train on them: srgan train with --set \
degradation=everyday.

Exit code: 0 all well, 1 the images cannot be used, 2 no such mix, 130 interrupted.
"""

_SHOWN = 10  # files left out that are named

_WHAT, _PLACE, _TALK = "What is done", "What is written, and where", "What is said"

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False, help="A folder of images.")]
MixName = Annotated[
    str | None,
    typer.Option(
        "--mix",
        metavar="NAME",
        show_default=False,
        rich_help_panel=_WHAT,
        help=f"The damage: {', '.join((*MIXES, EVERYDAY_NAME))}. Needed.",
    ),
]
Scale = Annotated[
    int, typer.Option(min=1, max=16, metavar="FACTOR", rich_help_panel=_WHAT, help="How many times smaller.")
]
Seed = Annotated[int, typer.Option(metavar="N", rich_help_panel=_WHAT, help="Fixes what is drawn.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel=_PLACE,
        help="For the damaged images: a new or empty folder. Needed.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document.")]


def degrade(
    folder: Folder,
    mix: MixName = None,
    scale: Scale = 4,
    seed: Seed = 0,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Make damaged low-resolution images of photos, as cameras, messengers and web pages do."""
    with failures(as_json=as_json):
        from srgan.cli.console import one_interruption
        from srgan.cli.progress_bar import Counter, on_terminal
        from srgan.data.damaged_images import write_damaged
        from srgan.data.prepare import find_pictures

        if mix is None:
            raise UsageError(f"there is no damage to do: choose --mix from {', '.join((*MIXES, EVERYDAY_NAME))}")
        if output is None:
            raise UsageError("there is no place for the damaged images: name a folder with -o")
        try:
            with one_interruption(), Counter(shown=on_terminal() and not as_json) as counter:
                made = write_damaged(
                    find_pictures([folder]),
                    folder,
                    output,
                    mix=mix,
                    scale=scale,
                    seed=seed,
                    progress=lambda done, whole: counter.count("damaging images", done, whole),
                )
        except KeyboardInterrupt:
            say("Interrupted: nothing was written; run the same command again")
            raise typer.Exit(130) from None
        if as_json:
            asked = {"folder": str(output), "mix": mix, "scale": scale, "seed": seed}
            show_json({**asked, "written": made.written, "left_out": made.left_out})
        else:
            show("\n".join(printable(line) for line in _summary(made, mix, output)))


def _summary(made: "DamagedImages", mix: str, output: Path) -> Iterator[str]:
    drawn = Tally(made.written.values())
    parts = (
        f" ({', '.join(f'{name} {drawn[name]}' for name in EVERYDAY if drawn[name])})" if mix == EVERYDAY_NAME else ""
    )
    yield f"{count(len(made.written), 'image')} damaged by {mix}{parts} in {output}"
    if made.left_out:
        yield f"{count(len(made.left_out), 'image')} left out:"
    for name in sorted(made.left_out)[:_SHOWN]:
        yield f"  {made.left_out[name]}"
    if len(made.left_out) > _SHOWN:
        yield f"  and {len(made.left_out) - _SHOWN:,} more, which --json names"
