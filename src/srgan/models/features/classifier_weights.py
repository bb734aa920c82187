"""The networks of `perception.py` out of a file that the user names; which network it is, its tensors say.

Known are SqueezeNet 1.1 and ResNet-50 v2 with the names of the ONNX model zoo's exports from Gluon, and VGG19 in either
kind that `vgg_weights.py` knows. Nothing is unpickled, nothing is fetched.
"""

from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from srgan.errors import ModelError
from srgan.models.features.classifiers import FeatureNetwork, ResNet, SqueezeNet, VggFeatures
from srgan.models.features.vgg import ContentLayer
from srgan.models.features.vgg_weights import load_vgg19

_LAST_OF_VGG = ContentLayer(5, 4)
_REMEDY = "give a .safetensors of SqueezeNet 1.1, ResNet-50 v2 or VGG19, or torchvision's vgg19-dcbb9e9d.pth"


def load_feature_network(path: Path, *, before_activation: bool = False) -> FeatureNetwork:
    """The network whose weights a file holds, as deep as the file goes.

    Args:
        path: of the file.
        before_activation: of VGG19: the features before ReLU, see `VggFeatures`.

    Raises:
        ModelError: if the file is missing, damaged, or of another network.
    """
    if not path.is_file():
        raise ModelError(f"there is no network at {path}: {_REMEDY}")
    if path.suffix == ".pth":
        return _vgg(path, _LAST_OF_VGG, "vgg19", before_activation=before_activation)
    tensors = _read(path)
    if "squeezenet0_conv0_weight" in tensors:
        squeezenet = SqueezeNet()
        _fill(squeezenet, squeezenet_names(), tensors, path)
        return squeezenet
    if "resnetv24_conv0_weight" in tensors:
        resnet = ResNet()
        _fill(resnet, resnet_names(), tensors, path)
        return resnet
    for prefix, name in (("conv", "vgg19-normalised"), ("features.", "vgg19")):
        count = sum(one.startswith(prefix) and one.endswith(".weight") for one in tensors)
        layers = list(_LAST_OF_VGG.convolutions())
        if 0 < count <= len(layers):
            return _vgg(path, layers[count - 1], name, before_activation=before_activation)
    raise ModelError(f"{path} holds no network of a known kind: {_REMEDY}")


def squeezenet_names() -> Iterator[tuple[str, str]]:
    """Where each tensor of `SqueezeNet` is in the zoo's file."""
    yield from _both("first", "squeezenet0_conv0")
    for place in range(len(SqueezeNet.SIZES)):
        for offset, part in enumerate(("squeeze", "expand1", "expand3"), start=1):
            yield from _both(f"fires.{place}.{part}", f"squeezenet0_conv{3 * place + offset}")


def resnet_names() -> Iterator[tuple[str, str]]:
    """Where each tensor of `ResNet` is in the zoo's file."""
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


def _both(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}.weight", f"{theirs}_weight"
    yield f"{ours}.bias", f"{theirs}_bias"


def _normalisation(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    yield f"{ours}.weight", f"{theirs}_gamma"
    yield f"{ours}.bias", f"{theirs}_beta"
    yield f"{ours}.running_mean", f"{theirs}_running_mean"
    yield f"{ours}.running_var", f"{theirs}_running_var"


def _fill(network: nn.Module, names: Iterator[tuple[str, str]], tensors: dict[str, Tensor], path: Path) -> None:
    sources = dict(names)
    for name, ours in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        tensor = tensors.get(sources[name])
        if tensor is None or tensor.shape != ours.shape or not tensor.is_floating_point():
            raise ModelError(f"{path} is damaged: its {sources[name]} is missing or of another shape: {_REMEDY}")
        ours.copy_(tensor)


def _vgg(path: Path, layer: ContentLayer, name: str, *, before_activation: bool) -> VggFeatures:
    vgg = load_vgg19(path, layer)
    return VggFeatures(vgg, name=f"{name} to {layer.key}", before_activation=before_activation)


def _read(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            # `safe_open` is no mapping: it has keys, and cannot be iterated over.
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read as .safetensors ({error}): {_REMEDY}") from error
