"""The methods that fill the rows of a published table."""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from srgan.errors import UsageError
from srgan.evaluation.methods import Method, find_method
from srgan.paper.published import INTERPOLATED, MODELS, TRAINED_BY
from srgan.weights.card import Card
from srgan.weights.catalogue import SELFEXSR, find, installed, methods_without_weights

NO_WEIGHTS = "no weights yet"
NO_PICTURES = "no pictures given"
NO_NUMBA = "numba is not installed"


@dataclass(frozen=True)
class ChosenMethods:
    """The methods of a table that can be measured."""

    methods: tuple[Method, ...]
    missing: Mapping[str, str] = field(default_factory=dict)
    """By row without a method, the reason."""
    cards: Mapping[str, Card] = field(default_factory=dict)
    """By row that a model fills, its card."""


def choose_methods(rows: Sequence[str], given: Mapping[str, str], **options: Any) -> ChosenMethods:
    """Fill rows by what is given, else by an interpolation, else by the installed model of that name.

    Args:
        rows: of the table.
        given: by row, a model's name or file, or a folder of results.
        options: of `find_method`: scale, engine and precision of models.

    Raises:
        UsageError: if a given row is not in the table, or names nothing.
        ModelError: if a model is damaged, or has another scale.
        DataError: if a folder does not exist.
    """
    for row in given:
        if row not in rows:
            raise UsageError(f"there is no row {row}: choose one of {', '.join(rows)}")
    available = {**installed(), **methods_without_weights()}
    compiles = importlib.util.find_spec("numba") is not None
    methods, missing, cards = [], {}, {}
    for row in rows:
        word = given.get(row) or (row if row in INTERPOLATED else MODELS.get(row))
        if row not in given and word == SELFEXSR and word in available and not compiles:
            missing[row] = NO_NUMBA
        elif row in given or row in INTERPOLATED or word in available:
            methods.append(find_method(f"{row}={word}", **options))
            if word is not None and methods[-1].info.kind == "model":
                cards[row] = find(word).card
        else:
            missing[row] = NO_WEIGHTS if row in TRAINED_BY else NO_PICTURES
    return ChosenMethods(tuple(methods), missing, cards)
