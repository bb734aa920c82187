"""Adversarial losses of a discriminator's logits of real and restored images, above 0 for what looks real.

`high` and `restored` are logits of the two batches, of any shape. All losses are means over logits.
"""

from torch import Tensor
from torch.nn import functional


def adversarial_loss(logits: Tensor) -> Tensor:
    """Return the mean of -log D(G(LR)) over the discriminator's logits of restored images (Ledig et al. 2017, eq. 6).

    From logits z it is softplus(-z) = -log sigmoid(z), finite wherever the logit is.
    """
    return functional.softplus(-logits).mean()


def discriminator_loss(high: Tensor, restored: Tensor) -> Tensor:
    """Return -log D(HR) - log(1 - D(G(LR))), the mean over logits of what D maximises (Ledig et al. 2017, eq. 1).

    A discriminator that knows nothing, every logit 0, has a loss of 2 log 2 = 1.386.
    """
    return functional.softplus(-high).mean() + functional.softplus(restored).mean()


def relative_logits(high: Tensor, restored: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits of real and restored images relative to the mean of the other kind (Wang et al. 2018, section 3.2).

    Their sigmoids are D_Ra, the probability that an image looks more real than images of the other kind on average:
    the relativistic average discriminator of Jolicoeur-Martineau 2018. In a run of several processes the means are
    over each one's part of the batch.
    """
    return high - restored.mean(), restored - high.mean()


def relativistic_adversarial_loss(high: Tensor, restored: Tensor) -> Tensor:
    """Return -log(1 - D_Ra(HR)) - log D_Ra(G(LR)), which the generator lowers (Wang et al. 2018, eq. 2).

    Unlike `adversarial_loss` it has gradients from real images too. The discriminator lowers `discriminator_loss` of
    `relative_logits` (eq. 1).
    """
    relative_high, relative_restored = relative_logits(high, restored)
    return discriminator_loss(relative_restored, relative_high)
