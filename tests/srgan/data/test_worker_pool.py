"""Processes that work on many images: order of outcomes, and failures."""

import operator
import os
import signal
from collections.abc import Iterator

import pytest

from srgan.data.worker_pool import map_in_order
from srgan.errors import DataError


@pytest.mark.parametrize("processes", [1, 2])
def test_outcomes_come_in_the_order_of_their_tasks_and_no_task_is_taken_long_before(processes: int) -> None:
    taken = []

    def tasks() -> Iterator[int]:
        for task in range(20):
            taken.append(task)
            yield task

    outcomes = map_in_order(operator.neg, tasks(), processes)
    assert [next(outcomes) for _ in range(3)] == [0, -1, -2]
    assert len(taken) < 10
    assert list(outcomes) == [-task for task in range(3, 20)]


def test_an_exception_of_a_task_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_in_order((1).__truediv__, [1, 0, 2], 2))


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_process_is_an_error() -> None:
    with pytest.raises(DataError):
        list(map_in_order(signal.raise_signal, [signal.SIGKILL], 2))
