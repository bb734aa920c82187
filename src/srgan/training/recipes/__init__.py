"""All recipes by name."""

from srgan.errors import UsageError
from srgan.training.recipes.baselines import BASELINE_RECIPES
from srgan.training.recipes.modern import MODERN_RECIPES
from srgan.training.recipes.paper_recipes import PAPER_RECIPES
from srgan.training.recipes.photos import PHOTO_RECIPES
from srgan.training.recipes.projects import PROJECT_RECIPES
from srgan.training.recipes.quick import QUICK_RECIPES, SRGAN_CPU, SRGAN_VGG22_CPU, SRRESNET_CPU, SWIFT
from srgan.training.recipes.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *PAPER_RECIPES,
        *QUICK_RECIPES,
        SRRESNET_CPU,
        SWIFT,
        *PHOTO_RECIPES,
        SRGAN_VGG22_CPU,
        SRGAN_CPU,
        *PROJECT_RECIPES,
        *BASELINE_RECIPES,
        *MODERN_RECIPES,
    )
}


def find_recipe(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises:
        UsageError: if there is none.
    """
    if name not in RECIPES:
        raise UsageError(f"there is no recipe {name}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
