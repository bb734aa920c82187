"""The printed numbers: whole, with the digits that were printed, and in keeping with each other."""

from decimal import Decimal

import pytest

from srgan.paper.published import (
    FIGURE2,
    FIGURE6,
    INTERPOLATED,
    LORIDAN_GAN,
    LORIDAN_PRE,
    MODELS,
    SEEDS,
    TABLE1,
    TABLE2,
    TRAINED_BY,
    TRAININGS,
    Published,
)
from srgan.training.recipes import RECIPES

TABLES = (TABLE1, TABLE2, SEEDS)
LOGS = (LORIDAN_PRE, LORIDAN_GAN)


@pytest.mark.parametrize("table", [*TABLES, *LOGS], ids=lambda table: table.name)
def test_every_cell_has_every_kind(table: Published) -> None:
    for method in table.methods:
        for data in table.sets:
            assert tuple(table.of(method, data)) == table.kinds


@pytest.mark.parametrize("table", [*TABLES, FIGURE2], ids=lambda table: table.name)
def test_numbers_are_of_their_kind(table: Published) -> None:
    for scores in table.scores.values():
        assert all(0 < scores[kind] <= top for kind, top in (("ssim", 1), ("mse", 1), ("mos", 5)) if kind in scores)
        assert all(value > 20 for kind, value in scores.items() if kind == "psnr")


def test_the_tables_of_the_paper_agree_where_they_speak_of_the_same() -> None:
    for one, other in (("SRResNet-MSE", "SRResNet"), ("SRGAN-VGG54", "SRGAN")):
        for data in TABLE1.sets:
            assert TABLE1.of(one, data) == TABLE2.of(other, data)


def test_digits_are_those_printed() -> None:
    assert TABLE1.of("SRGAN-MSE", "BSD100") == {}
    assert TABLE2.of("SelfExSR", "Set5")["ssim"].as_tuple().exponent == -3
    assert TABLE2.of("nearest", "Set14")["ssim"] == Decimal("0.7100")
    assert str(TABLE2.of("nearest", "Set14")["ssim"]) == "0.7100"
    assert str(SEEDS.of("SRResNet", "DIV2K")["mos"]) == "2.406"


def test_figures_have_columns_though_no_numbers() -> None:
    assert FIGURE6.methods[-1] == FIGURE2.methods[-1] == "HR"
    assert not any(FIGURE6.of(method, "Set14") for method in FIGURE6.methods)


def test_every_method_is_filled_in_a_way_that_is_known() -> None:
    every = {method for table in (*TABLES, FIGURE2, FIGURE6) for method in table.methods}
    assert every == set(INTERPOLATED) | set(MODELS)
    assert {"srcnn", "espcn", "drcn", "srgan-mse", "srgan-vgg22", "srgan-vgg54", "srresnet-vgg22"} <= set(RECIPES)
    assert {"srgan-mse", "srgan-vgg22", "srgan-vgg54", "srresnet-vgg22"} <= set(MODELS.values())


def test_the_logs_of_loridan_are_whole() -> None:
    assert [(log.methods[0], log.methods[-1], len(log.methods)) for log in LOGS] == [
        ("1,000 updates", "19,000 updates", 19),
        ("4,050 updates", "4,750 updates", 15),
    ]
    assert str(LORIDAN_PRE.of("19,000 updates", "validation dogs")["psnr"]) == "26.084274"
    assert LORIDAN_GAN.of("4,700 updates", "training dogs")["discriminator"] == Decimal("0.5600")


def test_methods_are_trained_by_recipes() -> None:
    assert set(TRAININGS) <= set(TRAINED_BY)
    networks = {recipe for method, recipe in TRAINED_BY.items() if MODELS[method] in (recipe, "srresnet", "srgan")}
    assert networks <= set(RECIPES)
