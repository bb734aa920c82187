"""Weights as tensors: of a model, and out of files that `torch.save` wrote, whose pickles run nothing here."""

import json
import pickle
import struct
import warnings
from pathlib import Path

import torch
from safetensors.torch import load
from torch import Tensor

from srgan.errors import ModelError
from srgan.weights.catalogue import Model
from srgan.weights.model_file import read_weights

_DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RuntimeError),
    *(EOFError, MemoryError, struct.error),
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
    except (RuntimeError, ValueError, json.JSONDecodeError) as error:
        raise ModelError(f"the weights of {model.name} are damaged: export the model again") from error


def read_tensors(path: Path, *, prefix: str = "") -> dict[str, Tensor]:
    """Return the tensors of a state dict that `torch.save` wrote, those whose names start with `prefix`.

    The file is read whole once.

    Args:
        path: the file.
        prefix: `features.` for instance.

    Raises:
        ModelError: if the file cannot be read, is damaged, or holds anything but floating-point tensors.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of unusual pickles, which are refused if they are not understood
            state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}): check the path") from error
    except pickle.UnpicklingError as error:
        raise ModelError(f"{path} holds more than plain tensors: convert it to .safetensors") from error
    except _DAMAGE as error:
        raise ModelError(f"{path} is damaged or not what torch.save writes: fetch or write it again") from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) and value.is_floating_point()
        for name, value in state.items()
    ):
        raise ModelError(f"{path} holds more than plain tensors: convert it to .safetensors")
    return {name: value.detach().clone() for name, value in state.items() if name.startswith(prefix)}
