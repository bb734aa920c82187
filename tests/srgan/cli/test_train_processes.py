"""`srgan train` in two processes: the same weights, and one voice."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.helpers.command_line import Run


@pytest.fixture
def two_processes(
    desk: Path, arguments: Run, settings: list[str], environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `srgan train` of pixels in two processes."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = arguments(
            "train", "srresnet-mse-quick", *settings, "--devices", "2", "--device", "cpu", "-o", "run", *words
        )
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.mark.slow
def test_processes_together(two_processes: Run, album: Path, finished: Path) -> None:
    result = two_processes("--data", str(album))
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 4
    assert result.stderr.count("4/4: ") == 1
    together, alone = (load_file(max((run / "checkpoints").glob("*.safetensors"))) for run in (Path("run"), finished))
    for name, tensor in alone.items():
        torch.testing.assert_close(together[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--data", "absent"], 1, "absent is not there"),
        (["--data", ".", "--set", "batch=3"], 2, "--devices is 2, but a batch of 3 cannot be shared"),
    ],
)
def test_processes_complain_with_one_voice(two_processes: Run, words: list[str], code: int, said: str) -> None:
    result = two_processes(*words)
    assert (result.returncode, result.stdout) == (code, "")
    (line,) = [line for line in result.stderr.splitlines() if "Error: " in line]
    assert said in line
    assert "Traceback" not in result.stderr
    assert not Path("run").exists()
