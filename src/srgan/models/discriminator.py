"""The discriminator of Ledig et al. 2017 (figure 4): is a picture real, or the generator's?"""

import torch
from torch import Tensor, nn

_LAYERS = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
"""(channels, stride) of the convolutions after the first, as published for 64 features."""


class Discriminator(nn.Module):
    """Logits of crops in [0, 1]: (B, 3, crop, crop) to (B, 1), above 0 for what looks real.

    conv k3n64s1 - LeakyReLU(0.2), seven times conv k3 - BN - LeakyReLU(0.2), dense 1024 - LeakyReLU(0.2), dense 1. The
    sigmoid that the paper ends with is part of the losses, where it costs no precision.

    Args:
        crop: side of the crops in pixels, a multiple of 16; 96 in the paper. It decides the size of the dense layer.
        features: channels of the first convolution; the others keep the paper's proportions.
    """

    def __init__(self, *, crop: int = 96, features: int = 64) -> None:
        super().__init__()
        if crop < 16 or crop % 16:
            raise ValueError(f"the discriminator sees crops of a multiple of 16 pixels, not {crop}")
        self.crop = crop
        layers: list[nn.Module] = [nn.Conv2d(3, features, 3, padding=1), nn.LeakyReLU(0.2)]
        inputs = features
        for channels, stride in _LAYERS:
            outputs = channels * features // 64
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2),
            ]
            inputs = outputs
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Linear(inputs * (crop // 16) ** 2, 16 * features), nn.LeakyReLU(0.2), nn.Linear(16 * features, 1)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, a=0.2)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        if pictures.shape[-2:] != (self.crop, self.crop):
            raise ValueError(f"the discriminator is made for crops of {self.crop} pixels, not {list(pictures.shape)}")
        signed = 2.0 * pictures - 1.0  # the paper's range
        seen = torch.flatten(self.convolutions(signed), start_dim=1)
        # In mixed precision, casting 19 million weights to and fro costs more than multiplying a few rows by them.
        with torch.autocast(seen.device.type, enabled=False):
            logits: Tensor = self.dense(seen.to(next(self.dense.parameters()).dtype))
        return logits
