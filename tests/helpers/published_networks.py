"""Networks that others published, written down from their descriptions: names of tensors, layers, values.

They are independent of srgan's own: what `srgan.models.release.foreign_weights` makes of their tensors must compute the
same.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

RGB_MEAN = torch.tensor([0.4488, 0.4371, 0.4040]).reshape(1, 3, 1, 1)


def conv(inputs: int, outputs: int, kernel: int = 3, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2, bias=bias)


def lrelu(x: Tensor, slope: float = 0.2) -> Tensor:
    return functional.leaky_relu(x, slope)


class DenseBlock(nn.Module):
    def __init__(self, nf: int, gc: int) -> None:
        super().__init__()
        for number in range(5):
            self.add_module(f"conv{number + 1}", conv(nf + number * gc, gc if number < 4 else nf))

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for number in range(1, 5):
            seen.append(lrelu(self.get_submodule(f"conv{number}")(torch.cat(seen, 1))))
        return 0.2 * cast(Tensor, self.get_submodule("conv5")(torch.cat(seen, 1))) + x


class Rrdb(nn.Module):
    def __init__(self, nf: int, gc: int, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix
        for number in (1, 2, 3):
            self.add_module(f"{prefix}{number}", DenseBlock(nf, gc))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for number in (1, 2, 3):
            y = self.get_submodule(f"{self.prefix}{number}")(y)
        return 0.2 * y + x


class RrdbNet(nn.Module):
    """Of BasicSR and Real-ESRGAN: two enlargements whatever the scale, on pixels made channels for x2 and x1."""

    def __init__(self, scale: int = 4, nf: int = 8, gc: int = 4, nb: int = 2) -> None:
        super().__init__()
        self.fold = {4: 1, 2: 2, 1: 4}[scale]
        self.conv_first = conv(3 * self.fold**2, nf)
        self.body = nn.Sequential(*(Rrdb(nf, gc, "rdb") for _ in range(nb)))
        self.conv_body, self.conv_up1, self.conv_up2 = conv(nf, nf), conv(nf, nf), conv(nf, nf)
        self.conv_hr, self.conv_last = conv(nf, nf), conv(nf, 3)

    def forward(self, x: Tensor) -> Tensor:
        first = self.conv_first(functional.pixel_unshuffle(x, self.fold))
        x = first + self.conv_body(self.body(first))
        for layer in (self.conv_up1, self.conv_up2):
            x = lrelu(layer(functional.interpolate(x, scale_factor=2, mode="nearest")))
        restored: Tensor = self.conv_last(lrelu(self.conv_hr(x)))
        return restored


def mmsr_state(network: RrdbNet) -> dict[str, Tensor]:
    """The tensors of `RrdbNet` with the names of ESRGAN's second layout."""
    state = {}
    for name, value in network.state_dict().items():
        for new, old in (("conv_body", "trunk_conv"), ("conv_up", "upconv"), ("conv_hr", "HRconv"), (".rdb", ".RDB")):
            name = name.replace(new, old)
        state[name.replace("body.", "RRDB_trunk.") if name.startswith("body.") else name] = value
    return state


class OldEsrgan(nn.Module):
    """ESRGAN's first layout: one long sequence with numbers as names."""

    def __init__(self, steps: int = 2, nf: int = 8, gc: int = 4, nb: int = 2) -> None:
        super().__init__()
        self.nb, self.steps = nb, steps
        self.first, self.lr_conv = conv(3, nf), conv(nf, nf)
        self.blocks = nn.ModuleList(Rrdb(nf, gc, "RDB") for _ in range(nb))
        self.up = nn.ModuleList(conv(nf, nf) for _ in range(steps))
        self.hr, self.last = conv(nf, nf), conv(nf, 3)

    def forward(self, x: Tensor) -> Tensor:
        first = y = self.first(x)
        for block in self.blocks:
            y = block(y)
        x = first + self.lr_conv(y)
        for layer in self.up:
            x = lrelu(layer(functional.interpolate(x, scale_factor=2, mode="nearest")))
        restored: Tensor = self.last(lrelu(self.hr(x)))
        return restored

    def published_state(self) -> dict[str, Tensor]:
        """The tensors under the names of the layout: sub-blocks have `.0`, and layers without weights count."""
        names = {"first": "model.0", "lr_conv": f"model.1.sub.{self.nb}"}
        names |= {f"up.{step}": f"model.{3 + 3 * step}" for step in range(self.steps)}
        end = 2 + 3 * self.steps
        names |= {"hr": f"model.{end}", "last": f"model.{end + 2}"}
        names |= {f"blocks.{block}.RDB{dense}.conv{number}": f"model.1.sub.{block}.RDB{dense}.conv{number}.0"
                  for block in range(self.nb) for dense in (1, 2, 3) for number in range(1, 6)}  # fmt: skip
        return {f"{names[key.rpartition('.')[0]]}.{key.rpartition('.')[2]}": v for key, v in self.state_dict().items()}


class SrvggNet(nn.Module):
    """SRVGGNetCompact."""

    def __init__(self, scale: int = 4, nf: int = 8, convs: int = 3) -> None:
        super().__init__()
        self.scale = scale
        self.body = nn.ModuleList([conv(3, nf), nn.PReLU(nf)])
        for _ in range(convs):
            self.body.extend([conv(nf, nf), nn.PReLU(nf)])
        self.body.append(conv(nf, 3 * scale**2))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for layer in self.body:
            y = layer(y)
        base = functional.interpolate(x, scale_factor=self.scale, mode="nearest")
        return functional.pixel_shuffle(y, self.scale) + base


class Conv3xc(nn.Module):
    """A layer of SPAN: 1x1, 3x3, 1x1 and a 1x1 beside them; used as the one 3x3 that they are inside an image."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.sk = nn.Conv2d(inputs, outputs, 1)
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, 2 * inputs, 1), nn.Conv2d(2 * inputs, 2 * outputs, 3), nn.Conv2d(2 * outputs, outputs, 1)
        )
        self.eval_conv = conv(inputs, outputs)  # stale in published files: it is made anew before use

    def forward(self, x: Tensor) -> Tensor:
        # Far from borders the layers as they are; the impulse response there is the kernel of the one convolution.
        size = self.sk.in_channels
        impulses = torch.zeros(size + 1, size, 5, 5)
        for channel in range(size):
            impulses[channel, channel, 2, 2] = 1
        with torch.no_grad():
            answers = self.conv(impulses) + self.sk(impulses)[:, :, 1:-1, 1:-1]
        bias = answers[-1, :, 1, 1]
        kernel = (answers[:-1] - answers[-1:]).flip(2, 3).transpose(0, 1)
        return functional.conv2d(x, kernel, bias, padding=1)


class Spab(nn.Module):
    def __init__(self, nf: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = Conv3xc(nf, nf), Conv3xc(nf, nf), Conv3xc(nf, nf)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.c1_r(x)
        out = self.c3_r(functional.silu(self.c2_r(functional.silu(first))))
        return (out + x) * (torch.sigmoid(out) - 0.5), first


class SpanNet(nn.Module):
    def __init__(self, scale: int = 4, nf: int = 8) -> None:
        super().__init__()
        self.scale = scale
        self.conv_1, self.conv_2 = Conv3xc(3, nf), Conv3xc(nf, nf)
        for number in range(1, 7):
            self.add_module(f"block_{number}", Spab(nf))
        self.conv_cat, self.upsampler = nn.Conv2d(4 * nf, nf, 1), nn.Sequential(conv(nf, 3 * scale**2))
        self.normalised = True

    def forward(self, x: Tensor) -> Tensor:
        first = self.conv_1((x - RGB_MEAN) * 255 if self.normalised else x)
        y, made, inner = first, [], first
        for number in range(1, 7):
            y, inner = self.get_submodule(f"block_{number}")(y)
            made.append(y)
        y = self.conv_cat(torch.cat([first, self.conv_2(y), made[0], inner], 1))
        return functional.pixel_shuffle(self.upsampler(y), self.scale)


class TrunkBlock(nn.Module):
    def __init__(self, nf: int) -> None:
        super().__init__()
        layers = [conv(nf, nf, bias=False), nn.BatchNorm2d(nf), nn.PReLU()]
        self.rcb = nn.Sequential(*layers, conv(nf, nf, bias=False), nn.BatchNorm2d(nf))

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.rcb(x))


class UpsampleBlock(nn.Module):
    def __init__(self, nf: int) -> None:
        super().__init__()
        self.upsample_block = nn.Sequential(conv(nf, 4 * nf), nn.PixelShuffle(2), nn.PReLU())

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.upsample_block(x))


class LornatangSrresnet(nn.Module):
    """Results are clipped to [0, 1] by the original; here they are not."""

    def __init__(self, nf: int = 8, nb: int = 2) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(conv(3, nf, 9), nn.PReLU())
        self.trunk = nn.Sequential(*(TrunkBlock(nf) for _ in range(nb)))
        self.conv2 = nn.Sequential(conv(nf, nf, bias=False), nn.BatchNorm2d(nf))
        self.upsampling = nn.Sequential(UpsampleBlock(nf), UpsampleBlock(nf))
        self.conv3 = conv(nf, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        first = self.conv1(x)
        restored: Tensor = self.conv3(self.upsampling(first + self.conv2(self.trunk(first))))
        return restored


def settled(network: nn.Module, seed: int = 0) -> nn.Module:
    """The network in evaluation mode with random weights, slopes and statistics."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0.05, 0.4)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 2)
    return network.eval()
