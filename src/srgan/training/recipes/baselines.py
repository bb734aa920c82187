"""Recipes of the baselines of the paper's table 2: SRCNN, ESPCN and DRCN, on luminance.

Dong et al. 2014 and 2016 and Shi et al. 2016 lower the mean squared error by stochastic gradient descent at 1e-4 (1e-5
in the last layer) over 8 x 10^8 steps, and from 1e-2 down to 1e-4. SOAP gets there in fewer. Their crops are of 33 and
68 pixels, without padding; ours are padded, and larger, so that the padding counts for less. Adam does not do: after
200,000 updates, ESPCN stood where SOAP had brought it in 5,000 (docs/log.md).
"""

from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import (
    CropSettings,
    LoggingSettings,
    LossSettings,
    NetworkSettings,
    ScheduleSettings,
)

SRCNN = Recipe(
    name="srcnn",
    summary="SRCNN 9-5-5, as published on luminance; SOAP, larger crops, 6,000 updates",
    network=NetworkSettings(generator="srcnn"),
    loss=LossSettings(content="luma"),
    crops=CropSettings(batch=4),
    schedule=ScheduleSettings(
        updates=6_000, optimiser="soap", learning_rate=2e-3, beta1=0.95, warmup=200, decay=0.9, clip=1.0
    ),
    logging=LoggingSettings(validate_every=1_000),
)
SRCNN_915 = SRCNN.change(
    name="srcnn-915",
    summary="SRCNN 9-1-5, as published in 2014 on luminance; SOAP, larger crops, 6,000 updates",
    middle=1,
)
ESPCN = SRCNN.change(
    name="espcn",
    summary="ESPCN with tanh, as published on luminance; SOAP, larger crops, 100,000 updates",
    generator="espcn",
    updates=100_000,
    validate_every=5_000,
)
# Kim et al. 2016, section 4: 64 crops of 41, 256 channels, 16 recursions, gradient descent from 1e-2 with a weight
# decay of 1e-4, and a share of supervision that starts high and falls. For a graphics processor.
DRCN = Recipe(
    name="drcn",
    summary="DRCN, as published on luminance: 16 supervised recursions; Adam, no weight decay",
    network=NetworkSettings(generator="drcn", features=256),
    loss=LossSettings(content="luma", supervision=1.0),
    crops=CropSettings(batch=64, crop=40),
    schedule=ScheduleSettings(updates=100_000, warmup=500, decay=0.5, clip=1.0),
)
DRCN_CPU = DRCN.change(
    name="drcn-cpu",
    summary="DRCN for a CPU: 64 channels, SOAP",
    features=64,
    batch=4,
    updates=3_000,
    optimiser="soap",
    learning_rate=1e-3,
    beta1=0.95,
    warmup=200,
    decay=0.8,
    validate_every=500,
)

BASELINE_RECIPES = (SRCNN, SRCNN_915, ESPCN, DRCN, DRCN_CPU)
