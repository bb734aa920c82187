"""Checkpoints: safetensors and a JSON note, written whole or not at all, and read back to the bit.

The note is written last and holds the checksum of the tensors: without it, or with another, there is no checkpoint.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

from srgan.errors import OutputError, TrainingError
from srgan.files import make_folder, write_bytes
from srgan.training.distributed import describe_machine
from srgan.training.run_folder import Run
from srgan.training.state import Network, State

_KEPT = 3
"""Number of newest checkpoints that are kept."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint read from disk, its checksum verified."""

    path: Path
    update: int
    """Updates done."""
    seconds: float
    """Time that they took, with validations."""
    machine: str
    """Description of the device of the last of them."""
    tensors: dict[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """Return the tensors of one part, such as "generator", by their names in it."""
        prefix = f"{name}/"
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def save_checkpoint(state: State, folder: Path) -> Path:
    """Write the state into the folder, remove all but the last three checkpoints, and return the path of its tensors.

    Raises:
        TrainingError: if it cannot be written.
    """
    tensors = _prefix("average", state.average.state_dict())
    for name, network in state.networks.items():
        tensors |= _prefix(name, network.module.state_dict())
        tensors |= _prefix(f"{name}_optimiser", _optimizer_state(network))
    contents = save(tensors)
    note = {
        "update": state.done,
        "seconds": round(state.seconds, 3),
        "machine": describe_machine(state.fabric.device),
        "sha256": hashlib.sha256(contents).hexdigest(),
        "recipe": state.recipe.flat(),
    }
    path = folder / f"update-{state.done:08d}.safetensors"
    try:
        make_folder(folder)
        write_bytes(path, contents)
        write_bytes(path.with_suffix(".json"), (json.dumps(note, indent=2) + "\n").encode())
        for old in sorted(folder.glob("update-*.json"))[:-_KEPT]:
            old.unlink()
            old.with_suffix(".safetensors").unlink(missing_ok=True)
    except (OSError, OutputError) as error:
        raise TrainingError(f"no checkpoint could be written: {error}; then resume the run") from error
    return path


def find_newest(folder: Path, say: Callable[[str], None] = lambda line: None) -> Checkpoint | None:
    """Return the newest checkpoint in the folder that is whole, or None; `say` gets a line for each that is not."""
    notes = sorted(folder.glob("update-*.json"), reverse=True)
    for path in notes:
        tensors = path.with_suffix(".safetensors")
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            contents = tensors.read_bytes()
            if hashlib.sha256(contents).hexdigest() == note["sha256"]:
                return Checkpoint(tensors, int(note["update"]), float(note["seconds"]), note["machine"], load(contents))
            fault = "its checksum is wrong"
        except OSError as error:
            fault = error.strerror or str(error)
        except (ValueError, KeyError, TypeError) as error:
            fault = f"its notes cannot be read: {error}"
        say(f"the checkpoint {tensors.name} is damaged ({fault}): it is passed over for the one before it")
    if notes:
        say("no checkpoint is whole: training begins anew")
    return None


def find_trained(run: Run, say: Callable[[str], None]) -> tuple[Checkpoint, dict[str, Tensor]]:
    """Return a run's newest checkpoint, and its generator's weights: raw or averaged, whichever validated better.

    Args:
        run: one with a checkpoint.
        say: gets a line for each damaged checkpoint.

    Raises:
        TrainingError: if the run has no checkpoint.
    """
    checkpoint = find_newest(run.checkpoints, say)
    if checkpoint is None:
        raise TrainingError(f"{run.folder} has no checkpoint yet: train it first")
    return checkpoint, checkpoint.part(run.better("generator", "average"))


def restore_checkpoint(state: State, checkpoint: Checkpoint) -> None:
    """Fill the state from a checkpoint.

    Raises:
        TrainingError: if the checkpoint is of other networks.
    """
    try:
        state.average.load_state_dict(checkpoint.part("average"))
        for name, network in state.networks.items():
            network.module.load_state_dict(checkpoint.part(name))
            _fill_optimizer(network, checkpoint.part(f"{name}_optimiser"))
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            f"{checkpoint.path} does not fit the recipe's networks: resume with the recipe that the run began with"
        ) from error
    state.done, state.seconds = checkpoint.update, checkpoint.seconds


def _prefix(name: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{name}/{key}": value.detach().cpu().contiguous() for key, value in tensors.items()}


def _optimizer_state(network: Network) -> dict[str, Tensor]:
    """Return the state of the optimizer, by kind and the name of the parameter."""
    names: dict[Tensor, str] = {parameter: name for name, parameter in network.module.named_parameters()}
    return {
        f"{kind}/{names[parameter]}": value
        for parameter, kinds in network.optimizer.state.items()
        for kind, value in kinds.items()
    }


def _fill_optimizer(network: Network, tensors: dict[str, Tensor]) -> None:
    """Fill the optimizer's state; a parameter that has not been changed yet has none."""
    parameters = dict(network.module.named_parameters())
    counts_on_cpu = not network.optimizer.defaults.get("fused")
    for key, value in tensors.items():
        kind, _, name = key.partition("/")
        parameter = parameters[name]
        placed = value.clone() if kind == "step" and counts_on_cpu else _place_like(value, parameter)
        network.optimizer.state[parameter][kind] = placed


def _place_like(value: Tensor, parameter: Tensor) -> Tensor:
    """Return a tensor of the optimizer on the device and in the layout in which the optimizer makes it."""
    if value.shape == parameter.shape:
        return torch.empty_like(parameter).copy_(value)
    return value.to(parameter.device, copy=True)
