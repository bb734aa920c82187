"""The torch engine: NVIDIA and Apple graphics processors, or the CPU for comparison."""

import numpy as np
import torch
from torch import nn

from srgan.engines.engine import Floats, Precision, is_shortage
from srgan.errors import EngineError, ModelError, OutOfMemory
from srgan.models import ARCHITECTURES
from srgan.models.release.fold import deploy
from srgan.models.release.state_dict import trained_weights
from srgan.weights.card import Stage
from srgan.weights.catalogue import Model
from srgan.weights.interpolation import AnyModel


def best_device() -> torch.device:
    """Return a graphics processor where torch finds one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


class TorchEngine:
    """A model run by torch. See `Engine`."""

    name = "torch"

    def __init__(
        self, model: AnyModel, *, precision: Precision | None = None, device: torch.device | None = None
    ) -> None:
        self._device = device or best_device()
        self.device = torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else self._device.type
        self.precision: Precision = precision or ("bf16" if self._device.type == "cuda" else "fp32")
        self.stages: tuple[Stage, ...] = model.stages
        self._parts: list[nn.Module] = [
            part.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            for part in _read(model)
        ]

    def release(self, stage: int) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def run(self, stage: int, tile: Floats) -> Floats:
        try:
            low = torch.from_numpy(np.ascontiguousarray(tile, dtype=np.float32)).to(
                self._device, memory_format=torch.channels_last
            )
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bf16"):
                result = self._parts[stage](low)
            restored: Floats = result.float().cpu().numpy()
            return np.ascontiguousarray(restored)
        except (RuntimeError, MemoryError) as error:
            if isinstance(error, torch.cuda.OutOfMemoryError) or is_shortage(error):
                raise OutOfMemory("a tile did not fit into memory: close other programs") from error
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise EngineError(f"torch failed ({line}): try the engine openvino") from error


def _read(model: AnyModel) -> tuple[nn.Module, ...]:
    """Return the parts of the network, one a stage.

    Raises:
        ModelError: if a file is missing or damaged, or two networks differ in more than their weights.
    """
    if isinstance(model, Model):
        return _read_model(model)
    parts = _read(model.photo_real)
    for part, twin in zip(parts, _read(model.faithful), strict=True):
        weights, others = part.state_dict(), twin.state_dict()
        if [(name, value.shape) for name, value in weights.items()] != [(n, v.shape) for n, v in others.items()]:
            raise model.misfit()
        between = {name: model.between(value.numpy(), others[name].numpy()) for name, value in weights.items()}
        part.load_state_dict({name: torch.from_numpy(value) for name, value in between.items()})
    return parts


def _read_model(model: Model) -> tuple[nn.Module, ...]:
    """Return the parts of a trained network.

    Raises:
        ModelError: if a file is missing or damaged, or they are not those of the network that the card names.
    """
    card = model.card
    if card.architecture not in ARCHITECTURES:
        raise ModelError(f"this srgan has no network {card.architecture}, which {card.name} needs: upgrade srgan")
    network = ARCHITECTURES[card.architecture](**card.arguments)
    try:
        network.load_state_dict(trained_weights(model))
    except RuntimeError as error:
        raise ModelError(f"the weights of {card.name} do not fit its card: export the model again") from error
    parts = deploy(network.eval())
    # Of compact networks, earlier cards have one stage.
    return parts if len(parts) == len(card.stages) else (nn.Sequential(*parts),)
