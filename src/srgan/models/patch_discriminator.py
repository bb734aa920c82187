"""A discriminator of patches: is the texture around each place real, or the generator's?"""

from torch import Tensor, nn

from srgan.models.layers import he_

_LAYERS = ((1, 4, 2), (2, 4, 2), (4, 4, 2), (4, 3, 1))
"""(channels as a multiple of the first's, kernel, stride) of the convolutions after the first."""


class PatchDiscriminator(nn.Module):
    """Logits of patches: (B, 3, crop, crop) in [0, 1] to (B, 1, crop / 8, crop / 8), above 0 for what looks real.

    Each logit sees 56 pixels (Isola et al. 2017, section 3.2.2), so any texture is judged in many places of a crop.
    Batch normalisation as in the paper's discriminator: with spectral normalisation it did not keep up with the
    generator (docs/log.md).

    Args:
        crop: side of the crops in pixels, a multiple of 8.
        features: channels of the first convolution.
        channels: of the crops; 3 are RGB.
    """

    def __init__(self, *, crop: int = 96, features: int = 64, channels: int = 3) -> None:
        super().__init__()
        if crop < 16 or crop % 8:
            raise ValueError(f"the patch discriminator sees crops of a multiple of 8 pixels, 16 or more, not {crop}")
        layers: list[nn.Module] = [nn.Conv2d(channels, features, 3, padding=1), nn.LeakyReLU(0.2)]
        inputs = features
        for factor, kernel, stride in _LAYERS:
            outputs = factor * features
            layers += [
                nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2),
            ]
            inputs = outputs
        layers.append(nn.Conv2d(inputs, 1, 3, padding=1))
        self.layers = nn.Sequential(*layers)
        he_(self, slope=0.2)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(2.0 * images - 1.0)
        return logits
