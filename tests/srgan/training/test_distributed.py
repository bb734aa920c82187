"""A run computes in bfloat16 exactly where the processor says that it multiplies it."""

import sys
from pathlib import Path

import pytest

from srgan.training.distributed import launch


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's list of what the processor can")
def test_bf16_is_taken_where_the_processor_multiplies_it() -> None:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    expected = "bf16-mixed" if flags & {"amx_bf16", "avx512_bf16"} else "32-true"
    precision = launch("cpu")._precision  # Fabric does not say it openly
    assert precision.precision == expected
