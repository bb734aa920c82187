"""Speed: methods take turns, the fastest turn counts, and what enlarges nothing is left out."""

import pytest

from srgan.evaluation.methods import Method
from srgan.evaluation.results import MethodInfo
from srgan.evaluation.speed import HEIGHT, ROUNDS, WIDTH, measure_speeds
from srgan.evaluation.test_sets import Pair, Pixels
from tests.helpers.recorded_progress import RecordedProgress


class Timed(Method):
    """Takes the times given, and notes its turns."""

    def __init__(self, name: str, turns: list[str], seconds: list[float], kind: str = "model") -> None:
        self.info, self._turns, self._seconds = MethodInfo(name, kind, "", ""), turns, iter(seconds)

    def restore(self, pair: Pair) -> tuple[Pixels, float | None]:
        assert pair.low.shape == (HEIGHT, WIDTH, 3)
        self._turns.append(self.info.name)
        return pair.low, next(self._seconds)


def test_methods_take_turns_and_the_fastest_counts() -> None:
    turns, progress = list[str](), RecordedProgress()
    methods = [Timed("a", turns, [0.3, 0.1, 0.2]), Timed("b", turns, [1, 2, 3]), Timed("c", turns, [], "folder")]
    speeds = measure_speeds(methods, 4, progress)
    assert turns == ["a", "b"] * ROUNDS
    assert speeds == {"a": pytest.approx(0.1 / 0.1536), "b": pytest.approx(1 / 0.1536)}  # of 0.1536 megapixels
