"""A stand-in for Ray: actors are objects of this process, which die when they are told to."""

from collections.abc import Callable
from typing import Any

from srgan.batch.worker import Outcome, Task, Worker


class RayError(Exception):
    """As `ray.exceptions.RayError`."""


class RayTaskError(RayError):
    """As `ray.exceptions.RayTaskError`."""

    cause: Exception | None = None


class InlineRay:
    """What the pool uses of the module `ray`. Tasks run when their outcome is asked for.

    Args:
        dies: whether a worker dies of a task.
    """

    class exceptions:  # noqa: N801 - as the module is called
        RayError = RayError
        RayTaskError = RayTaskError

    def __init__(self, dies: Callable[[Task], bool] = lambda task: False) -> None:
        self.dies = dies
        self.made = 0
        self.killed = 0

    def actor(self, worker: Worker) -> Any:
        self.made += 1
        return _Actor(self, worker)

    def wait(self, answers: list[Any], *, num_returns: int) -> tuple[list[Any], list[Any]]:
        return answers[:1], answers[1:]

    def get(self, answer: "tuple[_Actor, Task]") -> Outcome:
        actor, task = answer
        if self.dies(task):
            actor.alive = False
        if not actor.alive:
            raise RayError("it is gone")
        return actor.worker.enlarge(task)

    def kill(self, actor: Any) -> None:
        self.killed += 1


class _Actor:
    def __init__(self, ray: InlineRay, worker: Worker) -> None:
        self.worker, self.alive = worker, True
        self.enlarge = self

    def remote(self, task: Task) -> "tuple[_Actor, Task]":
        return self, task
