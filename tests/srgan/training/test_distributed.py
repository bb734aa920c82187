"""Device, precision and processes: bfloat16 where it is fast, and several processes that do what one does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from srgan.training.distributed import launch


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's list of what the processor can")
def test_bf16_is_taken_where_the_processor_multiplies_it() -> None:
    flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    expected = "bf16-mixed" if flags & {"amx_bf16", "avx512_bf16"} else "32-true"
    precision = launch("cpu")._precision  # Fabric does not say it openly
    assert precision.precision == expected


def updates(prepared: Path, output: Path, *, processes: int) -> dict[str, Tensor]:
    script = ["-m", "tests.helpers.joined", str(prepared), str(output)]
    alone = [sys.executable, *script]
    together = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", *script]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        alone if processes == 1 else together,
        cwd=root, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return load_file(output)


@pytest.mark.slow
def test_two_processes_have_the_gradients_of_one(prepared: Path, tmp_path: Path) -> None:
    one = updates(prepared, tmp_path / "one.safetensors", processes=1)
    two = updates(prepared, tmp_path / "two.safetensors", processes=2)
    assert one.keys() == two.keys()
    assert any("statistic/" in name and "running_var" in name for name in one)
    for network in ("0/generator", "0/discriminator", "1/generator", "1/discriminator"):
        names = [name for name in one if name.startswith(f"{network}/gradient")]
        norm = float(torch.cat([one[name].flatten() for name in names]).norm())
        for name in names:
            assert float((two[name] - one[name]).abs().max()) < 1e-5 * norm, name
    for name in (name for name in one if "/statistic/" in name):
        torch.testing.assert_close(two[name], one[name], rtol=1e-5, atol=1e-5)
