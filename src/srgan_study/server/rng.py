"""Random draws of a study, the same for the same seed words on every machine."""

import random
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

_T = TypeVar("_T")


def hash_words(*words: str) -> bytes:
    """Return the SHA-256 of words; names of files may be among them, and these need not be UTF-8."""
    return sha256("\n".join(words).encode("utf-8", "surrogatepass")).digest()


class Rng:
    """Random number generator, seeded by words, whose draws are the same with every version of Python."""

    def __init__(self, *words: str) -> None:
        seed = int.from_bytes(hash_words(*words), "big")
        self._draw = random.Random(seed).random  # the one method whose numbers Python promises to keep

    def shuffle(self, items: Sequence[_T]) -> list[_T]:
        """Return the items in random order."""
        keys = [self._draw() for _ in items]
        return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]

    def sample(self, items: Sequence[_T], count: int) -> list[_T]:
        """Sample `count` items without replacement, keeping their order; all, if there are fewer."""
        return [items[place] for place in sorted(self.shuffle(range(len(items)))[:count])]

    def choose(self, items: Sequence[_T], weights: Sequence[int]) -> _T:
        """Return one item with a probability proportional to its weight."""
        left = self._draw() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]
