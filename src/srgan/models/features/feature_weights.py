"""Weights of the networks whose features losses and metrics compare: from a file, or VGG19's downloaded on request.

They are not srgan's to ship. Which network a file holds, its tensors say; nothing is unpickled.

- VGG19 as torchvision's `vgg19-dcbb9e9d.pth`, or its tensors as `.safetensors` under the same names
  (`features.0.weight`, ...), with every layer. A `.safetensors` whose metadata says `input: BGR` holds the original
  filters, which expect BGR in 0 to 255 less the mean of Caffe.
- VGG19 whose filters are scaled so that each feature has a mean of 1 (Gatys et al. 2016, section 2), as `.safetensors`
  with the convolutions by name (`conv1_1.weight`, ...), up to any layer, and as `preprocess` the step from RGB in
  [0, 1] to the filters' own input.
- SqueezeNet 1.1 and ResNet-50 v2 as `.safetensors` with the names of the ONNX model zoo's exports from Gluon.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from srgan.download import Remote, fetch, sha256
from srgan.errors import ModelError
from srgan.models.features.classifiers import FeatureNetwork, ResNet, SqueezeNet, VggFeatures
from srgan.models.features.vgg import CONVOLUTIONS, VGG19, ContentLayer, caffe_preprocess, imagenet_preprocess
from srgan.models.release.state_dict import read_tensors
from srgan.progress import Progress

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
BYTES = 574_673_361
SHA256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44"

_LAST_OF_VGG = ContentLayer(5, 4)
_VGG_REMEDY = f"fetch {URL} (548 MiB) and give its path as the VGG19 weights"
_REMEDY = "give a .safetensors of SqueezeNet 1.1, ResNet-50 v2 or VGG19, or torchvision's vgg19-dcbb9e9d.pth"


def fetch_vgg19(folder: Path, *, progress: Progress | None = None) -> Path:
    """Return the path of torchvision's weights in `folder`, downloaded unless they are there: 548 MiB.

    Raises:
        ModelError: if they cannot be downloaded, or the file is another.
        OutputError: if they cannot be written.
    """
    return fetch(Remote(URL, BYTES, SHA256, "VGG19"), folder, failure=ModelError, progress=progress)


def load_vgg19(path: Path, layer: ContentLayer, *, before_activation: bool = False) -> VGG19:
    """Load VGG19 up to a layer.

    Args:
        path: torchvision's .pth, whose sha256 is checked, or a .safetensors of either kind.
        layer: the last convolution wanted; later ones are not kept.
        before_activation: see `VGG19`.

    Raises:
        ModelError: if the file is missing, damaged or of another kind, or ends before `layer`.
    """
    if not path.is_file():
        raise ModelError(f"there are no VGG19 weights at {path}: {_VGG_REMEDY}")
    if path.suffix == ".safetensors":
        tensors, metadata = _read(path, _VGG_REMEDY)
    else:
        tensors, metadata = _read_torchvision(path), {}
    normalised = "preprocess.weight" in tensors
    if not normalised:
        is_bgr = metadata.get("input", "").startswith("BGR")
        tensors["preprocess.weight"], tensors["preprocess.bias"] = (
            caffe_preprocess() if is_bgr else imagenet_preprocess()
        )
    names = {f"preprocess.{part}": f"preprocess.{part}" for part in ("weight", "bias")}
    for each in layer.convolutions():
        source = each.key if normalised else f"features.{_torchvision_index(each)}"
        if f"{source}.weight" not in tensors:
            raise ModelError(f"{path} has no {each.key}, which {layer.name} needs: {_VGG_REMEDY}")
        names |= {f"convolutions.{each.key}.{part}": f"{source}.{part}" for part in ("weight", "bias")}
    vgg = VGG19(layer=layer, before_activation=before_activation)
    _fill(vgg, names.items(), tensors, f"{path} is not VGG19", _VGG_REMEDY)
    return vgg


def load_feature_network(path: Path, *, before_activation: bool = False) -> FeatureNetwork:
    """Load the network whose weights a file holds, as deep as the file goes.

    Args:
        path: of the file.
        before_activation: of VGG19: the features before ReLU, see `VGG19`.

    Raises:
        ModelError: if the file is missing, damaged, or of another network.
    """
    if not path.is_file():
        raise ModelError(f"there is no network at {path}: {_REMEDY}")
    if path.suffix == ".pth":
        return _vgg_features(path, _LAST_OF_VGG, "vgg19", before_activation=before_activation)
    tensors, _ = _read(path, _REMEDY)
    if "squeezenet0_conv0_weight" in tensors:
        squeezenet = SqueezeNet()
        _fill(squeezenet, squeezenet_names(), tensors, f"{path} is damaged", _REMEDY)
        return squeezenet
    if "resnetv24_conv0_weight" in tensors:
        resnet = ResNet()
        _fill(resnet, resnet_names(), tensors, f"{path} is damaged", _REMEDY)
        return resnet
    layers = list(_LAST_OF_VGG.convolutions())
    for prefix, name in (("conv", "vgg19-normalised"), ("features.", "vgg19")):
        count = sum(one.startswith(prefix) and one.endswith(".weight") for one in tensors)
        if 0 < count <= len(layers):
            return _vgg_features(path, layers[count - 1], name, before_activation=before_activation)
    raise ModelError(f"{path} holds no network of a known kind: {_REMEDY}")


def squeezenet_names() -> Iterator[tuple[str, str]]:
    """Yield the names of each tensor in `SqueezeNet` and in the zoo's file."""
    convolutions = [("first", 0)]
    for place in range(len(SqueezeNet.SIZES)):
        parts = enumerate(("squeeze", "expand1", "expand3"), start=3 * place + 1)
        convolutions += [(f"fires.{place}.{part}", number) for number, part in parts]
    for ours, number in convolutions:
        yield from ((f"{ours}.{part}", f"squeezenet0_conv{number}_{part}") for part in ("weight", "bias"))


def resnet_names() -> Iterator[tuple[str, str]]:
    """Yield the names of each tensor in `ResNet` and in the zoo's file."""
    yield from _normalisation("input", "resnetv24_batchnorm0")
    yield "first.weight", "resnetv24_conv0_weight"
    yield from _normalisation("normalisation", "resnetv24_batchnorm1")
    blocks = 0
    for stage, (count, _, _) in enumerate(ResNet.STAGES, start=1):
        prefix = f"resnetv24_stage{stage}_"
        yield f"blocks.{blocks}.shortcut.weight", f"{prefix}conv3_weight"
        for block in range(count):
            for place in range(3):
                # The first block's shortcut is counted as its fourth convolution.
                number = 3 * block + place + (block > 0)
                yield f"blocks.{blocks}.convolutions.{place}.weight", f"{prefix}conv{number}_weight"
                theirs = f"{prefix}batchnorm{3 * block + place}"
                yield from _normalisation(f"blocks.{blocks}.normalisations.{place}", theirs)
            blocks += 1


def _normalisation(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}.weight", f"{theirs}_gamma"
    yield f"{ours}.bias", f"{theirs}_beta"
    yield f"{ours}.running_mean", f"{theirs}_running_mean"
    yield f"{ours}.running_var", f"{theirs}_running_var"


def _fill(
    network: nn.Module, names: Iterable[tuple[str, str]], tensors: Mapping[str, Tensor], fault: str, remedy: str
) -> None:
    """Copy tensors into the network, by pairs of its names and theirs."""
    sources = dict(names)
    for name, ours in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        tensor = tensors.get(sources[name])
        if tensor is None or tensor.shape != ours.shape or not tensor.is_floating_point():
            raise ModelError(f"{fault}: its {sources[name]} is missing or of another shape: {remedy}")
        ours.copy_(tensor)


def _vgg_features(path: Path, layer: ContentLayer, name: str, *, before_activation: bool) -> VggFeatures:
    return VggFeatures(load_vgg19(path, layer, before_activation=before_activation), name=f"{name} to {layer.key}")


def _torchvision_index(layer: ContentLayer) -> int:
    """Return the place of a convolution in torchvision's `features`: a ReLU follows each, and a pool each group."""
    before = sum(CONVOLUTIONS[: layer.group - 1]) + layer.position - 1
    return 2 * before + layer.group - 1


def _read(path: Path, remedy: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a .safetensors, without VGG19's classifier, and its metadata."""
    try:
        with safe_open(path, framework="pt") as file:
            # `safe_open` is no mapping: it has keys, and cannot be iterated over.
            names = [name for name in file.keys() if not name.startswith("classifier.")]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as .safetensors ({error}): {remedy}") from error


def _read_torchvision(path: Path) -> dict[str, Tensor]:
    try:
        checksum = sha256(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it") from error
    if checksum != SHA256:
        raise ModelError(f"{path} is not torchvision's VGG19, or damaged (its sha256 is another): {_VGG_REMEDY}")
    return read_tensors(path, prefix="features.")
