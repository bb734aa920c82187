"""Recipes for photos as people have them, whose models `srgan upscale` chooses for JPEGs.

Crops are damaged by the mix "everyday": as by cameras, messengers and web pages. The trunk is SRResNet's and
begins with its weights, but half as deep again (docs/decisions/0021).
"""

from srgan.training.recipes.quick import SWIFT
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)

SRRESNET_PHOTO = Recipe(
    name="srresnet-photo",
    summary="Faithful, for damaged photos: pixel error on crops with blur, noise and compression, from srresnet",
    initial="srresnet-cpu",
    network=NetworkSettings(generator="compact-generator", blocks=24, refinement=16),
    loss=LossSettings(content="l1"),
    crops=CropSettings(batch=6, crop=144, degradation="everyday"),
    schedule=ScheduleSettings(updates=60_000, learning_rate=4e-4, warmup=200, decay=0.8, clip=1.0, ema=0.9995),
    logging=LoggingSettings(validate_every=2_000),
)
SRGAN_PHOTO = SRRESNET_PHOTO.change(
    name="srgan-photo",
    batch=4,
    crop=128,
    ema=0.999,
    summary="Photo-real, for damaged photos: features, spectra, a discriminator on features; from srresnet-photo",
    initial="srresnet-photo",
    feature_error=1.0,
    consistency=2.0,
    grid=20.0,
    grid_texture=2.0,
    spectrum=0.2,
    discriminator="features",
    discriminator_alone=200,
    discriminator_learning_rate=2e-4,
    adversarial=0.1,
    jitter=32,
    updates=40_000,
    learning_rate=2e-4,
    decay=0.5,
    validate_every=1_000,
)

SWIFT_PHOTO = SWIFT.change(
    name="swift-photo",
    summary="Faithful and fast, for large damaged photos: the small network of swift, from a random start",
    degradation="everyday",
    updates=50_000,
)

PHOTO_RECIPES = (SRRESNET_PHOTO, SRGAN_PHOTO, SWIFT_PHOTO)
