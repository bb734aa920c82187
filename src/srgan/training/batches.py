"""Batches as tensors on the training device: cropped there if the pictures fit, else cropped ahead of time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srgan.data.crops import CropSampler, Places
from srgan.data.prepared_set import PreparedPictures
from srgan.data.shard_sampler import ShardSampler
from srgan.data.shards import AnyPictures, ShardedPictures
from srgan.training.recipes.recipe import Recipe

Batch = tuple[Tensor, Tensor]
"""(low, high), each (B, 3, H, W) in [0, 1], channels last."""

_SHARE = 0.5
"""Largest part of the free memory of a graphics processor that pictures may take."""


def to_tensor(pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Convert (B, H, W, 3) uint8 to (B, 3, H, W) float32 in [0, 1], laid out channels last."""
    tensor = torch.from_numpy(pixels)
    if device.type == "cuda":
        tensor = tensor.pin_memory().to(device, non_blocking=True)
    return tensor.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)


def make_sampler(recipe: Recipe, pictures: AnyPictures) -> CropSampler:
    """Return the sampler of the recipe's batches.

    Raises:
        DataError: if there are too few pictures.
    """
    crops = recipe.crops
    settings: dict[str, Any] = {
        **{"batch": crops.batch, "crop": crops.crop, "seed": recipe.schedule.seed},
        **{"quarter_turns": crops.quarter_turns, "degradation": crops.degradation},
    }
    if isinstance(pictures, ShardedPictures):
        return ShardSampler(pictures, **settings)
    return CropSampler(pictures, **settings)


class DeviceCrops:
    """Crops of a sampler, gathered on a device that holds all its pictures."""

    def __init__(self, sampler: CropSampler, pictures: PreparedPictures, device: torch.device) -> None:
        self._side, self._scale, self._device = sampler.side, pictures.scale, device
        self._low, self._high = (torch.from_numpy(np.array(flat)).to(device) for flat in (pictures.low, pictures.high))
        columns = [[entry.low_offset, entry.high_offset, entry.width] for entry in pictures.entries]
        self._entries = torch.tensor(columns, device=device)

    def crops(self, places: Places) -> Batch:
        """Return the crops of `CropSampler.crops`, as floats."""
        chosen = self._entries[self._on_device(places.pictures)]
        low_offset, high_offset, width = chosen.unbind(1)
        numbers = [self._on_device(column) for column in (places.top, places.left, places.turns, places.mirrored)]
        low = self._gather(self._low, low_offset, width // self._scale, *numbers, factor=1)
        return low, self._gather(self._high, high_offset, width, *numbers, factor=self._scale)

    def _on_device(self, column: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(column)).to(self._device, non_blocking=True)

    def _gather(
        self, flat: Tensor, offset: Tensor, width: Tensor, top: Tensor, left: Tensor, turns: Tensor, mirrored: Tensor,
        *, factor: int,
    ) -> Tensor:  # fmt: skip
        """Gather crops out of pictures that lie one behind the other, by the place of every pixel."""
        side, (top, left) = factor * self._side, (factor * top, factor * left)
        turns, mirrored = turns[:, None, None], mirrored[:, None, None]
        i = torch.arange(side, device=self._device)[None, :, None].expand(len(top), side, side)
        j = torch.arange(side, device=self._device)[None, None, :].expand(len(top), side, side)
        last = side - 1
        j = torch.where(mirrored, last - j, j)
        row = torch.where(turns == 0, i, torch.where(turns == 1, j, torch.where(turns == 2, last - i, last - j)))
        column = torch.where(turns == 0, j, torch.where(turns == 1, last - i, torch.where(turns == 2, last - j, i)))
        pixel = (top[:, None, None] + row) * width[:, None, None] + left[:, None, None] + column
        index = offset[:, None, None, None] + 3 * pixel[..., None] + torch.arange(3, device=self._device)
        return flat[index].permute(0, 3, 1, 2).to(torch.float32).div_(255.0)


def fits(pictures: PreparedPictures, device: torch.device) -> bool:
    """Return whether the device is a graphics processor with room for all pictures."""
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return len(pictures.low) + len(pictures.high) <= _SHARE * free


def batches(sampler: CropSampler, device: torch.device, updates: range, *, rank: int, ranks: int) -> Iterator[Batch]:
    """Yield the batches of these updates, this process's part of each."""
    pictures = sampler.pictures
    if isinstance(pictures, PreparedPictures) and fits(pictures, device) and not sampler.is_degraded:
        held = DeviceCrops(sampler, pictures, device)
        for update in updates:
            yield held.crops(sampler.places(update).part(rank, ranks))
        return
    # The disk is read, and crops are damaged, while the networks compute.
    for low, high in sampler.stream(updates, rank=rank, ranks=ranks):
        yield to_tensor(low, device), to_tensor(high, device)
