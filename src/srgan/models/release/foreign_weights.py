"""Weights of published networks, recognised by the names and shapes of their tensors alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from srgan.errors import ModelError
from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.release.foreign_layouts import LAYOUTS, Layout, read_mdsr
from srgan.models.release.tensor_names import Misfit, shorten


class RecognisedNetwork(NamedTuple):
    """A network of srgan with the weights of a published one."""

    generator: AnyGenerator
    architecture: str
    arguments: dict[str, Any]


def recognise(tensors: Mapping[str, Tensor], *, scale: int | None = None) -> RecognisedNetwork:
    """Return the network that some weights belong to, in evaluation mode.

    Args:
        tensors: a state dict, with a common prefix or without.
        scale: the wanted one of weights for several scales; without it the largest.

    Raises:
        ModelError: if no published layout fits, a shape is wrong, or a number is not finite.
    """
    state = {name: value for name, value in tensors.items() if not name.endswith("num_batches_tracked")}
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise ModelError(f"the weights {shorten(name)} are no numbers (NaN or infinity): fetch the file again")
    misfit: Misfit | None = None
    for _ in range(4):
        for read in LAYOUTS:
            try:
                layout = read(state) if read is not read_mdsr else read_mdsr(state, scale)
            except Misfit as error:
                misfit = misfit or error
                continue
            if layout is not None:
                return _build(layout)
        prefixes = {name.partition(".")[0] for name in state}
        if len(prefixes) != 1 or not all("." in name for name in state):
            break
        state = {name.partition(".")[2]: value for name, value in state.items()}
    if misfit is not None:
        raise ModelError(f"the weights are damaged or of a variant that srgan does not know: {misfit}")
    names = ", ".join(shorten(name) for name in sorted(tensors)[:3])
    raise ModelError(
        f"the weights are of no network that srgan knows ({len(tensors)} tensors: {names} ...): export it to ONNX, and "
        "add that"
    )


def _build(layout: Layout) -> RecognisedNetwork:
    """Build the network once its shapes are known to be those of the tensors, so that memory is bounded by the file."""
    make = ARCHITECTURES[layout.architecture]
    state = {name: value.float().contiguous() for name, value in layout.state.items()}
    try:
        with torch.device("meta"):
            expected = {name: value.shape for name, value in make(**layout.arguments).state_dict().items()}
    except (ValueError, RuntimeError, ZeroDivisionError) as error:
        raise ModelError(f"the weights are of a network that cannot be: {error}") from error
    wrong = [name for name in (*expected, *state) if name not in state or name not in expected]
    wrong += [name for name in expected if name in state and state[name].shape != expected[name]]
    if wrong:
        raise ModelError(
            f"the weights look like {layout.architecture}, but {shorten(wrong[0])} is missing, too many or of another "
            "shape: they are damaged, or of a variant that srgan does not know"
        )
    generator = make(**layout.arguments)
    generator.load_state_dict(state)
    return RecognisedNetwork(generator.eval(), layout.architecture, layout.arguments)
