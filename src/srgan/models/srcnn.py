"""SRCNN (Dong et al. 2014 and 2016).

"Image Super-Resolution Using Deep Convolutional Networks", IEEE TPAMI 38(2), 2016. A published baseline of Ledig et al.
2017, table 2.
"""

from torch import Tensor, nn

from srgan.models.layers import enlarge, he_, luminance, radius_through_enlargement, with_luminance
from srgan.weights.card import Stage

_FEATURES1, _FEATURES2 = 64, 32  # n1 and n2 of the paper


class Srcnn(nn.Module):
    """Low resolution to high resolution: (B, 3, H, W) to (B, 3, 4 H, 4 W), both nominally in [0, 1].

    A bicubic enlargement, then on its luminance convolutions of 9, 5 and 5 pixels with 64, 32 and 1 channels and ReLU
    between them: the network whose results the paper reports (section 4.3.2). That of 2014 has 1 in the middle. Theirs
    does not pad and loses the rim of an image; this one pads.

    Args:
        middle: kernel of the middle layer, f2 in the paper: 1, 3 or 5.
    """

    def __init__(self, *, middle: int = 5) -> None:
        super().__init__()
        if middle not in (1, 3, 5):
            raise ValueError(f"the middle layer's kernel is 1, 3 or 5, not {middle}")
        self.scale = 4
        self.middle = middle
        self.network = nn.Sequential(
            nn.Conv2d(1, _FEATURES1, 9, padding=4),
            nn.ReLU(),
            nn.Conv2d(_FEATURES1, _FEATURES2, middle, padding=middle // 2),
            nn.ReLU(),
            nn.Conv2d(_FEATURES2, 1, 5, padding=2),
        )
        # The paper draws from a normal distribution of 0.001: Adam leaves that one's plateau late.
        he_(self.network)

    @property
    def stages(self) -> tuple[Stage]:
        """One stage, the whole network: everything happens at high resolution."""
        weights = 9**2 * _FEATURES1 + self.middle**2 * _FEATURES1 * _FEATURES2 + 5**2 * _FEATURES2
        stage = Stage(
            "restored",
            self.scale,
            radius=radius_through_enlargement(4 + self.middle // 2 + 2, self.scale),
            values=self.scale**2 * (_FEATURES1 + _FEATURES2 + 2 * 3),
            multiply_adds=self.scale**2 * weights,
        )
        return (stage,)

    def forward(self, low: Tensor) -> Tensor:
        enlarged = enlarge(low, self.scale)
        return with_luminance(enlarged, self.network(luminance(enlarged)))
