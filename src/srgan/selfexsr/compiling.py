"""Functions compiled by numba, which run without Python's lock on rows of an image, in as many threads as there are."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
ForRows = Callable[..., None]

_ROWS = 16
"""Rows that a thread takes at once."""


def compiled(function: Function) -> Function:
    """Return the function compiled; the machine code is kept for later processes where there is a place for it."""
    options = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        made: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        made = numba.njit(**options)(function)
    return made


@contextmanager
def row_threads() -> Iterator[ForRows]:
    """Give a function that calls a compiled one for all rows: `for_rows(function, rows, *arguments)`.

    It calls `function(first, last, *arguments)` for parts of `range(rows)`, on all processors. A compiled function
    writes only its own rows, so the number of threads does not change the result.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(count) as pool:

        def for_rows(function: Callable[..., None], rows: int, *arguments: Any) -> None:
            parts = [(first, min(first + _ROWS, rows)) for first in range(0, rows, _ROWS)]
            for done in [pool.submit(function, *part, *arguments) for part in parts]:
                done.result()

        try:
            yield for_rows
        finally:
            pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for all rows
