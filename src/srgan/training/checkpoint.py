"""Training states on disk: safetensors and JSON, written whole or not at all, and read back to the bit."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from srgan.errors import TrainingError
from srgan.training.steps import PixelTraining

_KEEP = 3


def _optimiser_tensors(module: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments and step counts under the names of the parameters they belong to."""
    names: dict[Tensor, str] = {parameter: name for name, parameter in module.named_parameters()}
    return {
        f"optimiser/{kind}/{names[parameter]}": value.contiguous()
        for parameter, state in optimiser.state.items()
        for kind, value in state.items()
    }


def save(folder: Path, training: PixelTraining, *, update: int) -> Path:
    """Write the state after `update` updates into the folder; older states beyond the last three are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = _optimiser_tensors(training.generator, training.optimiser)
    for part, module in (("generator", training.generator), ("average", training.average)):
        tensors |= {f"{part}/{name}": value.contiguous() for name, value in module.state_dict().items()}
    header = {"update": str(update), "recipe": json.dumps(asdict(training.recipe))}
    path = folder / f"update-{update:08d}.safetensors"
    temporary = folder / f".{path.name}.{os.getpid()}"
    try:
        save_file(tensors, temporary, metadata=header)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise TrainingError(f"the checkpoint {path} could not be written ({error}): free some space") from error
    for old in sorted(folder.glob("update-*.safetensors"))[:-_KEEP]:
        old.unlink()
    return path


def resume(folder: Path, training: PixelTraining) -> int:
    """Fill `training` from the newest state in the folder; returns the number of updates done, 0 if there is none."""
    for path in sorted(folder.glob("update-*.safetensors"), reverse=True):
        try:
            tensors = load_file(path)
        except (OSError, SafetensorError):
            continue  # cut short by a crash of the machine: the one before it is whole
        for part, module in (("generator", training.generator), ("average", training.average)):
            module.load_state_dict(_part(tensors, f"{part}/"))
        for name, parameter in training.generator.named_parameters():
            training.optimiser.state[parameter] = {
                kind: tensors[f"optimiser/{kind}/{name}"].clone(memory_format=torch.preserve_format)
                for kind in ("step", "exp_avg", "exp_avg_sq")
            }
            for kind in ("exp_avg", "exp_avg_sq"):
                state: dict[str, Any] = training.optimiser.state[parameter]
                state[kind] = torch.empty_like(parameter).copy_(state[kind])
        return int(path.stem.removeprefix("update-"))
    return 0


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
