"""Training states on disk: safetensors with JSON beside them, written whole or not at all, read back to the bit.

The JSON is written last and holds the checksum of the tensors: without it, or if it does not hold, there is no
checkpoint.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from srgan.errors import TrainingError
from srgan.training.distributed import machine
from srgan.training.update import Network, Training

KEEP = 3
"""How many of the newest states are kept."""


@dataclass(frozen=True)
class Checkpoint:
    """A state on disk, its checksum held."""

    path: Path
    update: int
    """Updates done."""
    seconds: float
    """That they took, validations and all."""
    machine: str
    """On which the last of them were made."""
    tensors: dict[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one part, as of "generator", by their names in it."""
        prefix = f"{name}/"
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def write(folder: Path, training: Training, *, update: int, seconds: float, keep: int = KEEP) -> Path:
    """Write the state after `update` updates into the folder; older states beyond the last `keep` are removed.

    Raises:
        TrainingError: if it cannot be written.
    """
    tensors = _part("average", training.average.state_dict())
    for name, network in training.networks.items():
        tensors |= _part(name, network.module.state_dict()) | _part(f"{name}_optimiser", _optimiser_state(network))
    contents = save(tensors)
    note = {
        "update": update,
        "seconds": round(seconds, 3),
        "machine": machine(training.fabric.device),
        "sha256": hashlib.sha256(contents).hexdigest(),
        "recipe": asdict(training.recipe),
    }
    path = folder / f"update-{update:08d}.safetensors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(path, contents)
        write_durably(path.with_suffix(".json"), (json.dumps(note, indent=2) + "\n").encode())
        for old in sorted(folder.glob("update-*.json"))[:-keep]:
            old.unlink()
            old.with_suffix(".safetensors").unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(
            f"the checkpoint {path} could not be written ({error.strerror}): free some space and go on with --resume"
        ) from error
    return path


def write_durably(path: Path, contents: bytes) -> None:
    """The file appears under its name when all of it is on the disk, and not before."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def newest(folder: Path, say: Callable[[str], None] = lambda line: None) -> Checkpoint | None:
    """The newest state in the folder that is whole; `say` hears of each that is not. None if there is none."""
    notes = sorted(folder.glob("update-*.json"), reverse=True)
    for note in notes:
        path = note.with_suffix(".safetensors")
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            contents = path.read_bytes()
            if hashlib.sha256(contents).hexdigest() == told["sha256"]:
                return Checkpoint(path, int(told["update"]), float(told["seconds"]), told["machine"], load(contents))
            fault = "its checksum is wrong"
        except OSError as error:
            fault = error.strerror or str(error)
        except (ValueError, KeyError, TypeError) as error:
            fault = f"its notes cannot be read: {error}"
        say(f"the checkpoint {path.name} is damaged ({fault}): it is passed over for the one before it")
    if notes:
        say("no checkpoint is whole: training begins anew")
    return None


def restore(training: Training, checkpoint: Checkpoint) -> None:
    """Fill `training` with the state.

    Raises:
        TrainingError: if the state is that of other networks.
    """
    try:
        training.average.load_state_dict(checkpoint.part("average"))
        for name, network in training.networks.items():
            network.module.load_state_dict(checkpoint.part(name))
            _fill_optimiser(network, checkpoint.part(f"{name}_optimiser"))
    except (RuntimeError, KeyError) as error:
        raise TrainingError(
            f"{checkpoint.path} does not fit the recipe's networks: go on with the recipe that the run was begun with"
        ) from error


def _part(name: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{name}/{key}": value.detach().cpu().contiguous() for key, value in tensors.items()}


def _optimiser_state(network: Network) -> dict[str, Tensor]:
    """All that the optimiser remembers, by kind and the name of the parameter that it belongs to."""
    names: dict[Tensor, str] = {parameter: name for name, parameter in network.module.named_parameters()}
    return {
        f"{kind}/{names[parameter]}": value
        for parameter, state in network.optimiser.state.items()
        for kind, value in state.items()
    }


def _fill_optimiser(network: Network, tensors: dict[str, Tensor]) -> None:
    states: dict[str, dict[str, Any]] = {}
    for key, value in tensors.items():
        kind, _, name = key.partition("/")
        states.setdefault(name, {})[kind] = value
    for name, parameter in network.module.named_parameters():
        state = {kind: _laid_out(value, parameter, kind) for kind, value in states[name].items()}
        network.optimiser.state[parameter] = state


def _laid_out(value: Tensor, parameter: Tensor, kind: str) -> Tensor:
    """A remembered tensor where and as the optimiser made it: like the parameter, if it has its shape."""
    if kind == "step":  # is counted on the CPU
        return value.clone()
    if value.shape == parameter.shape:
        return torch.empty_like(parameter).copy_(value)
    return value.to(parameter.device, copy=True)
