"""Recipes of the methods after SRGAN: EDSR, ESRGAN, and a GAN on wavelet bands after the idea of TWIST-GAN."""

from srgan.training.recipes.quick import SRRESNET_CPU
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)

# Lim et al. 2017, section 4.2: small crops of 48, batches of 16, Adam at 1e-4, halved every 200,000 updates. 300,000
# are what the published code has. The paper begins networks of factor 4 with trained ones of factor 2; here it begins
# at random.
EDSR_BASELINE = Recipe(
    name="edsr-baseline",
    summary="EDSR's baseline, as published: 16 blocks of 64, absolute error, 300,000 updates",
    network=NetworkSettings(generator="edsr"),
    loss=LossSettings(content="l1"),
    crops=CropSettings(crop=192),
    schedule=ScheduleSettings(updates=300_000, drop_at=0.66667, drop_factor=0.5),
)
EDSR = EDSR_BASELINE.change(
    name="edsr",
    summary="EDSR, as published: 32 blocks of 256, residuals scaled by 0.1",
    blocks=32,
    features=256,
    residual_scaling=0.1,
)
EDSR_BASELINE_CPU = SRRESNET_CPU.change(
    name="edsr-baseline-cpu",
    summary="EDSR's baseline for a CPU, with the crops and steps of srresnet-cpu, to compare the two networks",
    generator="edsr",
)

# Wang et al. 2018, section 4.1. Of its two stages the first halves its learning rate every 200,000 updates, the second
# after 50,000, 100,000, 200,000 and 300,000; how many they are in all, the published code says.
RRDB_PSNR = Recipe(
    name="rrdb-psnr",
    summary="ESRGAN's first stage, as published: 23 RRDB blocks, absolute error, 10^6 updates",
    network=NetworkSettings(generator="rrdb", blocks=23),
    loss=LossSettings(content="l1"),
    crops=CropSettings(crop=128),
    schedule=ScheduleSettings(
        updates=1_000_000, learning_rate=2e-4, drop_at=0.2, more_drops="0.4,0.6,0.8", drop_factor=0.5
    ),
)
ESRGAN = RRDB_PSNR.change(
    name="esrgan",
    summary="ESRGAN, as published: features of VGG54 before activation, relativistic discriminator, from rrdb-psnr",
    initial="rrdb-psnr",
    content="vgg54",
    before_activation=True,
    feature_distance="l1",
    feature_scale=1.0,
    pixel_l1=5e-3,  # eta is 1e-2 of images in [0, 1], whose differences are half as large
    discriminator="srgan",
    relativistic=True,
    adversarial=5e-3,
    updates=400_000,
    learning_rate=1e-4,
    drop_at=0.125,
    more_drops="0.25,0.5,0.75",
)
# The same for a CPU: 6 blocks of 32, the clipping and the falling learning rate of the other quick recipes.
RRDB_PSNR_QUICK = Recipe(
    name="rrdb-psnr-quick",
    summary="rrdb-psnr for a CPU: 6 blocks of 32 features",
    network=NetworkSettings(generator="rrdb", blocks=6, features=32, growth=16),
    loss=LossSettings(content="l1"),
    crops=CropSettings(batch=4),
    schedule=ScheduleSettings(updates=20_000, learning_rate=5e-4, warmup=200, decay=0.9, clip=1.0),
    logging=LoggingSettings(validate_every=500),
)
# The original filters' features of VGG34 are large: those of srresnet's results differ by 410 from those of Set14's
# pictures, in the mean. The factor makes that about 1. With less absolute error of pixels, colours fade.
ESRGAN_QUICK = RRDB_PSNR_QUICK.change(
    name="esrgan-quick",
    summary="esrgan for a CPU: VGG34 before activation, relativistic discriminator, from rrdb-psnr-quick",
    initial="rrdb-psnr-quick",
    content="vgg34",
    before_activation=True,
    feature_distance="l1",
    feature_scale=0.0025,
    pixel_l1=1.0,
    discriminator="srgan",
    discriminator_features=32,
    relativistic=True,
    adversarial=5e-3,
    updates=5_000,
    learning_rate=1e-4,
    warmup=50,
    decay=0.5,
    validate_every=250,
)

# After the abstract of Dharejo et al. 2021, which is all that is public and gives no numbers: every setting is srgan's.
# The discriminator does not see which small image bands belong to; the absolute error of pixels ties them to it. With a
# tenth of it and more of the discriminator, edges are chequered after 2,000 updates.
WAVELET_GAN = Recipe(
    name="wavelet-gan",
    summary="After TWIST-GAN's abstract: predicts wavelet bands; absolute error of the low, discriminator of the high",
    network=NetworkSettings(generator="wavelet"),
    loss=LossSettings(
        content="low-band",
        pixel_l1=1.0,
        discriminator="wavelet",
        discriminator_features=32,
        relativistic=True,
        adversarial=2e-3,
    ),
    crops=CropSettings(batch=4),
    schedule=ScheduleSettings(updates=20_000, learning_rate=4e-4, warmup=200, decay=0.9, clip=1.0),
    logging=LoggingSettings(validate_every=500),
)
WAVELET_GAN_TRANSFER = WAVELET_GAN.change(
    name="wavelet-gan-transfer",
    summary="The second stage of wavelet-gan: on pictures of another domain, from wavelet-gan",
    initial="wavelet-gan",
    updates=5_000,
    learning_rate=1e-4,
    warmup=50,
    decay=0.5,
    validate_every=250,
)

MODERN_RECIPES = (
    *(EDSR_BASELINE, EDSR, EDSR_BASELINE_CPU),
    *(RRDB_PSNR, ESRGAN, RRDB_PSNR_QUICK, ESRGAN_QUICK),
    *(WAVELET_GAN, WAVELET_GAN_TRANSFER),
)
