"""`field=value` words made into a changed recipe: types from the recipe's own annotations, errors in its own words."""

import types
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from srgan.errors import UsageError
from srgan.training.recipes.recipe import Recipe

FIXED = ("name", "summary")
"""Fields that no run can override."""


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """The recipe with fields set as in `["updates=5000", "clip=none"]`.

    To set `updates` takes the place of `epochs`, and the other way round.

    Raises:
        UsageError: if a field is unknown, or a value is not of its type or out of its range.
    """
    changes: dict[str, Any] = {}
    for assignment in assignments:
        field, equals, text = assignment.partition("=")
        field = field.strip().replace("-", "_")
        if not equals:
            raise UsageError(f"'{assignment}' sets nothing: write field=value, as updates=5000")
        if field not in _types():
            raise UsageError(f"there is no field {field}: the fields are {', '.join(_types())}")
        changes[field] = _parse(field, text.strip(), _types()[field])
    for given, other in (("updates", "epochs"), ("epochs", "updates")):
        if changes.get(given) is not None and other not in changes:
            changes[other] = None
    return replace(recipe, **changes)


def _types() -> dict[str, Any]:
    hints = get_type_hints(Recipe)
    return {field.name: hints[field.name] for field in fields(Recipe) if field.name not in FIXED}


def _parse(field: str, text: str, kind: Any) -> Any:
    if get_origin(kind) is types.UnionType:
        if text.lower() == "none":
            return None
        (kind,) = (part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise UsageError(f"{field} cannot be {text}: choose one of {', '.join(get_args(kind))}")
    if kind is bool:
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        raise UsageError(f"{field} cannot be {text}: write true or false")
    try:
        return _WORDS[kind][1](text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{field} cannot be {text}: it is {_WORDS[kind][0]}") from error


def _whole(text: str) -> int:
    number = float(text) if "e" in text.lower() else int(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _finite(text: str) -> float:
    number = float(text)
    if not abs(number) < float("inf"):
        raise ValueError(text)
    return number


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_WORDS: dict[Any, tuple[str, Any]] = {
    int: ("a whole number, as 5000", _whole),
    float: ("a number, as 1e-4", _finite),
    str: ("a word", str),
}
