"""Tensors of published weights, looked up and renamed by patterns of their names."""

import re
from collections.abc import Sequence

from torch import Tensor

State = dict[str, Tensor]


class Misfit(Exception):
    """The tensors begin like those of a layout, and do not go on so; the message says what is amiss."""


def shorten(name: str) -> str:
    """Return the name of a tensor, cut to 40 characters."""
    return name if len(name) <= 40 else f"{name[:37]}..."


def rename(state: State, patterns: Sequence[tuple[str, str]]) -> State:
    """Return tensors under other names.

    Args:
        state: the tensors.
        patterns: a regular expression of whole names without their last part, and the name in its place.

    Raises:
        Misfit: if a name is none of them.
    """
    made: State = {}
    for name, value in state.items():
        stem, _, last = name.rpartition(".")
        for pattern, replacement in patterns:
            match = re.fullmatch(pattern, stem)
            if match:
                made[f"{match.expand(replacement)}.{last}"] = value
                break
        else:
            raise Misfit(f"{shorten(name)} is unexpected")
    return made


def count(state: State, pattern: str) -> int:
    """Return one more than the largest number in place of the group of a pattern, 0 without any.

    Raises:
        Misfit: if there are not even as many tensors.
    """
    numbers = [match[1] for name in state if (match := re.match(pattern, name))]
    if any(len(number) > 5 or int(number) >= len(state) for number in numbers):
        raise Misfit("layers are missing")
    return max(map(int, numbers), default=-1) + 1


def shape_of(state: State, name: str) -> tuple[int, ...]:
    """Return the shape of the weights of a convolution.

    Raises:
        Misfit: if there are none.
    """
    if name not in state or state[name].ndim != 4 or 0 in state[name].shape:
        raise Misfit(f"{name} is missing or no convolution")
    return tuple(state[name].shape)


def tensor_of(state: State, name: str) -> Tensor:
    """Return a tensor.

    Raises:
        Misfit: if there is none of that name.
    """
    if name not in state:
        raise Misfit(f"{name} is missing")
    return state[name]
