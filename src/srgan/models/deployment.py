"""A trained generator rewritten for use: the same function in fewer operations, and its export to ONNX.

Batch normalisation with frozen statistics is a scale and a shift, which the convolution before it absorbs; so does the
output convolution the step from [-1, 1] to [0, 1]. What remains is convolutions, PReLU and pixel shuffles.
"""

import contextlib
import io
import logging
import warnings

import onnx
import torch
from onnx import compose
from torch import Tensor, nn

from srgan.models.srgan import Generator
from srgan.models.subpixel import shuffled_weight

LOW, FEATURES, RESTORED = "low", "features", "restored"
"""Names of the tensors between which the ONNX file can be cut: its input, the trunk's features, its output."""


class _Sum(nn.Module):
    """The input plus what a module makes of it."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.body(x)
        return y


def _convolution(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    outputs, inputs, kernel, _ = weight.shape
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    convolution.load_state_dict({"weight": weight, "bias": bias})
    return convolution


def _fold(convolution: nn.Module, normalisation: nn.Module) -> nn.Conv2d:
    """One convolution that does what the two do with frozen statistics."""
    assert isinstance(convolution, nn.Conv2d)
    weight = convolution.weight.double()
    bias = torch.zeros(len(weight)).double() if convolution.bias is None else convolution.bias.double()
    if isinstance(normalisation, nn.BatchNorm2d):
        assert normalisation.running_mean is not None
        assert normalisation.running_var is not None
        gain = normalisation.weight.double() / torch.sqrt(normalisation.running_var.double() + normalisation.eps)
        weight = weight * gain[:, None, None, None]
        bias = (bias - normalisation.running_mean.double()) * gain + normalisation.bias.double()
    return _convolution(weight.float(), bias.float())


def _prelu(slope: Tensor) -> nn.PReLU:
    activation = nn.PReLU(len(slope))
    activation.load_state_dict({"weight": slope})
    return activation


@torch.no_grad()
def deploy(generator: Generator) -> tuple[nn.Module, nn.Module]:
    """(trunk, tail) of a trained generator, folded; together they are the generator in evaluation mode."""
    body: list[nn.Module] = []
    for block in generator.residual_blocks:
        convolution1 = _fold(block.convolution1, block.normalisation1)
        convolution2 = _fold(block.convolution2, block.normalisation2)
        inside = nn.Sequential(convolution1, block.activation, convolution2)
        body.append(_Sum(inside) if block.skip else inside)
    deep = nn.Sequential(*body, _fold(generator.fusion[0], generator.fusion[1]))
    trunk = nn.Sequential(generator.head, _Sum(deep) if generator.skips else deep)

    steps: list[nn.Module] = []
    for step in generator.steps[:-1]:
        steps += [step.convolution, nn.PixelShuffle(2), step.activation]
    last = generator.steps[-1]
    assert generator.output.bias is not None
    weight = shuffled_weight(generator.output.weight, factor=2) / 2.0
    bias = (generator.output.bias.repeat_interleave(4) + 1.0) / 2.0
    slopes = last.activation.weight.repeat_interleave(4)
    steps += [last.convolution, _prelu(slopes), _convolution(weight, bias), nn.PixelShuffle(2)]
    return trunk.eval(), nn.Sequential(*steps).eval()


def to_onnx(generator: Generator) -> onnx.ModelProto:
    """The deployed generator as one ONNX graph, `low` (1, 3, H, W) to `features` to `restored`, for any H and W."""
    trunk, tail = deploy(generator)
    features = generator.output.in_channels
    graphs = [_export(trunk, channels=3), _export(tail, channels=features)]
    merged = compose.merge_models(*graphs, io_map=[("output", "input")], prefix1="trunk/", prefix2="tail/")
    merged.graph.name = "srgan"
    names = {"trunk/input": LOW, "trunk/output": FEATURES, "tail/input": FEATURES, "tail/output": RESTORED}
    for node in merged.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*merged.graph.input, *merged.graph.output):
        value.name = names[value.name]
    del merged.graph.value_info[:], merged.graph.metadata_props[:], merged.metadata_props[:]
    for part in (*merged.graph.node, *merged.graph.input, *merged.graph.output, *merged.graph.initializer):
        del part.metadata_props[:]  # the exporter's notes to itself, with paths of the machine
        part.doc_string = ""
    onnx.checker.check_model(merged, full_check=True)
    return merged


def _export(module: nn.Module, *, channels: int) -> onnx.ModelProto:
    """One part as ONNX, quietly: the exporter speaks of packages that no picture needs."""
    height, width = torch.export.Dim("height", min=1, max=2**20), torch.export.Dim("width", min=1, max=2**20)
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module,
                (torch.zeros(1, channels, 24, 20),),
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({2: height, 3: width},),
                opset_version=20,
                dynamo=True,
                optimize=True,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None
    return program.model_proto
