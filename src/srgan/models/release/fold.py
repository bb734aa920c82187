"""A trained generator rewritten for use: the same function in fewer operations.

Batch normalisation with frozen statistics is a scale and a shift, which the convolution before it absorbs; so does the
output convolution the step from [-1, 1] to [0, 1]. What remains is convolutions, activations and rearranged pixels.
"""

from collections.abc import Iterable
from functools import singledispatch
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from srgan.models.cheung import CheungBlock, CheungGenerator, CheungUpsampling
from srgan.models.compact import CompactGenerator
from srgan.models.drcn import Drcn
from srgan.models.edsr import Edsr
from srgan.models.espcn import Espcn
from srgan.models.layers import BLACK, GAIN, WEIGHTS, enlarge, shuffled_weight
from srgan.models.msrresnet import Msrresnet
from srgan.models.rrdb import RrdbGenerator, on_squares
from srgan.models.span import Span
from srgan.models.srcnn import Srcnn
from srgan.models.srgan import Generator, ResidualBlock, UpsamplingStep
from srgan.models.srvgg import Srvgg
from srgan.models.swift import Swift
from srgan.models.ucsd import UcsdGenerator, UcsdSrcnn
from srgan.models.wavelet import WaveletGenerator
from srgan.weights.card import Stage


class Deployable(Protocol):
    """A network that can be released: a module that `deploy` has a form for."""

    scale: int

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The parts that are tiled apart; the last makes `restored`."""

    def __call__(self, low: Tensor, /) -> Any:
        """(B, 3, H, W) to (B, 3, scale * H, scale * W), both nominally in [0, 1]."""

    def state_dict(self) -> dict[str, Any]:
        """Return the weights by name."""


class _Sum(nn.Module):
    """The input plus what a module makes of it."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.body(x)
        return y


class _Enlargement(nn.Module):
    """`enlarge` by a whole factor, in operations that are the same in every engine.

    Each of the factor ** 2 phases of an enlarged pixel is a fixed 5x5 filter. Where a filter stands out of the picture,
    torch leaves those pixels away and lets the others share their weight: hence the division.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        impulse = functional.pad(torch.ones(1, 1, 1, 1, dtype=torch.float64), (4, 4, 4, 4))
        response = functional.pixel_unshuffle(enlarge(impulse, scale), scale)[0]
        filters = response[:, 2:7, 2:7].flip(-2, -1)  # (factor ** 2, 5, 5), of pixels that see no border
        weight = torch.einsum("oi,phw->opihw", torch.eye(3).double(), filters).flatten(0, 1)
        self.filters = _convolution(weight.float(), torch.zeros(len(weight)))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, low: Tensor) -> Tensor:
        y: Tensor = self.shuffle(self.filters(low) / self.filters(torch.ones_like(low)))
        return y


class _OnLuminance(nn.Module):
    """`with_luminance`: what a network of one channel makes of luminance, and the picture's colours.

    Args:
        network: makes the luminance.
        enlargement: makes the colours as large as that, if they are not yet.
    """

    def __init__(self, network: nn.Module, enlargement: nn.Module | None = None) -> None:
        super().__init__()
        weights = torch.tensor(WEIGHTS, dtype=torch.float64)
        # R, G and B less what luminance gives to them.
        colours = torch.eye(3, dtype=torch.float64) - GAIN * weights
        self.luminance = _convolution(weights[None, :, None, None].float(), torch.tensor([BLACK]))
        self.colours = _convolution(colours[:, :, None, None].float(), torch.full((3,), -GAIN * BLACK))
        self.network = network
        self.enlargement = nn.Identity() if enlargement is None else enlargement

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.enlargement(self.colours(x)) + GAIN * self.network(self.luminance(x))
        return y


class _Shifted(nn.Module):
    """The input less one number a channel: a bias of the next convolution would not reach into its zero padding."""

    def __init__(self, shift: Tensor) -> None:
        super().__init__()
        self.shift = nn.Parameter(shift)

    def forward(self, x: Tensor) -> Tensor:
        return x - self.shift


class _Repeat(nn.Module):
    """Each channel repeated: a pixel shuffle of it is nearest-neighbour enlargement."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        return x.repeat_interleave(self.times, dim=1)


class _WithInput(nn.Module):
    """A module whose output is followed by its input: (B, C, H, W) to (B, C' + C, H, W)."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, low: Tensor) -> Tensor:
        return torch.cat([self.body(low), low], dim=1)


class _CompactTail(nn.Module):
    """The tail of a compact network: features and low-resolution pixels to pixels and, with it, their refinement."""

    def __init__(self, generator: CompactGenerator) -> None:
        super().__init__()
        self.output, self.hints, self.refinement = generator.output, generator.hints, generator.refinement
        self.repeat, self.shuffle = _Repeat(generator.scale**2), nn.PixelShuffle(generator.scale)

    def forward(self, x: Tensor) -> Tensor:
        deep, low = x[:, :-3], x[:, -3:]
        colours: Tensor = self.shuffle(self.output(deep) + self.repeat(low))
        if self.hints is None or self.refinement is None:
            return colours
        return colours + cast(Tensor, self.refinement(torch.cat([colours, self.shuffle(self.hints(deep))], dim=1)))


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


def _residual(block: ResidualBlock) -> nn.Module:
    convolution1 = _fold(block.convolution1, block.normalisation1)
    convolution2 = _fold(block.convolution2, block.normalisation2)
    inside = nn.Sequential(convolution1, block.activation, convolution2)
    return _Sum(inside) if block.skip else inside


def _cheung_residual(block: CheungBlock) -> nn.Module:
    convolution1, normalisation1, activation, convolution2, normalisation2 = block.body
    inside = nn.Sequential(_fold(convolution1, normalisation1), activation, _fold(convolution2, normalisation2))
    return _Sum(inside)


def _subpixel_tail(steps: Iterable[UpsamplingStep], output: nn.Conv2d) -> nn.Sequential:
    """Sub-pixel steps and the output convolution, which runs before the last shuffle: see `convolve_shuffled`."""
    *earlier, last = steps
    layers: list[nn.Module] = []
    for step in earlier:
        layers += [step.convolution, nn.PixelShuffle(2), step.activation]
    assert output.bias is not None
    weight = shuffled_weight(output.weight, factor=2) / 2.0
    bias = (output.bias.repeat_interleave(4) + 1.0) / 2.0
    slopes = last.activation.weight.repeat_interleave(4)
    return nn.Sequential(*layers, last.convolution, _prelu(slopes), _convolution(weight, bias), nn.PixelShuffle(2))


@singledispatch
def deploy(generator: Deployable) -> tuple[nn.Module, ...]:
    """Return the parts of a trained generator, one a stage, folded; one after the other they are it in evaluation mode.

    They share no weights, so that each can be changed by itself.

    Raises:
        TypeError: if there is no form for such a network.
    """
    raise TypeError(f"{type(generator).__name__} has no deployed form: write it in srgan.models.release.fold")


@deploy.register
def _(generator: Generator) -> tuple[nn.Module, ...]:
    body = [_residual(block) for block in generator.residual_blocks]
    deep = nn.Sequential(*body, _fold(generator.fusion[0], generator.fusion[1]))
    trunk = nn.Sequential(generator.head, _Sum(deep) if generator.skips else deep)
    return trunk.eval(), _subpixel_tail(generator.steps, generator.output).eval()


@deploy.register
def _(generator: CompactGenerator) -> tuple[nn.Module, ...]:
    body = [_residual(block) for block in generator.residual_blocks]
    trunk = _WithInput(nn.Sequential(generator.head, _Sum(nn.Sequential(*body, generator.fusion))))
    return trunk.eval(), _CompactTail(generator).eval()


@deploy.register
def _(generator: UcsdGenerator) -> tuple[nn.Module, ...]:
    body = [_residual(cast(ResidualBlock, block)) for block in generator.blocks]
    deep = nn.Sequential(*body, _fold(generator.fusion[0], generator.fusion[1]))
    steps = [cast(UpsamplingStep, step) for step in generator.upsampling]
    return nn.Sequential(generator.head, _Sum(deep)).eval(), _subpixel_tail(steps, generator.output).eval()


@deploy.register
def _(generator: CheungGenerator) -> tuple[nn.Module, ...]:
    body = [_cheung_residual(cast(CheungBlock, block)) for block in generator.blocks]
    deep = nn.Sequential(*body, _fold(generator.fusion[0], generator.fusion[1]))
    first, second = (cast(CheungUpsampling, step) for step in generator.upsampling)
    # A convolution of repeated pixels is one of shuffled pixels whose four channels are equal: their filters add up.
    # So a 9x9 to three channels of the full size becomes a 5x5 to twelve of half of it.
    output = generator.output
    assert output.bias is not None
    phases = shuffled_weight(output.weight, factor=2)  # (12, 4 * in, 5, 5)
    weight = torch.stack([phases[:, place::4] for place in range(4)]).sum(dim=0)
    tail = nn.Sequential(
        *(first.convolution, first.activation, nn.UpsamplingNearest2d(scale_factor=2)),
        *(second.convolution, second.activation),
        *(_convolution(weight, output.bias.repeat_interleave(4)), nn.PixelShuffle(2)),
    )
    return nn.Sequential(generator.head, _Sum(deep)).eval(), tail.eval()


@deploy.register
def _(generator: UcsdSrcnn) -> tuple[nn.Module, ...]:
    return (nn.Sequential(_Enlargement(generator.scale), generator.convolutions).eval(),)


@deploy.register
def _(generator: Srcnn | Drcn) -> tuple[nn.Module, ...]:
    return (nn.Sequential(_Enlargement(generator.scale), _OnLuminance(generator.network)).eval(),)


@deploy.register
def _(generator: Espcn) -> tuple[nn.Module, ...]:
    return (_OnLuminance(generator.network, _Enlargement(generator.scale)).eval(),)


@deploy.register
def _(generator: Edsr) -> tuple[nn.Module, ...]:
    trunk = nn.Sequential(
        *(_Shifted(generator.mean), generator.head, generator.preprocessing),
        _Sum(nn.Sequential(generator.blocks, generator.fusion)),
    )
    # Without the last shuffle, and the output convolution before it: see `convolve_shuffled`.
    output, factor = generator.output, generator.factor
    assert output.bias is not None
    bias = (output.bias + generator.mean.flatten()).repeat_interleave(factor**2)
    last = _convolution(shuffled_weight(output.weight, factor=factor), bias)
    return trunk.eval(), nn.Sequential(*list(generator.upsampling)[:-1], last, nn.PixelShuffle(factor)).eval()


class _OnSquares(nn.Module):
    """A module on squares of pixels: see `on_squares`."""

    def __init__(self, body: nn.Module, side: int) -> None:
        super().__init__()
        self.body, self.side = body, side

    def forward(self, low: Tensor) -> Tensor:
        return on_squares(self.body, low, side=self.side)


@deploy.register
def _(generator: RrdbGenerator) -> tuple[nn.Module, ...]:
    deep = _Sum(nn.Sequential(generator.blocks, generator.fusion))
    returning, tail = generator.tail[: generator.returning], generator.tail[generator.returning :]
    trunk = _OnSquares(nn.Sequential(generator.head, deep, returning), generator.unshuffle)
    return trunk.eval(), tail.eval()


@deploy.register
def _(generator: Swift | Srvgg | Span | Msrresnet | WaveletGenerator) -> tuple[nn.Module, ...]:
    return (generator.eval(),)
