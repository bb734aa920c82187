"""Memory: what is freed is the system's again."""

import platform
import subprocess
import sys

import pytest

_HOLES = """
import sys
from pathlib import Path
import numpy as np
from srgan.engines.memory import give_back_large_arrays
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
if sys.argv[1] == "give":
    give_back_large_arrays()
first = np.ones(30 << 20, np.uint8)
del first  # from here on glibc keeps arrays of up to 30 MiB
arrays = [np.ones(20 << 20, np.uint8) for _ in range(10)]
before = resident()
del arrays[:-1]  # the last one lies above the hole
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by rules of their own")
@pytest.mark.parametrize(("word", "given_back"), [("keep", False), ("give", True)])
def test_large_arrays_go_back_to_the_system(word: str, given_back: bool) -> None:
    said = subprocess.run([sys.executable, "-c", _HOLES, word], check=True, capture_output=True, text=True).stdout
    assert (int(said) > 150) is given_back
