"""Published tables, digit for digit, with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Scores = Mapping[str, Decimal]
"""By kind, `mse`, `psnr` in dB, `ssim`, `mos`, or a loss; a Decimal keeps the number of printed digits."""


@dataclass(frozen=True)
class Published:
    """A printed table, or the scores in the caption of a figure."""

    name: str
    """Name in `srgan reproduce`."""
    title: str
    source: str
    sets: tuple[str, ...]
    methods: tuple[str, ...]
    """In the order of the table."""
    kinds: tuple[str, ...]
    scores: Mapping[tuple[str, str], Scores]
    """By method and set."""

    def of(self, method: str, data: str) -> Scores:
        """Return the printed scores of a method on a set; empty where there are none."""
        return self.scores.get((method, data), {})


def _table(
    name: str,
    title: str,
    source: str,
    sets: tuple[str, ...],
    kinds: tuple[str, ...],
    rows: dict[str, tuple[str, ...]],
) -> Published:
    """Return a table from its rows: for each method a cell per set, with a number per kind."""
    scores = {
        (method, data): dict(zip(kinds, map(Decimal, cell.split()), strict=False))
        for method, cells in rows.items()
        for data, cell in zip(sets, cells, strict=True)
    }
    return Published(name, title, source, sets, tuple(rows), kinds, scores)


_PAPER = "Ledig et al. 2017, Photo-realistic single image super-resolution using a GAN, CVPR"

TABLE1 = _table(
    "table1",
    "Table 1: the losses of SRResNet and SRGAN",
    f"{_PAPER}, table 1",
    ("Set5", "Set14"),
    ("psnr", "ssim", "mos"),
    {
        "SRResNet-MSE": ("32.05 .9019 3.37", "28.49 .8184 2.98"),
        "SRResNet-VGG22": ("30.51 .8803 3.46", "27.19 .7807 3.15"),
        "SRGAN-MSE": ("30.64 .8701 3.77", "26.92 .7611 3.43"),
        "SRGAN-VGG22": ("29.84 .8468 3.78", "26.44 .7518 3.57"),
        "SRGAN-VGG54": ("29.40 .8472 3.58", "26.02 .7397 3.72"),
    },
)

TABLE2 = _table(
    "table2",
    "Table 2: SRResNet and SRGAN among other methods",
    f"{_PAPER}, table 2",
    ("Set5", "Set14", "BSD100"),
    ("psnr", "ssim", "mos"),
    {
        "nearest": ("26.26 .7552 1.28", "24.64 .7100 1.20", "25.02 .6606 1.11"),
        "bicubic": ("28.43 .8211 1.97", "25.99 .7486 1.80", "25.94 .6935 1.47"),
        "SRCNN": ("30.07 .8627 2.57", "27.18 .7861 2.26", "26.68 .7291 1.87"),
        "SelfExSR": ("30.33 .872 2.65", "27.45 .7972 2.34", "26.83 .7387 1.89"),
        "DRCN": ("31.52 .8938 3.26", "28.02 .8074 2.84", "27.21 .7493 2.12"),
        "ESPCN": ("30.76 .8784 2.89", "27.66 .8004 2.52", "27.02 .7442 2.01"),
        "SRResNet": ("32.05 .9019 3.37", "28.49 .8184 2.98", "27.58 .7620 2.29"),
        "SRGAN": ("29.40 .8472 3.58", "26.02 .7397 3.72", "25.16 .6688 3.56"),
        "HR": ("Infinity 1 4.32", "Infinity 1 4.32", "Infinity 1 4.46"),
    },
)

SEEDS = _table(
    "seeds",
    "Table of the UC San Diego group: SRCNN, SRResNet and SRGAN on DIV2K",
    "UC San Diego, course project on SRCNN, SRResNet and SRGAN on DIV2K x4; MSE is on the scale of [0, 1]",
    ("DIV2K",),
    ("mse", "psnr", "ssim", "mos"),
    {
        "bicubic": (".0032 25.84 .68 1.20",),
        "SRCNN": (".0019 26.38 .75 1.96",),
        "SRResNet": (".0018 27.46 .77 2.406",),
        "SRGAN": (".0019 27.03 .75 3.36",),
    },
)

SEEDS_TRAINING = (
    "Training took the group about one hour (SRCNN), two (SRResNet) and four (SRGAN); they do not print the time of a "
    "picture."
)

_LORIDAN = "A. Loridan, project 7: proof of concept of SRGAN on 1,000 photos of Stanford Dogs"
_DOGS = ("validation dogs",)

LORIDAN_PRE = _table(
    "loridan-pre",
    "Loridan's first stage: the generator on pixel error",
    f"{_LORIDAN}, log of 20,000 updates; loss_val is a squared error of levels from 0 to 255",
    _DOGS,
    ("psnr", "loss"),
    {
        f"{number * 1_000:,} updates": (numbers,)
        for number, numbers in enumerate(
            (
                "22.832457 455.302155",
                "23.171009 451.819458",
                "23.792353 406.658142",
                "24.158199 389.210876",
                "24.186033 394.336487",
                "23.474201 385.960175",
                "24.632648 396.300751",
                "24.041616 391.532104",
                "24.671635 379.361420",
                "24.556221 367.339905",
                "25.380821 366.331238",
                "24.895226 374.230377",
                "24.793724 375.147003",
                "25.389008 365.611511",
                "25.069117 367.176575",
                "24.747904 355.473328",
                "24.078451 385.038513",
                "24.819422 353.026093",
                "26.084274 360.204041",
            ),
            start=1,
        )
    },
)

LORIDAN_GAN = _table(
    "loridan-gan",
    "Loridan's second stage: generator and discriminator",
    f"{_LORIDAN}, the lines of its log of 5,000 updates that are shown",
    ("training dogs",),
    ("perceptual", "discriminator"),
    {
        f"{4_050 + 50 * number:,} updates": (numbers,)
        for number, numbers in enumerate(
            (
                ".3276 .2267",
                ".3371 .3225",
                ".3145 .0181",
                ".3320 .1885",
                ".3208 .0950",
                ".3415 .0836",
                ".3392 .1850",
                ".3131 .2113",
                ".3118 .1370",
                ".3289 .2936",
                ".3318 .0800",
                ".3271 .1643",
                ".3284 .1447",
                ".3018 .5600",
                ".3063 .0362",
            )
        )
    },
)

FIGURE2 = _table(
    "figure2",
    "Figure 2: bicubic, SRResNet, SRGAN and the original",
    f"{_PAPER}, figure 2: the numbers in brackets",
    ("Set14",),
    ("psnr", "ssim"),
    {
        "bicubic": ("21.59 .6423",),
        "SRResNet": ("23.53 .7832",),
        "SRGAN": ("21.15 .6868",),
        "HR": ("",),
    },
)

FIGURE6 = _table(
    "figure6",
    "Figure 6: the losses beside each other",
    f"{_PAPER}, figure 6, which prints no numbers",
    ("Set14",),
    (),
    {"SRResNet": ("",), "SRGAN-MSE": ("",), "SRGAN-VGG22": ("",), "SRGAN-VGG54": ("",), "HR": ("",)},
)

MODELS: Mapping[str, str] = {
    "SRCNN": "srcnn",
    "SelfExSR": "selfexsr",
    "DRCN": "drcn",
    "ESPCN": "espcn",
    "SRResNet": "srresnet",
    "SRResNet-MSE": "srresnet",
    "SRResNet-VGG22": "srresnet-vgg22",
    "SRGAN": "srgan",
    "SRGAN-MSE": "srgan-mse",
    "SRGAN-VGG22": "srgan-vgg22",
    "SRGAN-VGG54": "srgan-vgg54",
}
"""By method, the name of our model; the paper's SRGAN is its SRGAN-VGG54."""

TRAINED_BY: Mapping[str, str] = {
    **{method: model for method, model in MODELS.items() if method != "SelfExSR"},  # it learns nothing
    "SRResNet": "srresnet-mse",
    "SRResNet-MSE": "srresnet-mse",
    "SRGAN": "srgan-vgg54",
}
"""By method, the recipe that trains it as published."""

_SRRESNET = "10^6 updates of 16 crops from 350,000 photos of ImageNet"
_SRGAN = f"{_SRRESNET}, then 2 x 10^5 against a discriminator"
TRAININGS: Mapping[str, str] = {
    "SRResNet": _SRRESNET,
    "SRResNet-MSE": _SRRESNET,
    "SRResNet-VGG22": _SRRESNET,
    "SRGAN": _SRGAN,
    "SRGAN-MSE": _SRGAN,
    "SRGAN-VGG22": _SRGAN,
    "SRGAN-VGG54": _SRGAN,
}
"""By method of the paper, the training behind its printed numbers (section 3.2)."""

INTERPOLATED = ("nearest", "bicubic", "HR")
"""Methods that need no model."""

TWINS: Mapping[str, str] = {
    "SRResNet": "SRResNet-MSE",
    "SRResNet-MSE": "SRResNet",
    "SRGAN": "SRGAN-VGG54",
    "SRGAN-VGG54": "SRGAN",
}
"""Methods with different names in the paper's tables 1 and 2."""
