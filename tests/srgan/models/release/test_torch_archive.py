"""Both containers of `torch.save` read as torch reads them, and nothing in them ever run."""

import os
import pickle
import random
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from srgan.errors import ModelError
from srgan.models.release.torch_archive import read_tensors

Write = Callable[[object, Path], None]


def as_zip(state: object, path: Path) -> None:
    torch.save(state, path)


def as_stream(state: object, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


class _OldStorage:
    """Stands for a storage where torch of 2017 wrote one."""

    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class _OldTensor:
    def __init__(self, key: str, tensor: Tensor) -> None:
        self.key, self.tensor = key, tensor

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild = torch._utils._rebuild_tensor
        storage = _OldStorage(self.key, self.tensor.numel())
        return rebuild, (storage, 0, tuple(self.tensor.shape), self.tensor.stride())


class _OldPickler(pickle._Pickler):
    def persistent_id(self, obj: object) -> object:
        return ("storage", torch.FloatStorage, obj.key, "cpu", obj.count, None) if type(obj) is _OldStorage else None


def as_in_2017(state: object, path: Path) -> None:
    """The stream as torch 0.1 wrote it, and torchvision's VGG files still are: tensors without flags."""
    assert isinstance(state, dict)
    with path.open("wb") as file:
        pickle.dump(0x1950A86A20F9469CFC6C, file, protocol=2)
        pickle.dump(1001, file, protocol=2)
        sizes = {"short": 2, "int": 4, "long": 4}
        pickle.dump({"protocol_version": 1001, "little_endian": True, "type_sizes": sizes}, file, protocol=2)
        tensors = OrderedDict((name, _OldTensor(f"{at:08d}", each)) for at, (name, each) in enumerate(state.items()))
        _OldPickler(file, protocol=2).dump(tensors)
        pickle.dump([tensor.key for tensor in tensors.values()], file, protocol=2)
        for tensor in state.values():
            file.write(struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes())


WRITERS = pytest.mark.parametrize("write", [as_zip, as_stream])


@pytest.mark.parametrize("write", [as_zip, as_stream, as_in_2017])
def test_reads_what_torch_wrote(write: Write, tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = OrderedDict({"features.0.weight": torch.rand(4, 3, 3, 3), "features.0.bias": torch.rand(4)})
    state["classifier.0.weight"] = torch.rand(5, 4)
    write(state, tmp_path / "state.pth")
    tensors = read_tensors(tmp_path / "state.pth")
    assert list(tensors) == list(state)
    assert all(torch.equal(tensors[name], state[name]) for name in state)
    assert set(read_tensors(tmp_path / "state.pth", prefix="features.")) == {"features.0.weight", "features.0.bias"}


@WRITERS
def test_reads_state_dicts_of_modules_parameters_parts_and_other_precisions(write: Write, tmp_path: Path) -> None:
    rows = torch.rand(6, 5)
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.PReLU(2))
    state: dict[str, Any] = module.state_dict()  # an OrderedDict with notes of its own
    state |= {"parameter": nn.Parameter(torch.rand(3)), "part": rows[2:4], "whole": rows, "empty": torch.zeros(0, 3)}
    state |= {"half": torch.rand(3).half(), "double": torch.rand(2, 2).double(), "single": torch.tensor(1.5)}
    write(state, tmp_path / "state.pth")
    tensors = read_tensors(tmp_path / "state.pth")
    assert set(tensors) == set(state)
    for name, tensor in tensors.items():
        torch.testing.assert_close(tensor, state[name].detach(), rtol=0, atol=0)


class _Malice:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


@WRITERS
@pytest.mark.parametrize("place", ["instead", "as a tensor", "as a name", "beside"])
def test_refuses_programs_without_running_them(write: Write, place: str, tmp_path: Path) -> None:
    malice, tensor = _Malice(tmp_path / "harm"), torch.rand(2)
    state = {
        "instead": malice,
        "as a tensor": {"features.0.weight": tensor, "features.0.bias": malice},
        "as a name": {malice: tensor},
        "beside": [{"features.0.weight": tensor}, malice],
    }[place]
    write(state, tmp_path / "state.pth")
    with pytest.raises(ModelError, match=r"more than plain tensors .*mkdir.*convert it to \.safetensors"):
        read_tensors(tmp_path / "state.pth")
    assert not (tmp_path / "harm").exists()


def test_refuses_a_bare_pickle_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "state.pth").write_bytes(pickle.dumps(_Malice(tmp_path / "harm")))
    with pytest.raises(ModelError, match="more than plain tensors"):
        read_tensors(tmp_path / "state.pth")
    assert not (tmp_path / "harm").exists()


@WRITERS
@pytest.mark.parametrize(
    "state",
    [
        {"count": torch.tensor(3)},
        {"turned": torch.rand(3, 4).t()},
        {"module": nn.PReLU()},
        {"text": "text"},
        {1: torch.rand(2)},
        [torch.rand(2)],
        torch.rand(2),
    ],
    ids=["integers", "columns", "module", "text", "number as name", "list", "tensor"],
)
def test_refuses_what_is_no_dict_of_floating_point_tensors(write: Write, state: object, tmp_path: Path) -> None:
    write(state, tmp_path / "state.pth")
    with pytest.raises(ModelError, match="more than plain tensors"):
        read_tensors(tmp_path / "state.pth")


@pytest.mark.parametrize("program", [b"\x80\x02](K\x01K\x02e.", b"\x80\x02\x8a\x04abcd.", b"text", b"", b"."])
def test_refuses_other_files(program: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.pth").write_bytes(program)
    with pytest.raises(ModelError, match="damaged or not what torch"):
        read_tensors(tmp_path / "state.pth")


def test_refuses_what_could_grow_without_bound(tmp_path: Path) -> None:
    as_zip({"zeros": torch.zeros(10_000)}, tmp_path / "state.pth")
    with zipfile.ZipFile(tmp_path / "state.pth") as archive, zipfile.ZipFile(tmp_path / "small.pth", "w", 8) as small:
        for name in archive.namelist():
            small.writestr(name, archive.read(name))
    with pytest.raises(ModelError, match="compressed"):
        read_tensors(tmp_path / "small.pth")


def test_says_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No such file.*check the path"):
        read_tensors(tmp_path / "absent.pth")


@pytest.mark.parametrize("write", [as_zip, as_stream, as_in_2017])
def test_damage_gives_tensors_or_a_model_error_and_nothing_else(write: Write, tmp_path: Path) -> None:
    write({"features.0.weight": torch.rand(2, 3), "features.0.bias": torch.rand(2)}, tmp_path / "whole.pth")
    whole = (tmp_path / "whole.pth").read_bytes()
    chance = random.Random(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
        for _ in range(chance.randrange(4) if damaged else 0):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (tmp_path / "damaged.pth").write_bytes(damaged)
        try:
            tensors = read_tensors(tmp_path / "damaged.pth")
        except ModelError:
            refused += 1
        else:
            assert sum(tensor.numel() for tensor in tensors.values()) <= len(whole)
    assert refused > 100
