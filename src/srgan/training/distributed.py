"""On what a run computes: device, precision and processes, as Lightning Fabric has them."""

import logging
import os
import platform
from inspect import signature
from typing import Any, Literal

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from srgan.errors import UsageError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
PrecisionName = Literal["auto", "fp32", "bf16"]

_BUFFERS_ARE_SENT = "forward_sync_buffers"
if _BUFFERS_ARE_SENT not in signature(DistributedDataParallel).parameters:  # torch before 2.13
    _BUFFERS_ARE_SENT = "broadcast_buffers"


def launch(
    device: DeviceName = "auto", *, devices: int = 1, nodes: int = 1, precision: PrecisionName = "auto"
) -> Fabric:
    """A launched Fabric. With several devices this program is started once more for each, unless `torchrun` did so.

    Args:
        device: auto takes an NVIDIA graphics processor, then an Apple one, then the CPU.
        devices: processes on this machine, each with a graphics processor or a share of the CPU's cores.
        nodes: machines.
        precision: auto takes bfloat16 where the hardware multiplies it, else fp32.

    Raises:
        UsageError: if there is no such device.
    """
    device = _device(device)
    if "LOCAL_WORLD_SIZE" in os.environ:  # torchrun's word
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    if device == "cuda" and devices > torch.cuda.device_count():
        raise UsageError(
            f"there are {torch.cuda.device_count()} graphics processors here, not {devices}: lower --devices"
        )
    if device == "mps" and devices * nodes > 1:
        raise UsageError("an Apple graphics processor works alone: leave out --devices and --nodes")
    if precision == "auto":
        precision = "bf16" if _multiplies_bf16(device) else "fp32"
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    several = devices * nodes > 1
    not_sent: dict[str, Any] = {_BUFFERS_ARE_SENT: False}
    fabric = Fabric(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        # Statistics of batch normalisation are equal in all processes as it is: nothing needs to be sent round.
        strategy=DDPStrategy(**not_sent) if several else "auto",
        precision="bf16-mixed" if precision == "bf16" else "32-true",
    )
    fabric.launch()
    return fabric


def machine(device: torch.device) -> str:
    """What computes, in the words of models' cards."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} cores of an {platform.machine()} CPU"


def _device(wish: DeviceName) -> DeviceName:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if not there[wish]:
        raise UsageError(f"torch finds no {wish} device here: leave out --device, or install torch for it")
    return wish


def _multiplies_bf16(device: DeviceName) -> bool:
    """Whether bfloat16 is fast, and not only known: emulated, it is several times slower than fp32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # AMX multiplies matrices in it, AVX512-BF16 vectors. The names are torch's own: they may go.
    asked = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return device == "cpu" and any(supported() for supported in asked if supported is not None)
