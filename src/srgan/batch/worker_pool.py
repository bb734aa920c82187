"""A pool of Ray actors: each has an engine and enlarges one file at a time; those that die are replaced.

A file whose worker dies is given to another once. One that ends its worker twice is quarantined.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from srgan.batch.worker import Outcome, Task
from srgan.errors import EngineError, SrganError
from srgan.storage import StorageError

_AHEAD = 2  # tasks that an actor has: the one it works on, and the next, so that it never waits
_DEATHS = 2  # of a file's workers, after which it is left out
TROUBLES = 20
"""Files in a row whose worker died, or that could not be read or written, after which the run ends."""


@dataclass(eq=False)
class _Member:
    """An actor, and the tasks that it has, in their order."""

    actor: Any
    tasks: "deque[tuple[Any, Task]]" = field(default_factory=deque)


class WorkerPool:
    """The pool.

    Args:
        ray: the module, connected.
        make: returns a new actor of `Worker`.
        size: number of actors.
    """

    def __init__(self, ray: Any, make: Callable[[], Any], size: int) -> None:
        self._ray, self._make, self._size = ray, make, size
        self._members: list[_Member] = []
        self._troubles = 0
        self.deaths = 0
        """Number of actors that died."""

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield the outcome of each task, as soon as it is there.

        Raises:
            StorageError: if one file after another cannot be read or written.
            EngineError: if one worker after another dies.
            SrganError: if a worker finds that no file at all can be enlarged.
        """
        waiting, again = iter(tasks), deque[Task]()
        try:
            self._members = [_Member(self._make()) for _ in range(self._size)]
            while True:
                for member in self._members:
                    while len(member.tasks) < _AHEAD and (task := next(waiting, None) or _pop(again)) is not None:
                        member.tasks.append((member.actor.enlarge.remote(task), task))
                first = {member.tasks[0][0]: member for member in self._members if member.tasks}
                if not first:
                    return
                ready, _ = self._ray.wait(list(first), num_returns=1)
                outcome = self._outcome(first[ready[0]], again)
                if outcome is not None:
                    self._count(outcome)
                    yield outcome
        finally:
            for member in self._members:
                self._ray.kill(member.actor)

    def _outcome(self, member: _Member, again: "deque[Task]") -> Outcome | None:
        """Take the outcome of a member's first task; None if its worker died and the task is tried again."""
        answer, task = member.tasks.popleft()
        try:
            outcome: Outcome = self._ray.get(answer)
            return replace(outcome, row=replace(outcome.row, deaths=task.row.deaths))
        except self._ray.exceptions.RayTaskError as error:
            why = " ".join(str(error.cause or error).split())[-200:]
            return Outcome(replace(task.row, state="failed", reason=f"a mistake in srgan, please report it: {why}"))
        except self._ray.exceptions.RayError as error:
            self._replace(member, again)
            task = replace(task, row=replace(task.row, deaths=task.row.deaths + 1))
            self._troubles += 1
            self.deaths += 1
            if self._troubles >= TROUBLES:
                why = " ".join(str(error).split())[:160]
                raise EngineError(
                    f"{TROUBLES} workers died in a row ({why}): check their memory, and srgan there"
                ) from None
            if task.row.deaths < _DEATHS:
                again.append(task)
                return None
            reason = f"{_DEATHS} workers died while they enlarged it"
            return Outcome(replace(task.row, state="quarantined", reason=reason))

    def _replace(self, member: _Member, again: "deque[Task]") -> None:
        """Put a new actor in the place of a dead one; what it had not begun costs nothing."""
        again.extendleft(task for _, task in reversed(member.tasks))
        self._members[self._members.index(member)] = _Member(self._make())

    def _count(self, outcome: Outcome) -> None:
        if outcome.trouble == "all":
            raise SrganError(outcome.row.reason or "")
        self._troubles = self._troubles + 1 if outcome.trouble or outcome.row.state == "quarantined" else 0
        if outcome.trouble and self._troubles >= TROUBLES:
            raise StorageError(f"{TROUBLES} files failed in a row, the last since {outcome.row.reason}")


def _pop(tasks: "deque[Task]") -> Task | None:
    return tasks.popleft() if tasks else None
