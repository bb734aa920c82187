"""Weights as tensors: of a model, and out of files that `torch.save` wrote, whose pickles run nothing here."""

import pickle
import struct
import warnings
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from srgan.errors import ModelError
from srgan.weights.catalogue import Model
from srgan.weights.foreign_onnx import MAX_BYTES
from srgan.weights.model_file import read_weights

_DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RuntimeError),
    *(EOFError, MemoryError, struct.error, BadZipFile, NotImplementedError, RecursionError),
)
"""What torch.load raises for files that are not whole, or whose parts do not fit each other."""


def trained_weights(model: Model) -> dict[str, Tensor]:
    """Return the state dict of a model's network.

    Raises:
        ModelError: if a file is missing or damaged.
    """
    if ".safetensors" not in model.card.files:
        return {name: torch.from_numpy(value) for name, value in read_weights(model.read()).items()}
    try:
        return load(model.read(".safetensors"))
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise ModelError(f"the weights of {model.name} are damaged: export the model again") from error


_WRAPPERS = ("params_ema", "params", "state_dict", "model_state_dict", "generator", "model", "net_g", "netG")
"""Names under which checkpoints keep the weights of the network that enlarges, the better ones first."""


def read_any_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a `.safetensors` file or of a state dict that `torch.save` wrote, alone or in a checkpoint.

    No more memory is taken than a few times the file's size, whatever stands in it.

    Raises:
        ModelError: if the file cannot be read, is damaged or too large, or holds anything but tensors of the CPU.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ModelError(f"{path} is larger than {MAX_BYTES >> 30} GiB, and no network that srgan runs is")
        is_plain = path.suffix == ".safetensors"
        state: Any = load(path.read_bytes()) if is_plain else _unwrap(_load(path), path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is damaged or no safetensors file: fetch it again") from error
    whole = sum(value.numel() * value.element_size() for value in state.values()) <= 2 * size
    plain = all(value.layout == torch.strided and value.device.type == "cpu" for value in state.values())
    if not (whole and plain and all(isinstance(name, str) for name in state)):
        raise ModelError(f"{path} holds more than plain tensors, or claims more than it has: fetch it again")
    return {name: value.detach().contiguous() for name, value in state.items()}


def _unwrap(state: Any, path: Path) -> dict[str, Tensor]:
    """Return the state dict in a checkpoint.

    Raises:
        ModelError: if there is none.
    """
    for _ in range(3):
        if not isinstance(state, dict):
            break
        tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
        if tensors and not any(isinstance(state.get(name), dict) for name in _WRAPPERS):
            return tensors
        inner = [state[name] for name in _WRAPPERS if isinstance(state.get(name), dict)]
        state = inner[0] if inner else None
    raise ModelError(f"{path} holds no state dict: save the network's weights alone")


def read_tensors(path: Path, *, prefix: str = "") -> dict[str, Tensor]:
    """Return the tensors of a state dict that `torch.save` wrote, those whose names start with `prefix`.

    The file is read whole once.

    Args:
        path: the file.
        prefix: `features.` for instance.

    Raises:
        ModelError: if the file cannot be read, is damaged, or holds anything but floating-point tensors.
    """
    state = _load(path)
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) and value.is_floating_point()
        for name, value in state.items()
    ):
        raise ModelError(f"{path} holds more than plain tensors: convert it to .safetensors")
    return {name: value.detach().clone() for name, value in state.items() if name.startswith(prefix)}


def _load(path: Path) -> Any:
    """Return what `torch.save` wrote, of which nothing is run.

    Raises:
        ModelError: if the file cannot be read, is damaged, or holds more than tensors and plain Python values.
    """
    try:
        if is_zipfile(path):
            with ZipFile(path) as archive:
                if sum(member.file_size for member in archive.infolist()) > 2 * path.stat().st_size:
                    raise ModelError(f"{path} is packed far smaller than it is: fetch or write it again")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unusual pickles, which are refused if they are not understood
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _unreadable(path, error) from error
    except pickle.UnpicklingError as error:
        raise ModelError(f"{path} holds more than plain tensors: convert it to .safetensors") from error
    except _DAMAGE as error:
        raise ModelError(f"{path} is damaged or not what torch.save writes: fetch or write it again") from error


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path} cannot be read ({error.strerror or error}): check the path")
