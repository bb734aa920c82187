"""Both containers of `torch.save` are read, nothing in them is run, and damage is one kind of error."""

import os
import pickle
import random
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from srgan.errors import ModelError
from srgan.models.release.state_dict import read_any_tensors, read_tensors

CONTAINERS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream of 2017"])


def save(state: object, path: Path, *, zipped: bool) -> Path:
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    return path


@CONTAINERS
def test_reads_state_dicts(zipped: bool, tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.PReLU(2))
    state: dict[str, Any] = module.state_dict()  # an OrderedDict with notes of its own
    state |= {"parameter": nn.Parameter(torch.rand(3)), "half": torch.rand(3).half(), "empty": torch.zeros(0, 3)}
    path = save(state, tmp_path / "state.pth", zipped=zipped)
    tensors = read_tensors(path)
    assert list(tensors) == list(state)
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, state[name].detach(), rtol=0, atol=0)
    assert set(read_tensors(path, prefix="0.")) == {"0.weight", "0.bias"}


class _Malice:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


@CONTAINERS
@pytest.mark.parametrize("place", ["instead", "as a tensor", "beside"])
def test_refuses_programs_without_running_them(zipped: bool, place: str, tmp_path: Path) -> None:
    malice, tensor = _Malice(tmp_path / "harm"), torch.rand(2)
    state = {"instead": malice, "as a tensor": {"a": tensor, "b": malice}, "beside": [{"a": tensor}, malice]}[place]
    path = save(state, tmp_path / "state.pth", zipped=zipped)
    with pytest.raises(ModelError):
        read_tensors(path)
    path.write_bytes(pickle.dumps(malice))
    with pytest.raises(ModelError):
        read_tensors(path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "state",
    [{"count": torch.tensor(3)}, {"module": nn.PReLU()}, {"text": "text"}, {1: torch.rand(2)}, [torch.rand(2)]],
    ids=["integers", "module", "text", "number as name", "list"],
)
def test_refuses_what_is_no_dict_of_floating_point_tensors(state: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_tensors(save(state, tmp_path / "state.pth", zipped=True))


@pytest.mark.parametrize("read", [read_tensors, read_any_tensors])
@pytest.mark.parametrize("name", ["absent.pth", "absent.safetensors", "folder.safetensors"])
def test_files_that_cannot_be_read(read: Callable[[Path], object], name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(ModelError):
        read(tmp_path / name)


@CONTAINERS
def test_damage_gives_tensors_or_a_model_error_and_nothing_else(zipped: bool, tmp_path: Path) -> None:
    state = OrderedDict({"a.weight": torch.rand(2, 3), "a.bias": torch.rand(2)})
    whole = save(state, tmp_path / "whole.pth", zipped=zipped).read_bytes()
    chance = random.Random(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
        for _ in range(chance.randrange(4) if damaged else 0):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / "damaged.pth").write_bytes(damaged)
        try:
            read_tensors(tmp_path / "damaged.pth")
        except ModelError:
            refused += 1
    assert refused > 60


WEIGHTS, OTHERS = {"a.weight": torch.ones(2, 3), "n": torch.tensor(3)}, {"a.weight": torch.zeros(2, 3)}


@CONTAINERS
@pytest.mark.parametrize(
    "checkpoint",
    [
        WEIGHTS,
        {"params": OTHERS, "params_ema": WEIGHTS},
        {"epoch": 3, "state_dict": WEIGHTS, "optimizer": {"lr": 0.1}},
        {"model": {"state_dict": WEIGHTS}},
        {**OTHERS, "generator": WEIGHTS},
    ],
)
def test_weights_are_found_in_checkpoints(zipped: bool, checkpoint: dict[str, Any], tmp_path: Path) -> None:
    tensors = read_any_tensors(save(checkpoint, tmp_path / "x.pth", zipped=zipped))
    assert tensors.keys() == WEIGHTS.keys()
    torch.testing.assert_close(tensors["a.weight"], WEIGHTS["a.weight"])


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "x.safetensors")
    torch.testing.assert_close(read_any_tensors(tmp_path / "x.safetensors"), WEIGHTS)


@pytest.mark.parametrize(
    "state",
    [
        {"a": torch.zeros(1).expand(10**9)},
        {"a": torch.as_strided(torch.zeros(4), (10**5, 10**4), (0, 0))},
        {f"{number}": torch.zeros(1000).expand(1000, 1000) for number in range(8)},
        {"a": torch.eye(3).to_sparse()},
        {"a": torch.zeros(3, device="meta")},
        {1: torch.zeros(3)},
        {"epoch": 3},
        {},
        [torch.zeros(3)],
        {"params": {"params": {"params": {"params": WEIGHTS}}}},
    ],
    ids=["expanded", "strided", "views", "sparse", "meta", "number as name", "no weights", "empty", "list", "deep"],
)
def test_tensors_that_are_not_there_are_refused(state: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_any_tensors(save(state, tmp_path / "x.pth", zipped=True))


def test_files_packed_far_smaller_than_they_are_are_refused(tmp_path: Path) -> None:
    whole = save({"a": torch.zeros(10**6)}, tmp_path / "x.pth", zipped=True)
    with ZipFile(whole) as archive, ZipFile(tmp_path / "packed.pth", "w", ZIP_DEFLATED) as packed:
        for member in archive.infolist():
            packed.writestr(member.filename, archive.read(member))
    assert (tmp_path / "packed.pth").stat().st_size < 10**5
    with pytest.raises(ModelError):
        read_any_tensors(tmp_path / "packed.pth")
