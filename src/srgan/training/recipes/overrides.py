"""Settings of a recipe changed by `field=value` words, whose types come from the recipe's annotations."""

import types
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

from srgan.errors import UsageError
from srgan.training.recipes.recipe import PARTS, Recipe


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """Return the recipe with settings changed as by `["updates=5000", "clip=none"]`; name and summary cannot be.

    To set `updates` takes the place of `epochs`, and the other way round.

    Raises:
        UsageError: if a field is unknown, or a value is not of its type or out of its range.
    """
    kinds = _setting_types()
    changes: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip().replace("-", "_")
        if not equals:
            raise UsageError(f"'{assignment}' sets nothing: write field=value, as updates=5000")
        if name not in kinds:
            raise UsageError(f"there is no field {name}: the fields are {', '.join(kinds)}")
        changes[name] = _parse(name, text.strip(), kinds[name])
    for given, other in (("updates", "epochs"), ("epochs", "updates")):
        if changes.get(given) is not None and other not in changes:
            changes[other] = None
    return recipe.change(**changes)


def _setting_types() -> dict[str, Any]:
    """Return the types of all settings that can be overridden, in the order of `Recipe.flat`."""
    kinds: dict[str, Any] = {}
    for name, kind in get_type_hints(Recipe).items():
        if name in PARTS:
            kinds |= get_type_hints(kind)
        elif name not in ("name", "summary"):
            kinds[name] = kind
    return kinds


def _parse(name: str, text: str, kind: Any) -> Any:
    """Convert the text of a value to the type of its setting."""
    if get_origin(kind) is types.UnionType:
        if text.lower() == "none":
            return None
        (kind,) = (part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise UsageError(f"{name} cannot be {text}: choose one of {', '.join(get_args(kind))}")
    if kind is bool:
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        raise UsageError(f"{name} cannot be {text}: write true or false")
    try:
        return _PARSERS[kind][1](text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{name} cannot be {text}: it is {_PARSERS[kind][0]}") from error


def _parse_whole(text: str) -> int:
    number = float(text) if "e" in text.lower() else int(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _parse_finite(text: str) -> float:
    number = float(text)
    if not abs(number) < float("inf"):
        raise ValueError(text)
    return number


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PARSERS: dict[Any, tuple[str, Any]] = {
    int: ("a whole number, as 5000", _parse_whole),
    float: ("a number, as 1e-4", _parse_finite),
    str: ("a word", str),
}
