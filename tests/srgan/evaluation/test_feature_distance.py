"""Feature distances of 8-bit pictures, and that they judge the SRGAN paper's pictures as people do."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from srgan.errors import ModelError, PictureError
from srgan.evaluation.feature_distance import FeatureDistance
from srgan.images.resize import imresize
from srgan.models.features.classifiers import SqueezeNet
from srgan.models.features.feature_weights import squeezenet_names

Picture = NDArray[np.uint8]
PUBLISHED = ("SRGAN-VGG54", "SRResNet-MSE")


@pytest.fixture(scope="module")
def made_up_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a SqueezeNet that was never trained."""
    torch.manual_seed(0)
    state = SqueezeNet().state_dict()
    path = tmp_path_factory.mktemp("network") / "squeezenet.safetensors"
    save_file({theirs: state[ours].clone() for ours, theirs in squeezenet_names()}, path)
    return path


def _picture(height: int, width: int, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_it_says_what_it_is_and_which_file_it_used(made_up_network: Path) -> None:
    features = FeatureDistance(made_up_network)
    assert features.name == "squeezenet1.1 features, uncalibrated"
    assert features.identity == hashlib.sha256(made_up_network.read_bytes()).hexdigest()


def test_identical_pictures_are_at_no_distance_and_order_plays_no_part(made_up_network: Path) -> None:
    features = FeatureDistance(made_up_network)
    first, second = _picture(40, 52), _picture(40, 52, seed=1)
    assert features.measure(first, first.copy()) == 0.0
    assert 0 < features.measure(first, second) == features.measure(second, first) < 2


@pytest.mark.parametrize(("height", "other"), [(40, 41), (31, 31)])
def test_different_sizes_and_small_images_are_refused(made_up_network: Path, height: int, other: int) -> None:
    with pytest.raises(PictureError):
        FeatureDistance(made_up_network).measure(_picture(height, 52), _picture(other, 52))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no network at"):
        FeatureDistance(tmp_path / "absent.safetensors")


def _read(path: Path) -> Picture:
    image = pytest.importorskip("PIL.Image")
    with image.open(path) as file:
        picture = np.asarray(file.convert("RGB"))
    return picture[: picture.shape[0] // 4 * 4, : picture.shape[1] // 4 * 4]


@pytest.mark.parametrize("name", ["squeezenet1.1", "resnet50v2-stages1-3"])
def test_true_networks_find_srgan_nearer_than_srresnet_and_that_nearer_than_bicubic(
    data_folder: Path, name: str
) -> None:
    """As raters do (Ledig et al. 2017, table 2), and PSNR does not; on the mean of Set5's smaller pictures."""
    path = data_folder.parent / "weights" / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"no weights at {path}")
    features = FeatureDistance(path)
    distances = []
    for title in ("bird", "butterfly", "head", "woman"):
        reference = _read(data_folder / "testsets" / "Set5" / f"{title}.png")
        low = imresize(reference, 0.25, border="replicate")
        pictures = [_read(data_folder / "published" / model / "Set5" / f"{title}.png") for model in PUBLISHED]
        candidates = [*pictures, imresize(low, 4, border="replicate")]
        distances.append([features.measure(one, reference) for one in candidates])
    srgan, srresnet, bicubic = np.mean(distances, axis=0)
    assert srgan < 0.95 * srresnet < 0.7 * bicubic
