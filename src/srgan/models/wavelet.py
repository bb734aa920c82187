"""Networks that work on wavelet bands, after the idea of TWIST-GAN (Dharejo et al. 2021).

"TWIST-GAN: Towards Wavelet Transform and Transferred GAN for Spatio-Temporal Single Image Super Resolution", ACM TIST.
Only its abstract is public, and these networks follow it alone: the small image is split into frequency bands by a
wavelet transform, a generator predicts the high bands of the large one, the inverse transform makes the image, and a
discriminator judges the high bands. Layers, sizes and wavelet (Haar's) are srgan's own choice.
"""

import torch
from torch import Tensor, nn

from srgan.models.haar import join, split, split_everywhere
from srgan.models.layers import PReLU, he_
from srgan.models.patch_discriminator import PatchDiscriminator
from srgan.models.srgan import ResidualBlock
from srgan.weights.card import Stage

_GAIN = 10.0
"""Brings high bands, a few hundredths strong, to the size of images."""


class WaveletGenerator(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    From the undecimated bands of the small image, a residual trunk without batch normalisation predicts those of the
    large one: of its second level, as large as the small image, a correction of the low band and the three high bands;
    of its first level, twice as large, the three high bands. The inverse transform of the two levels makes the image.
    With all predictions zero, it is the small image with every pixel repeated.

    Args:
        blocks: number of residual blocks.
        features: channels of the trunk, an even number.

    Raises:
        ValueError: if the number of features is odd.
    """

    scale = 4

    def __init__(self, *, blocks: int = 16, features: int = 64) -> None:
        super().__init__()
        if features % 2:
            raise ValueError(f"features is {features}, but must be even: half of them make the finest bands")
        half = features // 2
        self.head = nn.Sequential(nn.Conv2d(4 * 3, features, 3, padding=1), PReLU(features))
        residual_blocks = [ResidualBlock(features, normalisation=False, skip=True) for _ in range(blocks)]
        self.blocks = nn.Sequential(*residual_blocks)
        self.fusion = nn.Conv2d(features, features, 3, padding=1)
        self.coarse = nn.Conv2d(features, 4 * 3, 3, padding=1)
        fine = nn.Conv2d(half, 3 * 3, 3, padding=1)
        self.fine = nn.Sequential(nn.Conv2d(features, 4 * half, 3, padding=1), nn.PixelShuffle(2), PReLU(half), fine)
        he_(self, slope=0.25)
        for block in residual_blocks:
            block.convolution2.weight.data.mul_(0.1)
        for last in (self.coarse, fine):
            last.weight.data.mul_(0.1)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: its tail is too light to be tiled by itself."""
        features, blocks = self.fusion.in_channels, len(self.blocks)
        return (
            Stage(
                "restored",
                scale=self.scale,
                # the transform, three 3x3, two a block, and one at half a pixel
                radius=1.0 + 3.0 + 2.0 * blocks + 0.5,
                values=5 * features + 2 * 3 * self.scale**2,
                multiply_adds=9 * features * (12 + features * (2 * blocks + 1) + 12 + 2 * features)
                + 4 * 9 * (features // 2) * 9,
            ),
        )

    def forward(self, low: Tensor) -> Tensor:
        first: Tensor = self.head(split_everywhere(low))
        deep: Tensor = first + self.fusion(self.blocks(first))
        correction, high = torch.split(self.coarse(deep), [3, 9], dim=1)
        # Each level of the transform doubles what is constant.
        return join(join(4.0 * low + correction, high), self.fine(deep))


class WaveletDiscriminator(nn.Module):
    """Logits of the high bands of images: (B, 3, crop, crop) in [0, 1] to (B, 1, crop / 16, crop / 16).

    A `PatchDiscriminator` of the finest bands, above 0 for what looks real; what the low band holds it cannot see.

    Args:
        crop: side of the crops in pixels, a multiple of 16, 32 or more.
        features: channels of the first convolution.
    """

    def __init__(self, *, crop: int = 96, features: int = 64) -> None:
        super().__init__()
        self.patches = PatchDiscriminator(crop=crop // 2, features=features, channels=9)

    def forward(self, images: Tensor) -> Tensor:
        _, high = split(images)
        logits: Tensor = self.patches.layers(_GAIN * high)
        return logits
