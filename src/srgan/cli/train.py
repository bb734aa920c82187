"""`srgan train`: pictures and a recipe in, a network out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, say, show, show_json
from srgan.errors import SrganError, UsageError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from srgan.cli.training_progress import Watcher
    from srgan.training.run_folder import Run
    from srgan.training.setup import Wishes
    from srgan.training.update import Training

EPILOG = """\
[bold]Examples[/bold]

  srgan train srresnet-mse-quick --data photos --minutes 5
  srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick
  srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick --resume
  srgan train srgan-vgg22 --data photos --from runs/srresnet-mse --set updates=5000 --set batch=8

Photos may lie in folders of folders and be of mixed formats; broken and small ones are left out and counted. The \
run's folder gets checkpoints, tables, plots, and a sheet of pictures. After an interruption, the same command with \
--resume goes on to the same result, bit for bit.

Then: srgan export runs/srresnet-mse-quick

Exit code: 0 all well, 1 training failed, 2 no such recipe or setting, 130 interrupted.
"""

_WHAT, _PLACE, _MACHINE, _TALK = "What is trained", "What is written, and where", "How it is computed", "What is said"

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", show_default=False, help="One that `srgan recipes` lists.")
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        rich_help_panel=_WHAT,
        help="Photos, or what `srgan data prepare` made of them; without it, those of the run that --from names.",
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN",
        rich_help_panel=_WHAT,
        help="Begin with the generator of this run, or of a model; none begins at random.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        rich_help_panel=_WHAT,
        help="Change a setting of the recipe, as updates=5000; may be given several times.",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        metavar="MINUTES",
        rich_help_panel=_WHAT,
        help="How long it may take: the learning rate is planned for the updates that fit.",
    ),
]
Vgg = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=_WHAT,
        help="Weights of VGG19, for losses on its features; download fetches torchvision's, 548 MiB.",
    ),
]
Features = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=_WHAT,
        help="Weights of the network that a perception loss looks through: ResNet-50 v2, SqueezeNet 1.1 or VGG19.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="RUN", rich_help_panel=_PLACE, help="The run's folder; without it, runs/RECIPE."
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", metavar="", rich_help_panel=_PLACE, help="Go on with the run in that folder.")
]
SaveEvery = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="UPDATES",
        rich_help_panel=_PLACE,
        help="Updates between checkpoints, beside those at every validation.",
    ),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"],
    typer.Option(rich_help_panel=_MACHINE, help="auto takes a graphics processor if there is one."),
]
Devices = Annotated[
    int,
    typer.Option(min=1, metavar="N", rich_help_panel=_MACHINE, help="Processes that train together on this machine."),
]
Nodes = Annotated[int, typer.Option(min=1, metavar="N", rich_help_panel=_MACHINE, help="Machines that do so.")]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    typer.Option(rich_help_panel=_MACHINE, help="auto takes bf16 where the hardware multiplies it."),
]
AsJson = Annotated[
    bool, typer.Option("--json", metavar="", rich_help_panel=_TALK, help="Report as a JSON document at the end.")
]


def train(
    recipe: RecipeName,
    data: Data = None,
    begun_from: From = None,
    settings: Set = None,
    minutes: Minutes = None,
    vgg: Vgg = None,
    features: Features = None,
    output: Output = None,
    resume: Resume = False,
    save_every: SaveEvery = None,
    device: Device = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Train a network on your own photos, by a recipe of the paper or of the projects built on it."""
    with failures(as_json=as_json), _one_voice():
        if minutes is not None and not 0 < minutes < float("inf"):
            raise UsageError(f"--minutes {minutes:g} is no time to train: give a number above 0")
        from srgan.training.recipes import find
        from srgan.training.recipes.overrides import override

        chosen = override(find(recipe), settings or [])
        _need_packages()
        from srgan.cli.training_progress import Watcher
        from srgan.training.distributed import launch
        from srgan.training.run_folder import Run
        from srgan.training.setup import Wishes

        run = Run(output or Path("runs") / chosen.name)
        _check_folder(run, resume=resume)
        fabric = launch(device, devices=devices, nodes=nodes, precision=precision)
        if chosen.batch % fabric.world_size:
            raise UsageError(
                f"a batch of {chosen.batch} cannot be shared equally by {fabric.world_size} processes: "
                "change it with --set batch=, or lower --devices"
            )
        wishes = Wishes(chosen, data, begun_from, vgg, features, None if minutes is None else 60 * minutes)
        try:
            with Watcher(quiet=_is_helper()) as watcher:
                training = _work(run, wishes, fabric, watcher, resume=resume, save_every=save_every)
        except KeyboardInterrupt:
            if not _is_helper():
                say(f"Interrupted{f': go on with {run.folder} by --resume' if run.exists else ''}")
            raise typer.Exit(130) from None
        if not _is_helper():
            _report(run, training, interrupted=watcher.interrupted, as_json=as_json)
            if watcher.interrupted:
                raise typer.Exit(130)


def _is_helper() -> bool:
    """Whether this process trains together with another, which speaks for all: as Fabric and torchrun number them."""
    return any(os.environ.get(name, "0") != "0" for name in ("RANK", "LOCAL_RANK", "NODE_RANK"))


@contextmanager
def _one_voice() -> Iterator[None]:
    """What goes wrong in all processes is said by the first."""
    try:
        yield
    except SrganError as error:
        if _is_helper():
            raise typer.Exit(error.exit_code) from None
        raise
    except RuntimeError as error:
        # The first process has ended while this one waited for it: gloo has no class of its own for that.
        if _is_helper() and "by peer" in str(error):
            raise typer.Exit(1) from None
        raise


def _need_packages() -> None:
    import importlib.util

    for package in ("torch", "lightning_fabric", "safetensors", "onnx", "matplotlib"):
        if importlib.util.find_spec(package) is None:
            raise SrganError(f"training needs {package}, which is not installed: pip install 'srgan[train]'")


def _check_folder(run: "Run", *, resume: bool) -> None:
    if resume and not run.exists:
        raise UsageError(
            f"there is no run in {run.folder} to go on with: leave out --resume, or name its folder with -o"
        )
    if not resume and run.exists:
        raise UsageError(f"{run.folder} holds a run: go on with it by --resume, or name another folder with -o")
    if not resume and run.folder.is_dir() and any(run.folder.iterdir()):
        raise UsageError(f"{run.folder} is not empty: name another folder with -o")


def _work(
    run: "Run", wishes: "Wishes", fabric: "Fabric", watcher: "Watcher", *, resume: bool, save_every: int | None
) -> "Training":
    from functools import partial

    from srgan.training.loop import train as train_run
    from srgan.training.setup import begin, go_on, open_material

    opened = partial(open_material, say=watcher.say, progress=watcher.bar)
    if resume:
        material = go_on(run, wishes, fabric=fabric, opened=opened)
    else:
        material = begin(run, wishes, fabric=fabric, say=watcher.say, opened=opened, progress=watcher.bar)
    return train_run(material, run, fabric=fabric, listener=watcher, seconds=wishes.seconds, save_every=save_every)


def _report(run: "Run", training: "Training", *, interrupted: bool, as_json: bool) -> None:
    from srgan.training.monitoring.log import VALIDATION, read_log

    found = read_log(run.folder / VALIDATION)
    best = run.better("raw", "average")
    psnr, ssim, update = found[f"{best}_psnr"][-1], found[f"{best}_ssim"][-1], int(found["update"][-1])
    if as_json:
        document = {"run": str(run.folder), "updates": update, "planned": training.updates, "psnr": psnr, "ssim": ssim}
        show_json(
            {**document, "weights": best, "plots": str(run.plots), "sheet": str(run.sheet), "interrupted": interrupted}
        )
        return
    show(
        f"{update:,} of {training.updates:,} updates; validation {psnr:.2f} dB, SSIM {ssim:.4f} (paper's protocol, "
        f"{best} weights)\nplots     {run.plots}\npictures  {run.sheet}"
    )
    if update < training.updates:
        show("to go on  the same command with --resume")
    show(f"to use it srgan export {run.folder}")
