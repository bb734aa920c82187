"""`srgan train`: train a network on photos by a recipe."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from srgan.cli.console import failures, need_packages, say, show, show_json
from srgan.cli.shared_options import COMPUTATION, INPUT, OUTPUT, Json, argument, flag, option
from srgan.errors import SrganError, TrainingError, UsageError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from srgan.progress import Progress
    from srgan.training.monitoring.validation import Goal
    from srgan.training.run_folder import Run
    from srgan.training.setup import TrainingOptions
    from srgan.training.state import State

EPILOG = """\
[bold]Examples[/bold]

  srgan train srresnet-mse-quick --data photos --minutes 5
  srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick
  srgan train srgan-vgg22-quick --from runs/srresnet-mse-quick --resume
  srgan train srgan-vgg22 --data photos --from runs/srresnet-mse --set updates=5000 --set batch=8
  srgan train srresnet-mse --data photos --until Set5:32.0

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
        "Photos, what `srgan data prepare` or `srgan data shards` made of them, or the URL of shards; without it, "
        "those of the run that --from names.",
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
Until = Annotated[
    str | None,
    option(
        "Stop at this PSNR on a test set, such as Set5:32.0 (in dB, by the matlab protocol, measured at every "
        "validation), and say how long it took.",
        "--until",
        metavar="SET:PSNR",
        panel=INPUT,
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
    until: Until = None,
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
        goal = None if until is None else _find_goal(until, chosen.network.scale)
        from srgan.cli.training_progress import TrainingProgress
        from srgan.training.distributed import launch
        from srgan.training.run_folder import Run
        from srgan.training.setup import TrainingOptions

        run = Run(output or Path("runs") / chosen.name)
        restarted = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"  # set by torchrun
        if not (resume or restarted):
            run.check_is_new()
        elif resume and not run.exists:
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
        if restarted:  # the same command again, after a process has ended; the first process says whether a run began
            resume = fabric.broadcast(run.exists)
        options = TrainingOptions(chosen, data, begun_from, vgg, features, None if minutes is None else 60 * minutes)
        try:
            with TrainingProgress(quiet=_is_helper()) as progress:
                state, seconds = _train(run, options, fabric, progress, resume=resume, save_every=save_every, goal=goal)
        except KeyboardInterrupt:
            if not _is_helper():
                say(f"Interrupted{f': go on with {run.folder} by --resume' if run.exists else ''}")
            raise typer.Exit(130) from None
        if not _is_helper():
            reached = None if goal is None or seconds is None else (goal, seconds)
            _report(run, state, interrupted=progress.stopping, as_json=as_json, reached=reached)
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
        # Another process has ended while this one waited for it: gloo has no class of its own for that.
        if not any(word in str(error) for word in ("gloo", "by peer", "NCCL")):
            raise
        if _is_helper():
            raise typer.Exit(1) from None
        raise TrainingError(
            "another process of the run has ended: go on from the newest checkpoint with --resume"
        ) from error


def _train(
    run: "Run",
    options: "TrainingOptions",
    fabric: "Fabric",
    progress: "Progress",
    *,
    resume: bool,
    save_every: int | None,
    goal: "Goal | None",
) -> "tuple[State, float | None]":
    from srgan.training import setup
    from srgan.training.loop import train as train_run

    start = setup.resume if resume else setup.begin
    inputs = start(run, options, fabric=fabric, progress=progress)
    state = setup.load_state(run, inputs, fabric=fabric, progress=progress)
    seconds = train_run(state, run, inputs, progress, seconds=options.seconds, save_every=save_every, goal=goal)
    return state, seconds


def _find_goal(text: str, scale: int) -> "Goal":
    """Return the goal that SET:PSNR names.

    Raises:
        UsageError: if it is no such words, or there is no such set.
        PictureError: if an image of the set cannot be read.
    """
    from srgan.evaluation.measures import find_protocol
    from srgan.evaluation.test_sets import find_set, small_and_true
    from srgan.training.monitoring.validation import Goal

    word, _, number = text.rpartition(":")
    try:
        psnr = float(number)
    except ValueError:
        psnr = 0.0
    if not word or not 0 < psnr < 100:  # written so that NaN is refused
        raise UsageError(f"until is {text}, but must be a set and a PSNR in dB, as Set5:32.0", parameter="until")
    images = find_set(word)
    return Goal(images.name, psnr, tuple(small_and_true(images, scale=scale)), find_protocol("matlab", scale))


def _report(
    run: "Run", state: "State", *, interrupted: bool, as_json: bool, reached: "tuple[Goal, float] | None"
) -> None:
    from srgan.training.monitoring.log import VALIDATION, read_log

    table = read_log(run.folder / VALIDATION)
    best = run.better("raw", "average")
    psnr, ssim, update = table[f"{best}_psnr"][-1], table[f"{best}_ssim"][-1], int(table["update"][-1])
    if as_json:
        document = {"run": str(run.folder), "updates": update, "planned": state.updates, "psnr": psnr, "ssim": ssim}
        document |= {"weights": best, "plots": str(run.plots), "sheet": str(run.sheet), "interrupted": interrupted}
        if reached is not None:
            goal, seconds = reached
            document["until"] = {"set": goal.name, "psnr": goal.psnr, "minutes": round(seconds / 60, 3)}
        show_json(document)
        return
    if reached is not None:
        goal, seconds = reached
        show(f"{goal.psnr:g} dB on {goal.name} ({goal.protocol.name} protocol) after {seconds / 60:.1f} minutes")
    show(
        f"{update:,} of {state.updates:,} updates; validation {psnr:.2f} dB, SSIM {ssim:.4f} (paper's protocol, "
        f"{best} weights)\nplots     {run.plots}\npictures  {run.sheet}"
    )
    if update < state.updates:
        show("to go on  the same command with --resume")
    show(f"to use it srgan export {run.folder}")
