"""`srgan recipes`: all of them, and all settings of one, in the words in which they are changed."""

import json

import pytest

from srgan.training.recipes import RECIPES
from srgan.training.recipes.overrides import override
from tests.helpers.command_line import Run


def test_the_list_names_every_recipe(srgan: Run) -> None:
    result = srgan("recipes")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(RECIPES)]] == list(RECIPES)
    assert all(recipe.summary in line for recipe, line in zip(RECIPES.values(), lines, strict=False))
    assert "srgan recipes show NAME" in lines[-1]


def test_json(srgan: Run) -> None:
    assert json.loads(srgan("recipes", "--json").stdout) == [recipe.flat() for recipe in RECIPES.values()]
    assert json.loads(srgan("recipes", "show", "cheung", "--json").stdout) == RECIPES["cheung"].flat()


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_shown_can_be_set(srgan: Run, name: str) -> None:
    lines = srgan("recipes", "show", name).stdout.splitlines()
    assert lines[0] == f"{name}: {RECIPES[name].summary}"
    recipe = override(RECIPES[name], [line.split()[0] for line in lines[2:]])
    exact = RECIPES[name].loss.feature_scale
    assert recipe.loss.feature_scale == pytest.approx(exact, rel=1e-5)  # shown to six digits
    assert recipe.change(feature_scale=exact) == RECIPES[name]


def test_every_setting_is_explained(srgan: Run) -> None:
    lines = srgan("recipes", "show", "srgan-vgg54").stdout.splitlines()[2:]
    notes = [line.split("  ", 1)[1].strip() for line in lines]
    assert all(note.endswith(".") for note in notes)
    assert "adversarial_reduction=sum" in [line.split()[0] for line in lines]


def test_an_unknown_recipe_is_one_line(srgan: Run) -> None:
    result = srgan("recipes", "show", "nope", "--json")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [f"Error: there is no recipe nope: choose one of {', '.join(RECIPES)}"]
    assert json.loads(result.stdout)["error"].startswith("there is no recipe nope")
