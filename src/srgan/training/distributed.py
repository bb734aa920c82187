"""Devices, precision and processes of a run, by Lightning Fabric; batch normalisation over all processes."""

import logging
import os
import platform
from inspect import signature
from typing import Any, Literal

import torch
import torch.distributed as dist
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
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
    """Return a launched Fabric. With several devices it starts this program once more for each, unless `torchrun` did.

    Args:
        device: auto takes an NVIDIA graphics processor, then an Apple one, then the CPU.
        devices: processes on this machine, each with a graphics processor or a share of the CPU's cores.
        nodes: machines.
        precision: auto takes bfloat16 where the hardware multiplies it, else fp32.

    Raises:
        UsageError: if there is no such device.
    """
    device = _choose_device(device)
    if "LOCAL_WORLD_SIZE" in os.environ:  # set by torchrun
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    if device == "cuda" and devices > torch.cuda.device_count():
        raise UsageError(
            f"devices is {devices}, but there are {torch.cuda.device_count()} graphics processors here: lower it",
            parameter="devices",
        )
    if device == "mps" and devices * nodes > 1:
        raise UsageError("devices and nodes must be 1: an Apple graphics processor works alone", parameter="devices")
    if precision == "auto":
        precision = "bf16" if _multiplies_bf16(device) else "fp32"
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    logging.getLogger("lightning_fabric").setLevel(logging.ERROR)
    several = devices * nodes > 1
    if several and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        _join_processes(device)
    not_sent: dict[str, Any] = {_BUFFERS_ARE_SENT: False}
    fabric = Fabric(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        # Statistics of batch normalisation are equal in all processes already: nothing needs to be sent.
        strategy=DDPStrategy(**not_sent) if several else "auto",
        precision="bf16-mixed" if precision == "bf16" else "32-true",
    )
    fabric.launch()
    return fabric


def _join_processes(device: DeviceName) -> None:
    """Join the processes that torchrun started, apart from those of an earlier start.

    Its store outlives them, with their addresses: a process that is started again may wait for one that has ended.
    """
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    size = int(os.environ["WORLD_SIZE"])
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = dist.TCPStore(address, port, size, is_master=False)  # type: ignore[attr-defined]
    own = dist.PrefixStore(os.environ["TORCHELASTIC_RESTART_COUNT"], store)  # type: ignore[attr-defined]
    backend = "nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, store=own, rank=int(os.environ["RANK"]), world_size=size)


def describe_machine(device: torch.device) -> str:
    """Describe the device, for models' cards."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} cores of an {platform.machine()} CPU"


def _choose_device(name: DeviceName) -> DeviceName:
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return "cuda" if available["cuda"] else "mps" if available["mps"] else "cpu"
    if not available[name]:
        raise UsageError(
            f"device {name} is not there, as far as torch sees: choose auto, or install torch for it",
            parameter="device",
        )
    return name


def _multiplies_bf16(device: DeviceName) -> bool:
    """Return whether bfloat16 is fast, and not emulated, which is several times slower than fp32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # AMX multiplies matrices in it, AVX512-BF16 vectors. The names are torch's own: they may go.
    asked = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return device == "cpu" and any(supported() for supported in asked if supported is not None)


class _SumOverProcesses(torch.autograd.Function):
    """The sum over all processes, whose gradient is one too."""

    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """`BatchNorm2d` over the batches of all processes, which are equally large.

    torch has one for graphics processors only; this one needs nothing but a sum over all processes.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        count = dist.get_world_size() * input.numel() // input.shape[1]
        values = input.to(torch.promote_types(input.dtype, torch.float32))
        mean = _sum(values.sum(dim=(0, 2, 3))) / count
        # The mean first, then deviations from it: squares of large numbers would cancel.
        variance = _sum((values - mean[:, None, None]).square().sum(dim=(0, 2, 3))) / count
        self._update_statistics(mean.detach(), variance.detach() * count / max(count - 1, 1))
        gain = self.weight * torch.rsqrt(variance + self.eps)
        return ((values - mean[:, None, None]) * gain[:, None, None] + self.bias[:, None, None]).to(input.dtype)

    @torch.no_grad()
    def _update_statistics(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked.add_(1)


def _sum(values: Tensor) -> Tensor:
    total: Tensor = _SumOverProcesses.apply(values)  # type: ignore[no-untyped-call]
    return total


def synchronise(module: nn.Module) -> None:
    """Make every batch normalisation of the module a synchronised one, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = SynchronisedBatchNorm2d
