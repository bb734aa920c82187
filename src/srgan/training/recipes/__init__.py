"""The recipes by name: those of the paper, of the projects built on it, of the baselines, and their likes for a CPU."""

from dataclasses import replace

from srgan.errors import UsageError
from srgan.training.recipes.recipe import Recipe

# Ledig et al. 2017, section 3.2: batches of 16 crops of 96, Adam at 1e-4, 10^6 updates of SRResNet; of SRGAN 10^5 at
# 1e-4 and 10^5 at 1e-5, from the SRResNet that was trained on MSE.
_SRRESNET_MSE = Recipe(
    name="srresnet-mse", summary="SRResNet, as published: pixel error, 10^6 updates", updates=1_000_000
)
_SRGAN_VGG54 = Recipe(
    name="srgan-vgg54",
    summary="SRGAN, as published: features of VGG54, and a discriminator",
    initial="srresnet-mse",
    content="vgg54",
    discriminator="srgan",
    adversarial_reduction="sum",
    updates=200_000,
    drop_at=0.5,
    drop_factor=0.1,
)

# What two CPU cores do in minutes: half the blocks, half the channels, no batch normalisation, small crops, a learning
# rate that falls to nothing. The losses are those of the recipe whose name it bears, but that features of VGG have the
# pixel error beside them: within the first thousands of updates they alone leave a grid (docs/log.md).
_SRRESNET_MSE_QUICK = Recipe(
    name="srresnet-mse-quick",
    summary="srresnet-mse for a CPU: a small network, minutes to an hour",
    blocks=8,
    features=32,
    normalisation=False,
    batch=8,
    crop=64,
    updates=20_000,
    learning_rate=1e-3,
    warmup=200,
    decay=0.9,
    clip=1.0,
    validate_every=500,
)
_SRGAN_VGG22_QUICK = replace(
    _SRRESNET_MSE_QUICK,
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

_SRGAN_VGG22_CPU = replace(
    _SRGAN_VGG22_QUICK,
    name="srgan-vgg22-cpu",
    summary="srgan-vgg22 for a CPU: the whole network, VGG22 and pixels, an hour or two on two cores",
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

# Photos as people have them: half the crops are damaged as by a camera or a web page, a quarter as by a messenger. The
# trunk is SRResNet's and begins with its weights (docs/decisions/0021).
_SRRESNET_PHOTO = Recipe(
    name="srresnet-photo",
    summary="Faithful, for damaged photos: pixel error on crops with blur, noise and compression, from srresnet",
    generator="compact-generator",
    initial="srresnet-cpu",
    content="l1",
    degradation="everyday",
    batch=4,
    crop=128,
    updates=60_000,
    learning_rate=4e-4,
    warmup=200,
    decay=0.9,
    clip=1.0,
    validate_every=2_000,
)
_SRGAN_PHOTO = replace(
    _SRRESNET_PHOTO,
    name="srgan-photo",
    summary="Photo-real, for damaged photos: deep features, spectra and a patch discriminator, from srresnet-photo",
    initial="srresnet-photo",
    refinement=16,
    feature_error=1.0,
    consistency=2.0,
    grid=100.0,
    grid_texture=30.0,
    spectrum=0.02,
    discriminator="features",
    discriminator_alone=200,
    discriminator_learning_rate=2e-4,
    adversarial=0.03,
    jitter=32,
    updates=40_000,
    learning_rate=1e-4,
    decay=0.5,
    validate_every=1_000,
)

# Loridan: Stanford Dogs, both stages from https://github.com/krasserm/super-resolution, whose lines its log has.
_LORIDAN_PRE = replace(
    _SRRESNET_MSE,
    name="loridan-pre",
    summary="Loridan's first stage: 1,000 dogs, pixel error, 20,000 updates",
    updates=20_000,
)

# Yu, Zhang and Zhong, UC San Diego: DIV2K, crops of 384, batches of 8, a learning rate of 1e-5.
_UCSD_SRRESNET = Recipe(
    name="ucsd-srresnet",
    summary="The San Diego group's SRResNet: 3x3 ends, crops of 384, 200 epochs",
    generator="ucsd-generator",
    batch=8,
    crop=384,
    quarter_turns=False,
    epochs=200,
    learning_rate=1e-5,
)

# Dong et al. 2014 and 2016, Shi et al. 2016: mean squared error of the luminance, stochastic gradient descent at 1e-4
# (1e-5 in the last layer) over 8 x 10^8 steps, and from 1e-2 down to 1e-4. SOAP gets there in fewer. Their crops are of
# 33 and 68 pixels, without padding; ours are padded, and larger, so that the padding counts for less. Adam does not
# do: after 200,000 updates, ESPCN stood where SOAP had brought it in 5,000 (docs/log.md).
_SRCNN = Recipe(
    name="srcnn",
    summary="SRCNN 9-5-5, as published on luminance; SOAP, larger crops, a quarter of an hour on a CPU core",
    generator="srcnn",
    content="luma",
    batch=4,
    updates=6_000,
    optimiser="soap",
    learning_rate=2e-3,
    beta1=0.95,
    warmup=200,
    decay=0.9,
    clip=1.0,
    validate_every=1_000,
)
# Kim et al. 2016, section 4: 64 crops of 41, 256 channels, 16 recursions, gradient descent from 1e-2 with a weight
# decay of 1e-4, and a share of supervision that starts high and falls. For a graphics processor.
_DRCN = Recipe(
    name="drcn",
    summary="DRCN, as published on luminance: 16 supervised recursions; Adam, no weight decay",
    generator="drcn",
    features=256,
    content="luma",
    supervision=1.0,
    batch=64,
    crop=40,
    updates=100_000,
    warmup=500,
    decay=0.5,
    clip=1.0,
)

_ALL = (
    _SRRESNET_MSE,
    replace(
        _SRRESNET_MSE,
        name="srresnet-vgg22",
        summary="SRResNet-VGG22, as published: features of VGG22, total variation",
        content="vgg22",
        total_variation=2e-8,
    ),
    replace(
        _SRGAN_VGG54,
        name="srgan-mse",
        summary="SRGAN-MSE, as published: pixel error, and a discriminator",
        content="mse",
    ),
    replace(
        _SRGAN_VGG54,
        name="srgan-vgg22",
        summary="SRGAN-VGG22, as published: features of VGG22, and a discriminator",
        content="vgg22",
    ),
    _SRGAN_VGG54,
    _SRRESNET_MSE_QUICK,
    replace(
        _SRRESNET_MSE_QUICK,
        name="srresnet-vgg22-quick",
        summary="srresnet-vgg22 for a CPU: a small network",
        content="vgg22",
        pixel=1.0,
        total_variation=2e-8,
        updates=10_000,
    ),
    replace(
        _SRGAN_VGG22_QUICK,
        name="srgan-mse-quick",
        summary="srgan-mse for a CPU: a small network, from srresnet-mse-quick",
        content="mse",
        pixel=0.0,
    ),
    _SRGAN_VGG22_QUICK,
    replace(
        _SRGAN_VGG22_QUICK,
        name="srgan-vgg54-quick",
        summary="srgan-vgg54 for a CPU: a small network, from srresnet-mse-quick",
        content="vgg54",
    ),
    # What two CPU cores do in an hour. In equal time, batches of 4 went further than batches of 16, and a generator
    # without batch normalisation further than one with; without clipping, 5e-4 diverged (docs/log.md).
    Recipe(
        name="srresnet-cpu",
        summary="What came with srgan as srresnet: the whole network, an hour on two CPU cores",
        normalisation=False,
        content="l1",
        batch=4,
        updates=20_000,
        learning_rate=4e-4,
        warmup=500,
        decay=0.975,
        clip=1.0,
    ),
    _SRRESNET_PHOTO,
    _SRGAN_PHOTO,
    _SRGAN_VGG22_CPU,
    replace(
        _SRGAN_VGG22_CPU,
        name="srgan-cpu",
        summary="The first stage of what comes with srgan as srgan: VGG22 and deep features, an hour or two on a core",
        perception=0.3,
        pixel=2.0,
        grid=50.0,
        grid_texture=20.0,
        adversarial=5e-3,
    ),
    _LORIDAN_PRE,
    replace(
        _LORIDAN_PRE,
        name="loridan-gan",
        summary="Loridan's second stage: from loridan-pre, VGG54 and a discriminator, 5,000 updates",
        initial="loridan-pre",
        content="vgg54",
        discriminator="srgan",
        updates=5_000,
    ),
    # Cheung: 250 photos, of which a third validates, one at a time; Keras' default learning rate; VGG features as the
    # layer gives them.
    Recipe(
        name="cheung",
        summary="Cheung's SRGAN: nearest-neighbour upsampling, 32 to 128 pixels, 40 epochs",
        generator="cheung-generator",
        content="vgg34",
        feature_scale=1.0,
        discriminator="cheung",
        batch=1,
        crop=128,
        epochs=40,
        learning_rate=1e-3,
    ),
    replace(
        _UCSD_SRRESNET,
        name="ucsd-srcnn",
        summary="The San Diego group's SRCNN: four layers after bicubic enlargement, 200 epochs",
        generator="ucsd-srcnn",
    ),
    _UCSD_SRRESNET,
    # "The learning rate will become even smaller after 25 epochs" of 50: it is halved.
    replace(
        _UCSD_SRRESNET,
        name="ucsd-srgan",
        summary="The San Diego group's SRGAN: VGG54 and their discriminator, 50 epochs",
        content="vgg54",
        discriminator="ucsd",
        epochs=50,
        drop_at=0.5,
        drop_factor=0.5,
    ),
    _SRCNN,
    replace(
        _SRCNN,
        name="srcnn-915",
        summary="SRCNN 9-1-5, as published in 2014 on luminance; SOAP, larger crops, 6,000 updates",
        middle=1,
    ),
    replace(
        _SRCNN,
        name="espcn",
        summary="ESPCN with tanh, as published on luminance; SOAP, larger crops, half an hour on a CPU core",
        generator="espcn",
        updates=100_000,
        validate_every=5_000,
    ),
    _DRCN,
    replace(
        _DRCN,
        name="drcn-cpu",
        summary="DRCN as far as a CPU core gets in an hour: 64 channels, SOAP",
        features=64,
        batch=4,
        updates=3_000,
        optimiser="soap",
        learning_rate=1e-3,
        beta1=0.95,
        warmup=200,
        decay=0.8,
        validate_every=500,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def find(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        UsageError: if there is none.
    """
    if name not in RECIPES:
        raise UsageError(f"there is no recipe {name}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
