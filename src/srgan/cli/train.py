"""`srgan train`: train a network on photos by a recipe."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, need_packages, say, show, show_json
from srgan.cli.shared_options import COMPUTATION, INPUT, OUTPUT, Json, argument, flag, option
from srgan.errors import SrganError, UsageError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from srgan.progress import Progress
    from srgan.training.run_folder import Run
    from srgan.training.setup import TrainingOptions
    from srgan.training.state import State

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

RecipeName = Annotated[str, argument("One that `srgan recipes` lists.", "RECIPE")]
Data = Annotated[
    str | None,
    option(
        "Photos, or what `srgan data prepare` made of them; without it, those of the run that --from names.",
        metavar="FOLDER",
        panel=INPUT,
    ),
]
From = Annotated[
    str | None,
    option(
        "Begin with the generator of this run, or of a model; none begins at random.",
        "--from",
        metavar="RUN",
        panel=INPUT,
    ),
]
Set = Annotated[
    list[str] | None,
    option(
        "Change a setting of the recipe, as updates=5000; may be given several times.",
        "--set",
        metavar="FIELD=VALUE",
        panel=INPUT,
    ),
]
Minutes = Annotated[
    float | None,
    option(
        "How long it may take: the learning rate is planned for the updates that fit.", metavar="MINUTES", panel=INPUT
    ),
]
Vgg = Annotated[
    str | None,
    option(
        "Weights of VGG19, for losses on its features; download fetches torchvision's, 548 MiB.",
        metavar="FILE",
        panel=INPUT,
    ),
]
Features = Annotated[
    str | None,
    option(
        "Weights of the network of a loss or discriminator on deep features: ResNet-50 v2, SqueezeNet 1.1 or VGG19.",
        metavar="FILE",
        panel=INPUT,
    ),
]
Output = Annotated[
    Path | None,
    option("The run's folder; without it, runs/RECIPE.", "--output", "-o", metavar="RUN", panel=OUTPUT),
]
Resume = Annotated[bool, flag("Resume the run in that folder.", "--resume", panel=OUTPUT)]
SaveEvery = Annotated[
    int | None,
    option("Updates between checkpoints, besides those at every validation.", metavar="UPDATES", panel=OUTPUT, min=1),
]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"],
    option("auto takes a graphics processor if there is one.", panel=COMPUTATION),
]
Devices = Annotated[
    int, option("Processes that train together on this machine.", metavar="N", panel=COMPUTATION, min=1)
]
Nodes = Annotated[int, option("Machines that do so.", metavar="N", panel=COMPUTATION, min=1)]
Precision = Annotated[
    Literal["auto", "fp32", "bf16"],
    option("auto takes bf16 where the hardware multiplies it.", panel=COMPUTATION),
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
    as_json: Json = False,
) -> None:
    """Train a network on your own photos, by a recipe of the paper or of the projects built on it."""
    wait_passively()
    with failures(as_json=as_json), _one_report():
        if minutes is not None and not 0 < minutes < float("inf"):
            raise UsageError(f"minutes is {minutes:g}, but must be above 0", parameter="minutes")
        from srgan.training.recipes import find_recipe
        from srgan.training.recipes.overrides import override

        chosen = override(find_recipe(recipe), settings or [])
        need_packages("torch", "lightning_fabric", "safetensors", "onnx", "matplotlib", extra="train")
        from srgan.cli.training_progress import TrainingProgress
        from srgan.training.distributed import launch
        from srgan.training.run_folder import Run
        from srgan.training.setup import TrainingOptions

        run = Run(output or Path("runs") / chosen.name)
        if not resume:
            run.check_is_new()
        elif not run.exists:
            raise UsageError(
                f"output {run.folder} holds no run to resume: leave out --resume, or name its folder",
                parameter="output",
            )
        fabric = launch(device, devices=devices, nodes=nodes, precision=precision)
        if chosen.crops.batch % fabric.world_size:
            raise UsageError(
                f"devices is {fabric.world_size}, but a batch of {chosen.crops.batch} cannot be shared equally by so "
                "many: lower it, or change the batch with --set batch=",
                parameter="devices",
            )
        options = TrainingOptions(chosen, data, begun_from, vgg, features, None if minutes is None else 60 * minutes)
        try:
            with TrainingProgress(quiet=_is_helper()) as progress:
                state = _train(run, options, fabric, progress, resume=resume, save_every=save_every)
        except KeyboardInterrupt:
            if not _is_helper():
                say(f"Interrupted{f': go on with {run.folder} by --resume' if run.exists else ''}")
            raise typer.Exit(130) from None
        if not _is_helper():
            _report(run, state, interrupted=progress.stopping, as_json=as_json)
            if progress.stopping:
                raise typer.Exit(130)


def wait_passively() -> None:
    """Let threads sleep while they wait for each other, unless the user's environment says how they wait.

    By default OpenMP's threads keep their cores busy while they wait. On a core that another program uses too, the
    waiting threads then take the time of the one that they wait for, and training slows many times over. It must be
    called before torch is imported.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & os.environ.keys():
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ["KMP_BLOCKTIME"] = "0"


def _is_helper() -> bool:
    """Return whether another process, which reports for all, trains together with this one, by Fabric or torchrun."""
    return any(os.environ.get(name, "0") != "0" for name in ("RANK", "LOCAL_RANK", "NODE_RANK"))


@contextmanager
def _one_report() -> Iterator[None]:
    """Let an error of all processes be reported by the first only."""
    try:
        yield
    except SrganError as error:
        if _is_helper():
            raise typer.Exit(error.exit_code) from None
        if isinstance(error, UsageError) and error.parameter == "begun_from":  # the option has a name of its own
            raise UsageError(str(error).replace("begun_from", "--from", 1)) from error
        raise
    except RuntimeError as error:
        # The first process has ended while this one waited for it: gloo has no class of its own for that.
        if _is_helper() and "by peer" in str(error):
            raise typer.Exit(1) from None
        raise


def _train(
    run: "Run",
    options: "TrainingOptions",
    fabric: "Fabric",
    progress: "Progress",
    *,
    resume: bool,
    save_every: int | None,
) -> "State":
    from srgan.training import setup
    from srgan.training.loop import train as train_run

    start = setup.resume if resume else setup.begin
    inputs = start(run, options, fabric=fabric, progress=progress)
    state = setup.load_state(run, inputs, fabric=fabric, progress=progress)
    train_run(state, run, inputs, progress, seconds=options.seconds, save_every=save_every)
    return state


def _report(run: "Run", state: "State", *, interrupted: bool, as_json: bool) -> None:
    from srgan.training.monitoring.log import VALIDATION, read_log

    table = read_log(run.folder / VALIDATION)
    best = run.better("raw", "average")
    psnr, ssim, update = table[f"{best}_psnr"][-1], table[f"{best}_ssim"][-1], int(table["update"][-1])
    if as_json:
        document = {"run": str(run.folder), "updates": update, "planned": state.updates, "psnr": psnr, "ssim": ssim}
        show_json(
            {**document, "weights": best, "plots": str(run.plots), "sheet": str(run.sheet), "interrupted": interrupted}
        )
        return
    show(
        f"{update:,} of {state.updates:,} updates; validation {psnr:.2f} dB, SSIM {ssim:.4f} (paper's protocol, "
        f"{best} weights)\nplots     {run.plots}\npictures  {run.sheet}"
    )
    if update < state.updates:
        show("to go on  the same command with --resume")
    show(f"to use it srgan export {run.folder}")
