"""Processes that work on many images at once."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from srgan.errors import DataError

_Task = TypeVar("_Task")
_Outcome = TypeVar("_Outcome")
_WAITING = 3  # tasks at a process, one of which it works on


def begin_worker() -> None:
    """Make a process of a pool ready to work: Ctrl-C is its parent's affair, and it ends with its parent."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy reads it once: a process is for one core
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os._exit(1)


def map_in_order(
    work: Callable[[_Task], _Outcome], tasks: Iterable[_Task], processes: int
) -> Generator[_Outcome, None, None]:
    """Yield the outcomes of tasks in their order; only a few more than are asked for are worked on.

    Args:
        work: what is done for a task; a function of a module, as it is pickled.
        tasks: what to do.
        processes: how many work; with 1, this one does.

    Raises:
        DataError: if a process is killed.
    """
    if processes == 1:
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the threads of libvips half
    pool = ProcessPoolExecutor(processes, context, initializer=begin_worker)
    waiting = deque[Future[_Outcome]]()
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) == _WAITING * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise DataError(
            "a process was killed, perhaps for want of memory: close other programs and run it again"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
