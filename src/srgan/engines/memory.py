"""Free memory of the system or container, and memory given back to it."""

import os
import sys
from contextlib import suppress
from pathlib import Path

_M_MMAP_THRESHOLD, _MEGABYTE = -3, 1 << 20  # of glibc's malloc.h
_ASSUMED = 4 * 2**30  # where a system does not say: what the smallest computers in use have


def free_memory() -> int:
    """Return the bytes that can be allocated without swapping: the system's, or the container's if those are fewer."""
    return min(_system(), _container())


def give_back_large_arrays() -> None:
    """Let this process return arrays of a MiB or more to the system as soon as they are freed, where glibc is used.

    Otherwise it keeps those of up to 32 MiB for later ones, in holes that a band of an image seldom fits: 80 MB at
    100 megapixels.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _MEGABYTE)


def _system() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return _ASSUMED


def _container() -> int:
    """Return what a control group (version 2, then 1) leaves; without one, no limit."""
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            return max(int(Path(limit).read_text()) - int(Path(used).read_text()), 0)
        except (OSError, ValueError):
            continue
    return 2**63
