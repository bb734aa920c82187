"""Recipes of three projects built on the paper: Loridan's, Cheung's, and that of a group of UC San Diego."""

from srgan.training.recipes.paper_recipes import SRRESNET_MSE
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import CropSettings, LossSettings, NetworkSettings, ScheduleSettings

# Stanford Dogs, both stages from https://github.com/krasserm/super-resolution, whose lines its log has.
LORIDAN_PRE = SRRESNET_MSE.change(
    name="loridan-pre", summary="Loridan's first stage: 1,000 dogs, pixel error, 20,000 updates", updates=20_000
)
LORIDAN_GAN = LORIDAN_PRE.change(
    name="loridan-gan",
    summary="Loridan's second stage: from loridan-pre, VGG54 and a discriminator, 5,000 updates",
    initial="loridan-pre",
    content="vgg54",
    discriminator="srgan",
    updates=5_000,
)

# 250 photos, of which a third validates, one at a time; Keras' default learning rate; VGG features as the layer gives
# them.
CHEUNG = Recipe(
    name="cheung",
    summary="Cheung's SRGAN: nearest-neighbour upsampling, 32 to 128 pixels, 40 epochs",
    network=NetworkSettings(generator="cheung-generator"),
    loss=LossSettings(content="vgg34", feature_scale=1.0, discriminator="cheung"),
    crops=CropSettings(batch=1, crop=128),
    schedule=ScheduleSettings(epochs=40, learning_rate=1e-3),
)

# Yu, Zhang and Zhong: DIV2K, crops of 384, batches of 8, a learning rate of 1e-5.
UCSD_SRRESNET = Recipe(
    name="ucsd-srresnet",
    summary="The San Diego group's SRResNet: 3x3 ends, crops of 384, 200 epochs",
    network=NetworkSettings(generator="ucsd-generator"),
    crops=CropSettings(batch=8, crop=384, quarter_turns=False),
    schedule=ScheduleSettings(epochs=200, learning_rate=1e-5),
)
UCSD_SRCNN = UCSD_SRRESNET.change(
    name="ucsd-srcnn",
    summary="The San Diego group's SRCNN: four layers after bicubic enlargement, 200 epochs",
    generator="ucsd-srcnn",
)
# "The learning rate will become even smaller after 25 epochs" of 50: it is halved.
UCSD_SRGAN = UCSD_SRRESNET.change(
    name="ucsd-srgan",
    summary="The San Diego group's SRGAN: VGG54 and their discriminator, 50 epochs",
    content="vgg54",
    discriminator="ucsd",
    epochs=50,
    drop_at=0.5,
    drop_factor=0.5,
)

PROJECT_RECIPES = (LORIDAN_PRE, LORIDAN_GAN, CHEUNG, UCSD_SRCNN, UCSD_SRRESNET, UCSD_SRGAN)
