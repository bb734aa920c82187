"""The weights of VGG19: read from a file that the user names, or fetched when the user says so. Nothing is unpickled.

They are not srgan's to ship. Two kinds are known:

- torchvision's `vgg19-dcbb9e9d.pth`, or its tensors as `.safetensors` under the same names (`features.0.weight`, ...).
  They hold every layer. A `.safetensors` whose metadata says `input: BGR, ...` holds the original filters under these
  names, which expect BGR in 0 to 255 less the mean of Caffe.
- weights whose filters are scaled so that each feature has a mean of 1 (Gatys et al. 2016, section 2), as
  `.safetensors` with the convolutions by name (`conv1_1.weight`, ...) and, as `preprocess`, what takes RGB in [0, 1] to
  the filters' own input. They hold the layers that somebody normalised.
"""

from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from srgan.download import Remote, fetch, sha256
from srgan.errors import ModelError
from srgan.models.features.vgg import CONVOLUTIONS, VGG19, ContentLayer, caffe_preprocess, imagenet_preprocess
from srgan.models.release.torch_archive import read_tensors

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
BYTES = 574_673_361
SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"

_REMEDY = f"fetch {URL} (548 MiB) and give its path as the VGG19 weights"


def load_vgg19(path: Path, layer: ContentLayer, *, before_activation: bool = False) -> VGG19:
    """VGG19 up to `layer` with the weights of a file.

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
        preprocess = caffe_preprocess if _expects_bgr(path) else imagenet_preprocess
        tensors["preprocess.weight"], tensors["preprocess.bias"] = preprocess()
    names = {f"preprocess.{part}": f"preprocess.{part}" for part in ("weight", "bias")}
    for each in layer.convolutions():
        source = each.key if normalised else f"features.{_torchvision_index(each)}"
        if f"{source}.weight" not in tensors:
            raise ModelError(f"{path} has no {each.key}, which {layer.name} needs: {_REMEDY}")
        names |= {f"convolutions.{each.key}.{part}": f"{source}.{part}" for part in ("weight", "bias")}
    vgg = VGG19(layer=layer, before_activation=before_activation)
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


def _expects_bgr(path: Path) -> bool:
    """Whether the file's metadata says that its filters take BGR."""
    if path.suffix != ".safetensors":
        return False
    with safe_open(path, framework="pt") as file:
        metadata: dict[str, str] = file.metadata() or {}
        return metadata.get("input", "").startswith("BGR")


def _read_torchvision(path: Path) -> dict[str, Tensor]:
    if _sha256(path) != SHA256:
        raise ModelError(f"{path} is not torchvision's VGG19, or damaged (its sha256 is another): {_REMEDY}")
    return read_tensors(path, prefix="features.")


def _sha256(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it") from error


def fetch_vgg19(folder: Path, *, report: Callable[[int, int], None] | None = None) -> Path:
    """torchvision's weights in `folder`, fetched over the network unless they are there: 548 MiB, to be asked for.

    Args:
        folder: where they are kept; made if it is absent.
        report: told after every piece how many bytes are there, and how many there will be.

    Raises:
        ModelError: if they cannot be fetched, or what came is something else.
        OutputError: if they cannot be written.
    """
    return fetch(Remote(URL, BYTES, SHA256, "VGG19"), folder, failure=ModelError, report=report)
