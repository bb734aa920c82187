"""Arithmetic rates of a large matrix product, and of the network in each engine."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from srgan.engines.openvino import OpenVinoEngine, supports_bf16
from srgan.engines.torch import TorchEngine
from srgan.models.srgan import Generator
from srgan.weights.catalogue import Model

WIDTH, HEIGHT = 240, 180
"""Size of the low-resolution image for timing."""


@dataclass(frozen=True)
class Rate:
    """An arithmetic rate."""

    name: str
    precision: str
    gflops: float
    """10^9 multiplications and additions per second, counted separately."""


def best_time(work: Callable[[], object], *, seconds: float = 3.0) -> float:
    """Return the shortest time of the runs that fit into so many seconds, after a warm-up."""
    work()
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def matrix_product(dtype: torch.dtype, *, size: int = 3072) -> Rate:
    """Measure a large square matrix product, the upper limit for a network."""
    a, b = (torch.rand(size, size).to(dtype) for _ in range(2))
    seconds = best_time(lambda: a @ b)
    return Rate("matrix product", "bf16" if dtype == torch.bfloat16 else "fp32", 2 * size**3 / seconds / 1e9)


def _engine_rate(name: str, engine: OpenVinoEngine | TorchEngine, model: Model) -> Rate:
    low = np.random.default_rng(0).random((1, 3, HEIGHT, WIDTH)).astype(np.float32)

    def run() -> None:
        values = low
        for stage in range(len(engine.stages)):
            values = engine.run(stage, values)

    seconds = best_time(run, seconds=6.0)
    return Rate(name, engine.precision, 2 * model.card.multiply_adds * WIDTH * HEIGHT / seconds / 1e9)


def _eager_rate(model: Model) -> Rate:
    """Measure the plain network: eager, float32, NCHW, batch normalisation not folded."""
    generator = Generator(**(model.card.arguments | {"normalisation": True})).eval()
    low = torch.rand(1, 3, HEIGHT, WIDTH)
    with torch.inference_mode():
        seconds = best_time(lambda: plain(generator, low), seconds=6.0)
    return Rate("torch, eager NCHW", "fp32", 2 * model.card.multiply_adds * WIDTH * HEIGHT / seconds / 1e9)


def plain(generator: Generator, low: torch.Tensor) -> torch.Tensor:
    """Run the generator with its pixel shuffles where the paper has them."""
    x: torch.Tensor = generator.trunk(low)
    for step in generator.steps:
        x = step(x)
    restored: torch.Tensor = generator.output(x)
    return restored


def measure(model: Model) -> list[Rate]:
    """Measure all rates, matrix products first."""
    cpu = torch.device("cpu")
    rates = [matrix_product(torch.float32), _eager_rate(model)]
    rates.append(_engine_rate("torch, folded, channels last", TorchEngine(model, precision="fp32", device=cpu), model))
    rates.append(_engine_rate("OpenVINO", OpenVinoEngine(model, precision="fp32"), model))
    if supports_bf16():
        rates.append(matrix_product(torch.bfloat16))
        rates.append(
            _engine_rate("torch, folded, channels last", TorchEngine(model, precision="bf16", device=cpu), model)
        )
        rates.append(_engine_rate("OpenVINO", OpenVinoEngine(model, precision="bf16"), model))
    return rates
