"""Draws for all that a study leaves to chance: the same whenever the same is asked for."""

import random
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws that are the same for the same words, with every version of Python.

    Args:
        words: what the draws depend on, such as a seed and what they are for.
    """

    def __init__(self, *words: str) -> None:
        seed = int.from_bytes(sha256("\n".join(words).encode()).digest(), "big")
        self._draw = random.Random(seed).random  # the one method whose numbers Python promises to keep

    def mixed(self, things: Sequence[T]) -> list[T]:
        """The things in an order by chance."""
        keys = [self._draw() for _ in things]
        return [things[place] for place in sorted(range(len(things)), key=keys.__getitem__)]

    def some(self, things: Sequence[T], count: int) -> list[T]:
        """So many of the things, in the order in which they are given; all, if there are no more."""
        return [things[place] for place in sorted(self.mixed(range(len(things)))[:count])]

    def weighted(self, things: Sequence[T], weights: Sequence[int]) -> T:
        """One of the things, each as likely as its weight says."""
        left = self._draw() * sum(weights)
        for thing, weight in zip(things, weights, strict=True):
            left -= weight
            if left < 0:
                return thing
        return things[-1]
