"""Recipes of Ledig et al. 2017, section 3.2.

Batches of 16 crops of 96, Adam at 1e-4, 10^6 updates of SRResNet; of SRGAN 10^5 at 1e-4 and 10^5 at 1e-5, from the
SRResNet that was trained on MSE.
"""

from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import LossSettings, ScheduleSettings

SRRESNET_MSE = Recipe(
    name="srresnet-mse",
    summary="SRResNet, as published: pixel error, 10^6 updates",
    schedule=ScheduleSettings(updates=1_000_000),
)
SRRESNET_VGG22 = SRRESNET_MSE.change(
    name="srresnet-vgg22",
    summary="SRResNet-VGG22, as published: features of VGG22, total variation",
    content="vgg22",
    total_variation=2e-8,
)
SRGAN_VGG54 = Recipe(
    name="srgan-vgg54",
    summary="SRGAN, as published: features of VGG54, and a discriminator",
    initial="srresnet-mse",
    loss=LossSettings(content="vgg54", discriminator="srgan", adversarial_reduction="sum"),
    schedule=ScheduleSettings(updates=200_000, drop_at=0.5, drop_factor=0.1),
)
SRGAN_MSE = SRGAN_VGG54.change(
    name="srgan-mse", summary="SRGAN-MSE, as published: pixel error, and a discriminator", content="mse"
)
SRGAN_VGG22 = SRGAN_VGG54.change(
    name="srgan-vgg22", summary="SRGAN-VGG22, as published: features of VGG22, and a discriminator", content="vgg22"
)

PAPER_RECIPES = (SRRESNET_MSE, SRRESNET_VGG22, SRGAN_MSE, SRGAN_VGG22, SRGAN_VGG54)
