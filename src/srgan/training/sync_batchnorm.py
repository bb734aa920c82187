"""Batch normalisation over the whole batch of a run, where several processes each see a part of it.

torch has one for graphics processors only; this one needs nothing but a sum over all processes.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx


class _Sum(torch.autograd.Function):
    """The sum over all processes; so is its gradient."""

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
    """`BatchNorm2d` of the batches of all processes, which are equally large; the same parameters and statistics."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        count = dist.get_world_size() * input.numel() // input.shape[1]
        values = input.to(torch.promote_types(input.dtype, torch.float32))
        mean = _total(values.sum(dim=(0, 2, 3))) / count
        # The mean first, then deviations from it: squares of large numbers would cancel.
        variance = _total((values - mean[:, None, None]).square().sum(dim=(0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / max(count - 1, 1))
        gain = self.weight * torch.rsqrt(variance + self.eps)
        return ((values - mean[:, None, None]) * gain[:, None, None] + self.bias[:, None, None]).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked.add_(1)


def _total(values: Tensor) -> Tensor:
    total: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return total


def synchronise(module: nn.Module) -> None:
    """Make every batch normalisation of the module a synchronised one, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = SynchronisedBatchNorm2d
