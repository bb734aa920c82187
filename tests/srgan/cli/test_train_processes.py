"""`srgan train` in two processes: the same weights and one voice, also when one of them dies."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.helpers.command_line import Run

ROOT = Path(__file__).parents[3]
TRAIN = ("train", "srresnet-mse-quick", "--device", "cpu", "-o", "run")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(max((run / "checkpoints").glob("*.safetensors")))


@pytest.fixture(scope="module")
def together(album: Path, settings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of two processes, with what they printed."""
    folder = tmp_path_factory.mktemp("together")
    command = [sys.executable, "-m", "srgan", *TRAIN, *settings, "--devices", "2", "--data", str(album)]
    environment = {**os.environ, "SRGAN_CACHE": str(folder / "cache"), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (folder / "run" / "stdout").write_text(result.stdout)
    (folder / "run" / "stderr").write_text(result.stderr)
    return folder / "run"


@pytest.fixture
def train_in_two(
    desk: Path, arguments: Run, settings: list[str], environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `srgan train` of pixels in two processes."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = arguments(*TRAIN, *settings, "--devices", "2", *words)
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


@pytest.fixture
def train_until_death(
    desk: Path, album: Path, settings: list[str], environment: dict[str, str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the same, a process of which is killed before the fourth update."""

    def run(launcher: tuple[str, ...], rank: int, *words: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(ROOT), *environment.get("PYTHONPATH", "").split(os.pathsep)])
        death = {"RANK_TO_DIE": str(rank), "UPDATE_TO_DIE": "3", "PYTHONPATH": path}
        command = [sys.executable, *launcher, "-m", "tests.helpers.dying_rank", *TRAIN, *settings, *words]
        return subprocess.run([*command, "--data", str(album)], env=environment | death, capture_output=True, text=True)

    return run


@pytest.mark.slow
def test_processes_together(together: Path, finished: Path) -> None:
    assert len((together / "stdout").read_text().splitlines()) == 4
    assert (together / "stderr").read_text().count("4/4: ") == 1
    for name, tensor in weights(finished).items():
        torch.testing.assert_close(weights(together)[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_torchrun_starts_the_processes_again_when_one_dies(
    train_until_death: Callable[..., subprocess.CompletedProcess[str]], together: Path, rank: int
) -> None:
    result = train_until_death((*TORCHRUN, "--max-restarts=1"), rank)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stderr.count("2/4: ") == 1
    assert result.stderr.count("4/4: ") == 1
    for name, tensor in weights(together).items():
        assert torch.equal(weights(Path("run"))[name], tensor), name


@pytest.mark.slow
@pytest.mark.parametrize(("rank", "processes"), [(1, "2"), (1, "1"), (0, "2")])
def test_a_run_is_resumed_after_a_death_by_any_number_of_processes(
    train_until_death: Callable[..., subprocess.CompletedProcess[str]],
    arguments: Run,
    settings: list[str],
    environment: dict[str, str],
    together: Path,
    rank: int,
    processes: str,
) -> None:
    died = train_until_death((), rank, "--devices", "2")
    assert died.returncode != 0
    assert "Traceback" not in died.stderr, died.stderr[-3000:]
    assert died.stderr.count("Error: ") == (rank == 1)  # the first process reports
    command = arguments(*TRAIN, *settings, "--devices", processes, "--resume")
    resumed = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    for name, tensor in weights(together).items():
        if processes == "2":
            assert torch.equal(weights(Path("run"))[name], tensor), name
        else:
            torch.testing.assert_close(weights(Path("run"))[name], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--data", "absent"], 1, "absent is not there"),
        (["--data", ".", "--set", "batch=3"], 2, "--devices is 2, but a batch of 3 cannot be shared"),
    ],
)
def test_processes_complain_with_one_voice(
    train_in_two: Callable[..., subprocess.CompletedProcess[str]], words: list[str], code: int, said: str
) -> None:
    result = train_in_two(*words)
    assert (result.returncode, result.stdout) == (code, "")
    (line,) = [line for line in result.stderr.splitlines() if "Error: " in line]
    assert said in line
    assert "Traceback" not in result.stderr
    assert not Path("run").exists()
