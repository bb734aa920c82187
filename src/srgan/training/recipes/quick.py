"""Recipes for a CPU: the paper's variants as small networks, and those whose models are shipped."""

from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)

# What two CPU cores do in minutes: half the blocks, half the channels, no batch normalisation, small crops, a learning
# rate that falls to nothing. The losses are those of the recipe whose name it bears, but that features of VGG have the
# pixel error beside them: within the first thousands of updates they alone leave a grid (docs/log.md).
SRRESNET_MSE_QUICK = Recipe(
    name="srresnet-mse-quick",
    summary="srresnet-mse for a CPU: a small network",
    network=NetworkSettings(blocks=8, features=32, normalisation=False),
    crops=CropSettings(batch=8, crop=64),
    schedule=ScheduleSettings(updates=20_000, learning_rate=1e-3, warmup=200, decay=0.9, clip=1.0),
    logging=LoggingSettings(validate_every=500),
)
SRRESNET_VGG22_QUICK = SRRESNET_MSE_QUICK.change(
    name="srresnet-vgg22-quick",
    summary="srresnet-vgg22 for a CPU: a small network",
    content="vgg22",
    pixel=1.0,
    total_variation=2e-8,
    updates=10_000,
)
SRGAN_VGG22_QUICK = SRRESNET_MSE_QUICK.change(
    name="srgan-vgg22-quick",
    summary="srgan-vgg22 for a CPU: a small network, from srresnet-mse-quick",
    initial="srresnet-mse-quick",
    content="vgg22",
    pixel=1.0,
    discriminator="srgan",
    discriminator_features=32,
    updates=3_000,
    learning_rate=2e-4,
    warmup=50,
    decay=0.5,
    ema=0.99,
    validate_every=250,
)
SRGAN_MSE_QUICK = SRGAN_VGG22_QUICK.change(
    name="srgan-mse-quick",
    summary="srgan-mse for a CPU: a small network, from srresnet-mse-quick",
    content="mse",
    pixel=0.0,
)
SRGAN_VGG54_QUICK = SRGAN_VGG22_QUICK.change(
    name="srgan-vgg54-quick",
    summary="srgan-vgg54 for a CPU: a small network, from srresnet-mse-quick",
    content="vgg54",
)

# What two CPU cores do in an hour. In equal time, batches of 4 went further than batches of 16, and a generator without
# batch normalisation further than one with; without clipping, 5e-4 diverged (docs/log.md).
SRRESNET_CPU = Recipe(
    name="srresnet-cpu",
    summary="What came with srgan as srresnet: the whole network, on a CPU",
    network=NetworkSettings(normalisation=False),
    loss=LossSettings(content="l1"),
    crops=CropSettings(batch=4),
    schedule=ScheduleSettings(updates=20_000, learning_rate=4e-4, warmup=500, decay=0.975, clip=1.0),
)
# In equal time of one core, 8 or 12 blocks of 48 channels and 6 of 64 learned alike, re-parameterised convolutions less
# (docs/log.md); 10 blocks take a fifth of SRResNet's time.
SWIFT = Recipe(
    name="swift",
    summary="Faithful and fast, for clean photos: a small network of 3x3 convolutions, on a CPU",
    network=NetworkSettings(generator="swift", blocks=10, features=48),
    loss=LossSettings(content="l1"),
    crops=CropSettings(batch=6, crop=128),
    schedule=ScheduleSettings(updates=300_000, learning_rate=8e-4, warmup=500, decay=0.9, clip=0.5, ema=0.9995),
    logging=LoggingSettings(validate_every=2_000),
)
SRGAN_VGG22_CPU = SRGAN_VGG22_QUICK.change(
    name="srgan-vgg22-cpu",
    summary="srgan-vgg22 for a CPU: the whole network, VGG22 and pixels",
    initial="srresnet-cpu",
    blocks=16,
    features=64,
    discriminator_features=64,
    batch=4,
    crop=96,
    updates=8_000,
    jitter=16,
    learning_rate=1e-4,
    warmup=100,
    ema=0.999,
    validate_every=1_000,
)
SRGAN_CPU = SRGAN_VGG22_CPU.change(
    name="srgan-cpu",
    summary="The first stage of what comes with srgan as srgan: VGG22 and deep features",
    perception=0.3,
    pixel=2.0,
    grid=50.0,
    grid_texture=20.0,
    adversarial=5e-3,
)

QUICK_RECIPES = (SRRESNET_MSE_QUICK, SRRESNET_VGG22_QUICK, SRGAN_MSE_QUICK, SRGAN_VGG22_QUICK, SRGAN_VGG54_QUICK)
