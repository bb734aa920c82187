"""The weights of VGG19: read from a file that the user names, or fetched when the user says so. Nothing is unpickled.

They are not srgan's to ship. Two kinds are known:

- torchvision's `vgg19-dcbb9e9d.pth`, or its tensors as `.safetensors` under the same names (`features.0.weight`, ...).
  They hold every layer.
- weights whose filters are scaled so that each feature has a mean of 1 (Gatys et al. 2016, section 2), as
  `.safetensors` with the convolutions by name (`conv1_1.weight`, ...) and, as `preprocess`, what takes RGB in [0, 1] to
  the filters' own input. They hold the layers that somebody normalised.
"""

import hashlib
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from safetensors import SafetensorError, safe_open
from torch import Tensor

from srgan.errors import ModelError, OutputError
from srgan.models.torch_archive import read_tensors
from srgan.models.vgg import CONVOLUTIONS, PAPER_FEATURE_SCALE, VGG19, ContentLayer, imagenet_preprocess

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
BYTES = 574_673_361
SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"

_REMEDY = f"fetch {URL} (548 MiB) and give its path as the VGG19 weights"
_CHUNK = 2**20


def load_vgg19(path: Path, layer: ContentLayer, *, before_activation: bool = False) -> VGG19:
    """VGG19 up to `layer` with the weights of a file; its `feature_scale` is the one that these weights need.

    Args:
        path: torchvision's .pth, held against its sha256, or a .safetensors of either kind.
        layer: the last convolution wanted; later ones are not kept.
        before_activation: see `VGG19`.

    Raises:
        ModelError: if the file is missing, damaged or of another kind, or ends before `layer`.
    """
    if not path.is_file():
        raise ModelError(f"there are no VGG19 weights at {path}: {_REMEDY}")
    tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torchvision(path)
    normalised = "preprocess.weight" in tensors
    if not normalised:
        tensors["preprocess.weight"], tensors["preprocess.bias"] = imagenet_preprocess()
    names = {f"preprocess.{part}": f"preprocess.{part}" for part in ("weight", "bias")}
    for each in layer.convolutions():
        source = each.key if normalised else f"features.{_torchvision_index(each)}"
        if f"{source}.weight" not in tensors:
            raise ModelError(f"{path} has no {each.key}, which {layer.name} needs: {_REMEDY}")
        names |= {f"convolutions.{each.key}.{part}": f"{source}.{part}" for part in ("weight", "bias")}
    scale = 1.0 if normalised else PAPER_FEATURE_SCALE
    vgg = VGG19(layer=layer, before_activation=before_activation, feature_scale=scale)
    _fill(vgg, {name: tensors.get(source) for name, source in names.items()}, path)
    return vgg


def _fill(vgg: VGG19, tensors: dict[str, Tensor | None], path: Path) -> None:
    for name, parameter in vgg.named_parameters():
        tensor = tensors[name]
        if tensor is None or tensor.shape != parameter.shape or not tensor.is_floating_point():
            raise ModelError(f"{path} is not VGG19: its {name} is missing or of another shape: {_REMEDY}")
        parameter.data.copy_(tensor)


def _torchvision_index(layer: ContentLayer) -> int:
    """Place of a convolution in torchvision's `features`, where a ReLU follows each and a pool each group."""
    before = sum(CONVOLUTIONS[: layer.group - 1]) + layer.position - 1
    return 2 * before + layer.group - 1


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            # `safe_open` is no mapping: it has keys, and cannot be iterated over.
            names = [name for name in file.keys() if not name.startswith("classifier.")]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as .safetensors ({error}): {_REMEDY}") from error


def _read_torchvision(path: Path) -> dict[str, Tensor]:
    if _sha256(path) != SHA256:
        raise ModelError(f"{path} is not torchvision's VGG19, or damaged (its sha256 is another): {_REMEDY}")
    return read_tensors(path, prefix="features.")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it") from error


def fetch_vgg19(folder: Path, *, report: Callable[[int, int], None] | None = None) -> Path:
    """torchvision's weights in `folder`, fetched over the network unless they are there: 548 MiB, to be asked for.

    What was begun is continued. The file appears under its name when all of it has arrived and is what it should be.

    Args:
        folder: where they are kept; made if it is absent.
        report: told after every piece how many bytes are there, and how many there will be.

    Raises:
        ModelError: if they cannot be fetched, or what came is something else.
        OutputError: if they cannot be written.
    """
    path = folder / URL.rpartition("/")[2]
    if path.is_file() and _sha256(path) == SHA256:
        return path
    part = path.with_name(f".{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _continue(part, report)
        if part.stat().st_size < BYTES:
            raise ModelError(f"the download of {URL} ended early: run it again, it continues where it stopped")
        if _sha256(part) != SHA256:
            part.unlink()
            raise ModelError(f"what came from {URL} is not VGG19 (its sha256 is another): try another network")
        part.replace(path)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise ModelError(f"{URL} cannot be fetched ({error}): run it again, it continues where it stopped") from error
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}): choose a folder with 1 GB free") from error
    return path


def _continue(part: Path, report: Callable[[int, int], None] | None) -> None:
    """Append what is missing; a server that cannot continue sends all of it again."""
    done = part.stat().st_size if part.exists() else 0
    if done == BYTES:
        return
    if done > BYTES:
        done = 0
    request = Request(URL, headers={"Range": f"bytes={done}-"} if done else {})
    with urlopen(request, timeout=30) as answer, part.open("ab" if done and answer.status == 206 else "wb") as file:
        done = file.tell()
        while done < BYTES and (piece := answer.read(min(_CHUNK, BYTES - done))):
            done += file.write(piece)
            if report is not None:
                report(done, BYTES)
