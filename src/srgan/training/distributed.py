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
from torch.autograd.function import Function, once_differentiable
from torch.nn import functional
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


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """`BatchNorm2d` over the batches of all processes, which are equally large.

    torch has one for graphics processors only; this one needs nothing but two exchanges between the processes, one
    forward and one backward.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        restored: Tensor = _BatchNorm.apply(input, self.weight, self.bias, self)  # type: ignore[no-untyped-call]
        return restored

    @torch.no_grad()
    def statistics(self, input: Tensor) -> tuple[Tensor, Tensor, int]:
        """Return mean and variance over all processes, (C,) each, and the number of values; update the running ones."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        processes = dist.get_world_size()
        # Those of each process as deviations from its own mean: squares of large numbers would cancel.
        own = torch.zeros_like(self.running_mean), torch.ones_like(self.running_var)
        mine = torch.stack(torch.batch_norm_update_stats(input, *own, momentum=1.0))
        all_of_them = [torch.empty_like(mine) for _ in range(processes)]
        dist.all_gather(all_of_them, mine)
        means, variances = torch.stack(all_of_them, dim=1)
        mean = means.mean(dim=0)
        variance = variances.mean(dim=0) + (means - mean).square().mean(dim=0)
        count = processes * input.numel() // input.shape[1]
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / max(count - 1, 1), self.momentum)
        self.num_batches_tracked.add_(1)
        return mean, variance, count


class _BatchNorm(Function):
    """Batch normalisation over all processes, with torch's own arithmetic for what each does by itself."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, weight: Tensor, bias: Tensor, module: SynchronisedBatchNorm2d) -> Tensor:
        mean, variance, ctx.count = module.statistics(input)
        ctx.eps = module.eps
        ctx.save_for_backward(input, weight, mean, variance)
        return functional.batch_norm(input, mean, variance, weight, bias, eps=module.eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        input, weight, mean, variance = ctx.saved_tensors
        _, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, input, weight, mean, variance, None, None, False, ctx.eps, [False, True, True]
        )
        total = torch.stack((of_weight, of_bias))
        dist.all_reduce(total)
        rate = torch.rsqrt(variance + ctx.eps)
        gain = weight * rate
        slope, offset = -gain * total / ctx.count  # of the normalised input, and of 1
        slope = slope * rate
        gains, slopes, offsets = (each[:, None, None] for each in (gain, slope, offset - slope * mean))
        # Converted at first: torch is sixteen times as slow where an operation mixes bfloat16 and float32.
        values, errors = input.to(slopes.dtype), gradient.to(slopes.dtype)
        of_input = torch.addcmul(offsets, values, slopes).addcmul_(errors, gains)
        return of_input.to(input.dtype), of_weight, of_bias, None


def synchronise(module: nn.Module) -> None:
    """Make every batch normalisation of the module a synchronised one, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = SynchronisedBatchNorm2d
