"""Tensors out of the files that `torch.save` writes, without unpickling.

Such a file describes its tensors by a pickle, which is a program: unpickling runs it, and it may do anything. Here the
program is read instruction by instruction, as data. The few instructions that describe plain tensors are understood,
every other one is refused, and no name in the file is ever looked up. Both containers are known: the zip archive that
torch writes since 1.6, and the stream of pickles before it, which torchvision's older weights still are.
"""

import math
import pickletools
import sys
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from srgan.errors import ModelError

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""What the first two pickles of the older container hold (torch/serialization.py)."""
_MOST_INSTRUCTIONS = 1_000_000
_TYPES = {"FloatStorage": torch.float32, "DoubleStorage": torch.float64, "HalfStorage": torch.float16}


class _Mark(Enum):
    MARK = 0


@dataclass(frozen=True)
class _Name:
    """A function or class that the program names, as text alone."""

    text: str


@dataclass(frozen=True)
class _Storage:
    """A run of numbers somewhere in the file."""

    key: str
    dtype: torch.dtype
    count: int


@dataclass(frozen=True)
class _View:
    """A tensor: a part of a storage, in rows."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]


def read_tensors(path: Path, *, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a state dict that `torch.save` wrote, those whose names start with `prefix`.

    Args:
        path: the file; other tensors in it are not read.
        prefix: "features." for instance.

    Raises:
        ModelError: if the file cannot be read, is damaged, or holds anything but floating-point tensors.
    """
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pickletools' of strings with odd escapes; such a file is refused
            reader = _from_zip if zipfile.is_zipfile(file) else _from_stream
            file.seek(0)
            return reader(file, prefix)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}): check the path") from error
    except _Refused as refused:
        raise ModelError(f"{path} holds more than plain tensors ({refused}): convert it to .safetensors") from refused
    except _DAMAGE as error:
        raise ModelError(f"{path} is damaged or not what torch.save writes: fetch or write it again") from error


class _Refused(Exception):
    """The program does something other than to describe tensors."""


_DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, EOFError, MemoryError),
    zipfile.BadZipFile,
)
"""What a program raises that is not whole, or whose parts do not fit each other."""


def _from_zip(file: IO[bytes], prefix: str) -> dict[str, Tensor]:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise _Refused("it is compressed, and could grow without bound")
        (program,) = (name for name in names if name.endswith("/data.pkl") and name.count("/") == 1)
        folder = program.removesuffix("data.pkl")
        if f"{folder}byteorder" in names and archive.read(f"{folder}byteorder") != sys.byteorder.encode():
            raise _Refused("the other byte order")
        with archive.open(program) as instructions:
            views = _views(_run(instructions), prefix)

        def contents(storage: _Storage) -> bytearray:
            entry = archive.getinfo(f"{folder}data/{storage.key}")
            if entry.file_size != storage.count * storage.dtype.itemsize:
                raise ValueError("a storage of another size")
            return bytearray(archive.read(entry))

        return _tensors(views, contents)


def _from_stream(file: IO[bytes], prefix: str) -> dict[str, Tensor]:
    if _run(file) != _MAGIC or _run(file) != _PROTOCOL:
        raise ValueError("not torch's")
    system = _run(file)
    if system["little_endian"] != (sys.byteorder == "little"):
        raise _Refused("the other byte order")
    storages: dict[str, _Storage] = {}
    views = _views(_run(file, storages), prefix)
    places: dict[str, int] = {}
    keys = _run(file)
    place, end = file.tell(), file.seek(0, 2)
    for key in keys:
        storage = storages[key]
        file.seek(place)
        places[key] = place + 8  # behind the count
        place = places[key] + storage.count * storage.dtype.itemsize
        if int.from_bytes(file.read(8), sys.byteorder) != storage.count or place > end:
            raise ValueError("a storage of another size")

    def contents(storage: _Storage) -> bytearray:
        file.seek(places[storage.key])
        return bytearray(file.read(storage.count * storage.dtype.itemsize))

    return _tensors(views, contents)


def _views(state: object, prefix: str) -> dict[str, _View]:
    if not isinstance(state, dict):
        raise _Refused("no state dict")
    views = {}
    for name, view in state.items():
        if not isinstance(name, str) or not isinstance(view, _View):
            raise _Refused("no tensor under a name")
        if name.startswith(prefix):
            views[name] = view
    return views


def _tensors(views: Mapping[str, _View], contents: Callable[[_Storage], bytearray]) -> dict[str, Tensor]:
    tensors = {}
    for name, view in views.items():
        count = math.prod(view.shape)
        if view.offset + count > view.storage.count:
            raise ValueError("a tensor beyond its storage")
        numbers = torch.frombuffer(contents(view.storage), dtype=view.storage.dtype) if count else torch.empty(0)
        tensors[name] = numbers[view.offset : view.offset + count].reshape(view.shape).clone()
    return tensors


def _run(file: IO[bytes], storages: dict[str, _Storage] | None = None) -> Any:
    """What one pickle describes; `storages` is filled with those that it names."""
    program = _Program({} if storages is None else storages)
    for instruction, argument, _ in islice(pickletools.genops(file), _MOST_INSTRUCTIONS):
        if instruction.name == "STOP":
            return program.stack.pop()
        program.step(instruction.name, argument)
    raise _Refused("a program too long")


class _Program:
    """The part of the pickle machine that makes dicts, lists, tuples, numbers, text and descriptions of tensors."""

    def __init__(self, storages: dict[str, _Storage]) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}
        self.storages = storages

    def step(self, instruction: str, argument: Any) -> None:
        stack = self.stack
        if instruction in _NOTHING:
            return
        if instruction in _CONSTANTS:
            stack.append(argument)
        elif instruction in _MAKERS:
            stack.append(_MAKERS[instruction]())
        elif instruction in _TUPLES:
            parts = [stack.pop() for _ in range(_TUPLES[instruction])]
            stack.append(tuple(reversed(parts)))
        elif instruction in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            self.memory[len(self.memory) if argument is None else int(argument)] = stack[-1]
        elif instruction in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self.memory[int(argument)])
        else:
            self._combine(instruction, argument)

    def _combine(self, instruction: str, argument: Any) -> None:
        stack = self.stack
        match instruction:
            case "TUPLE":
                stack.append(tuple(self._marked()))
            case "SETITEM" | "SETITEMS":
                parts = self._marked() if instruction == "SETITEMS" else [stack.pop(-2), stack.pop()]
                if not all(isinstance(key, str) for key in parts[::2]):
                    raise _Refused("a key that is no name")
                stack[-1].update(zip(parts[::2], parts[1::2], strict=True))
            case "APPEND" | "APPENDS":
                parts = self._marked() if instruction == "APPENDS" else [stack.pop()]
                stack[-1].extend(parts)
            case "GLOBAL":
                stack.append(_known(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                name = stack.pop()
                stack.append(_known(f"{stack.pop()}.{name}"))
            case "BINPERSID":
                storage = _storage(*stack.pop())
                self.storages[storage.key] = storage
                stack.append(storage)
            case "REDUCE":
                arguments = stack.pop()
                stack.append(_rebuild(stack.pop(), arguments))
            case "BUILD":  # a state dict's _metadata: versions of modules, of no use here
                stack.pop()
            case _:
                raise _Refused(f"the instruction {instruction}")

    def _marked(self) -> list[Any]:
        start = len(self.stack) - 1 - self.stack[::-1].index(_Mark.MARK)
        parts = self.stack[start + 1 :]
        del self.stack[start:]
        return parts


_NOTHING = {"PROTO", "FRAME"}
_CONSTANTS = {
    *("BINUNICODE", "SHORT_BINUNICODE", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "BINFLOAT"),
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1"),
}
_MAKERS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _Mark.MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_DICT, _PARAMETER = _Name("collections.OrderedDict"), _Name("torch._utils._rebuild_parameter")
_TENSORS = {_Name("torch._utils._rebuild_tensor"), _Name("torch._utils._rebuild_tensor_v2")}


def _known(text: str) -> _Name:
    module, _, kind = text.rpartition(".")
    name = _Name(text)
    if name in {_DICT, _PARAMETER} | _TENSORS or (module == "torch" and kind in _TYPES):
        return name
    raise _Refused(f"it calls {text[:80]!r}")


def _storage(tag: str, kind: _Name, key: str, place: str, count: int, view: None = None) -> _Storage:
    """A storage from its persistent id; `place` is the device that it was on."""
    dtype = _TYPES.get(kind.text.removeprefix("torch.")) if isinstance(kind, _Name) else None
    if tag != "storage" or dtype is None or view is not None or not isinstance(key, str) or not _are_counts(count):
        raise _Refused("numbers that are not floating-point")
    return _Storage(key, dtype, count)


def _are_counts(*values: object) -> bool:
    return all(isinstance(value, int) and value >= 0 for value in values)


def _rebuild(function: object, arguments: tuple[Any, ...]) -> object:
    """What a call of one of the known functions stands for."""
    if function == _DICT and arguments == ():
        return {}
    if function == _PARAMETER and isinstance(arguments[0], _View):
        return arguments[0]
    if function not in _TENSORS:
        raise _Refused("a call that makes no tensor")
    storage, offset, shape, strides, *_ = arguments
    if not isinstance(storage, _Storage) or not _are_counts(offset, *shape, *strides):
        raise _Refused("a call that makes no tensor")
    rows = (math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    if any(stride != row for size, stride, row in zip(shape, strides, rows, strict=True) if size > 1):
        raise _Refused("a tensor that is not stored in rows")
    return _View(storage, offset, tuple(shape))
