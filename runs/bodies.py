"""Compare networks for the photo models: equal minutes of training of one core's own time, then PSNR by kind of damage.

python -m runs.bodies DATA --body compact --minutes 6
"""

import argparse
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np
import openvino
import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.data.compression import Compression, compress
from srgan.data.crops import CropSampler
from srgan.data.prepared_set import PreparedPictures
from srgan.engines.openvino import shared_core
from srgan.metrics import PROTOCOLS
from srgan.models.compact import CompactGenerator
from srgan.models.srgan import Generator
from srgan.models.swift import Swift
from srgan.training.batches import to_tensor
from srgan.training.inputs import read_initial_weights
from srgan.training.monitoring.validation import cut_middles, enlarge
from srgan.training.recipes import RECIPES

_CPU = torch.device("cpu")


class Reparameterised(nn.Module):
    """A 3x3 convolution that learns as the sum of four branches, merged before it is applied (Zhang et al. 2021)."""

    def __init__(self, inputs: int, outputs: int, *, widening: int = 2) -> None:
        super().__init__()
        self.plain = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.widen = nn.Parameter(torch.empty(widening * outputs, inputs))
        self.narrow = nn.Parameter(torch.empty(outputs, widening * outputs, 3, 3))
        self.point = nn.Parameter(torch.zeros(outputs, inputs))
        nn.init.kaiming_normal_(self.widen, a=1.0)
        nn.init.kaiming_normal_(self.narrow, a=1.0)
        self.narrow.data.mul_(0.3)
        nn.init.kaiming_normal_(self.plain.weight, a=0.25)
        self.identity = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        weight = self.plain.weight + torch.einsum("owyx,wi->oiyx", self.narrow, self.widen)
        middle = self.point + torch.eye(len(self.point)) if self.identity else self.point
        weight = weight + functional.pad(middle[:, :, None, None], (1, 1, 1, 1))
        return functional.conv2d(x, weight, self.plain.bias, padding=1)


def reparameterised(network: nn.Module) -> nn.Module:
    """Replace the convolutions between equally many channels, with their weights small."""
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv2d) and layer.in_channels == layer.out_channels:
                wide = Reparameterised(layer.in_channels, layer.out_channels)
                wide.identity = False  # the blocks have skips
                wide.plain.load_state_dict(layer.state_dict())
                wide.narrow.data.mul_(0.1)
                setattr(parent, name, wide)
    return network


class Ecbsr(nn.Module):
    """A chain of re-parameterised convolutions with PReLU, and one sub-pixel step (Zhang et al. 2021, ECBSR)."""

    def __init__(self, layers: int = 32, features: int = 64) -> None:
        super().__init__()
        sizes = itertools.pairwise([3, *[features] * layers])
        self.layers = nn.Sequential(*(nn.Sequential(Reparameterised(a, b), nn.PReLU(b)) for a, b in sizes))
        self.output = nn.Conv2d(features, 48, 3, padding=1)
        with torch.no_grad():
            for module in self.modules():
                if isinstance(module, Reparameterised) and module.identity:
                    for weight in (module.plain.weight, module.narrow):
                        weight.mul_(0.2)
            self.output.weight.mul_(0.1)

    def forward(self, low: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.output(self.layers(low)) + low.repeat_interleave(16, dim=1), 4)


class SpanBlock(nn.Module):
    """Three re-parameterised convolutions whose result weighs itself, without parameters (Wan et al. 2024, SPAN)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Reparameterised(features, features) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = functional.silu(self.layers[0](x))
        y = self.layers[2](functional.silu(self.layers[1](y)))
        weighed: Tensor = (y + x) * (torch.sigmoid(y) - 0.5)
        return weighed


class Span(nn.Module):
    """SPAN with `blocks` blocks (Wan et al. 2024): first, second and last features joined before the sub-pixel step."""

    def __init__(self, blocks: int = 12, features: int = 52) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, features, 3, padding=1)
        self.blocks = nn.ModuleList(SpanBlock(features) for _ in range(blocks))
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        self.join = nn.Conv2d(4 * features, features, 1)
        self.output = nn.Conv2d(features, 48, 3, padding=1)

    def forward(self, low: Tensor) -> Tensor:
        x = first = self.head(low)
        seen = []
        for block in self.blocks:
            x = block(x)
            seen.append(x)
        joined = self.join(torch.cat([first, self.fusion(x), seen[0], seen[-2]], dim=1))
        return functional.pixel_shuffle(self.output(joined) + low.repeat_interleave(16, dim=1), 4)


def trunk_of_srresnet(network: CompactGenerator) -> CompactGenerator:
    """Give a compact network srresnet's trunk; blocks that srresnet has not begin as the identity."""
    weights = read_initial_weights(RECIPES["srresnet-cpu"], "srresnet")
    assert weights is not None
    mine = network.state_dict()
    network.load_state_dict(
        mine | {name: weight for name, weight in weights.items() if name in mine and name[:6] != "output"}
    )
    known = sum(name.startswith("blocks.") and name.endswith("convolution2.weight") for name in weights)
    for block in network.residual_blocks[known:]:
        nn.init.zeros_(block.convolution2.weight)
    return network


def body(name: str) -> nn.Module:
    """Return a network to compare, with the weights that it begins with."""
    match name:
        case "srresnet":
            network = Generator(normalisation=False)
            weights = read_initial_weights(RECIPES["srresnet-cpu"], "srresnet")
            assert weights is not None
            network.load_state_dict(weights)
            return network
        case "compact":
            return trunk_of_srresnet(CompactGenerator())
        case "compact-24":
            return trunk_of_srresnet(CompactGenerator(blocks=24))
        case "swift":
            return Swift()
        case "swift-8-reparameterised":
            return reparameterised(Swift(blocks=8))
        case "swift-8":
            return Swift(blocks=8)
        case "swift-12":
            return Swift(blocks=12)
        case "swift-64":
            return Swift(blocks=6, features=64)
        case "ecbsr":
            return Ecbsr()
        case "span":
            return Span()
    raise ValueError(name)


def scores(network: nn.Module, data: PreparedPictures) -> dict[str, float]:
    """Return PSNR in dB (MATLAB's luma) over held-out images, by the quality of the JPEG that they come from."""
    pairs = cut_middles(data, side=48, limit=60)
    found = {}
    for quality in (0, 95, 85, 75, 50, 30):
        total = 0.0
        for low, high in pairs:
            small = compress(low, Compression("jpeg", quality)) if quality else low
            total += PROTOCOLS["matlab"].measure(enlarge(network, small), high).psnr
        found[f"q{quality}" if quality else "clean"] = round(total / len(pairs), 3)
    return found


def seconds(network: nn.Module) -> dict[str, float]:
    """Return the processor time that OpenVINO takes for an image of 240x180, by precision: the least of five."""
    low, found = np.random.default_rng(0).random((1, 3, 240, 180), np.float32), {}
    converted = openvino.convert_model(network.eval(), example_input=torch.rand(1, 3, 24, 20))
    converted.reshape([1, 3, 240, 180])
    for precision, hint in (("fp32", "f32"), ("bf16", "bf16")):
        settings = {"INFERENCE_PRECISION_HINT": hint, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
        request = shared_core().compile_model(converted, "CPU", settings).create_infer_request()
        turns = []
        for _ in range(5):
            began = time.process_time()
            request.infer({0: low})
            turns.append(time.process_time() - began)
        found[f"seconds in {precision}"] = round(min(turns), 3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of prepared images")
    parser.add_argument("--body", required=True)
    parser.add_argument("--minutes", type=float, default=6.0, help="0 measures the time of enlarging alone")
    parser.add_argument("--rate", type=float, default=4e-4)
    choices = parser.parse_args()
    torch.manual_seed(0)
    training, validation = PreparedPictures(choices.data).split()
    network = body(choices.body)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=choices.rate, fused=True)
    sampler = CropSampler(training, batch=4, crop=128, seed=0, degradation="everyday")
    began, spent, update = time.process_time(), 0.0, 0
    while spent < 60 * choices.minutes:
        share = spent / (60 * choices.minutes)
        for group in optimizer.param_groups:
            group["lr"] = choices.rate * min(1.0, (update + 1) / 100, 1.3 * (1.0 - share))
        low, high = (to_tensor(crops, _CPU) for crops in sampler.sample(update))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            restored = network(low)
        loss = functional.l1_loss(restored.float(), high)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimizer.step()
        update, spent = update + 1, time.process_time() - began
    line = {"body": choices.body, "updates": update, **seconds(network)}
    found = scores(network, validation) if choices.minutes else {}
    sys.stdout.write(json.dumps(line | found) + "\n")


if __name__ == "__main__":
    main()
