"""VGG19: its layers' names, its size, that it is frozen, and its weights out of either kind of file."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import srgan
from srgan.errors import ModelError, OutputError, UsageError
from srgan.models.features import vgg_weights
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.models.features.vgg_weights import fetch_vgg19, load_vgg19

TORCHVISION = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
"""Places of the convolutions in torchvision's `vgg19().features`."""


def torchvision_state(layer: ContentLayer) -> dict[str, Tensor]:
    """Random weights under torchvision's names, up to a layer, and a part of the classifier."""
    torch.manual_seed(0)
    state = {"classifier.6.bias": torch.rand(10)}
    for each, index in zip(layer.convolutions(), TORCHVISION, strict=False):
        inputs, outputs = each.channels
        state[f"features.{index}.weight"] = torch.randn(outputs, inputs, 3, 3) / (3 * inputs**0.5)
        state[f"features.{index}.bias"] = torch.randn(outputs)
    return state


def test_layers_are_named_as_in_the_paper() -> None:
    assert ContentLayer.parse("VGG22") == ContentLayer(2, 2)
    assert ContentLayer.parse("vgg54").name == "VGG54"
    assert [each.key for each in ContentLayer(3, 1).convolutions()] == [
        *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")
    ]
    assert len(list(ContentLayer(5, 4).convolutions())) == 16


@pytest.mark.parametrize("name", ["VGG00", "VGG23", "VGG35", "VGG61", "VGG13"])
def test_layers_that_vgg19_does_not_have_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"no layer \d,\d: it has 1,1 to 2,2 and 3,1 to 5,4"):
        ContentLayer.parse(name)


@pytest.mark.parametrize("name", ["", "VGG", "VGG5", "VGG545", "VGG5,4", "VGG\u0665\u0664", "conv5_4"])
def test_names_that_mean_no_layer_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="write VGG22 or VGG54"):
        ContentLayer.parse(name)


def test_parameters_by_hand() -> None:
    def count(layer: ContentLayer) -> int:
        with torch.device("meta"):
            vgg = VGG19(layer=layer)
        return sum(parameter.numel() for parameter in vgg.convolutions.parameters())

    assert count(ContentLayer(3, 4)) == 2_325_568  # what Keras printed for Cheung's, up to block3_conv4
    wide = 256 * 512 * 9 + 512 + 3 * (512 * 512 * 9 + 512)
    assert count(ContentLayer(5, 4)) == 2_325_568 + wide + 4 * (512 * 512 * 9 + 512)


@pytest.mark.parametrize(
    ("name", "shape"), [("VGG11", (64, 96, 96)), ("VGG22", (128, 48, 48)), ("VGG34", (256, 24, 24))]
)
def test_shapes_of_features_of_the_paper_s_crops(name: str, shape: tuple[int, int, int]) -> None:
    features = VGG19(layer=ContentLayer.parse(name))(torch.rand(1, 3, 96, 96))
    assert features.shape == (1, *shape)
    assert features.min() >= 0
    assert VGG19(layer=ContentLayer.parse(name), before_activation=True)(torch.rand(1, 3, 96, 96)).min() < 0


def test_it_is_never_trained() -> None:
    vgg = VGG19(layer=ContentLayer(1, 2)).train()
    assert not vgg.training
    assert not [parameter for parameter in vgg.parameters() if parameter.requires_grad]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("name", ["VGG11", "VGG22", "VGG31"])
def test_torchvision_s_weights(name: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, layer = torchvision_state(ContentLayer(3, 1)), ContentLayer.parse(name)
    path = tmp_path / f"vgg19{suffix}"
    torch.save(state, path) if suffix == ".pth" else save_file(state, path)
    monkeypatch.setattr(vgg_weights, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    vgg = load_vgg19(path, layer)
    for each, index in zip(layer.convolutions(), TORCHVISION, strict=False):
        assert torch.equal(vgg.get_parameter(f"convolutions.{each.key}.weight"), state[f"features.{index}.weight"])
        assert torch.equal(vgg.get_parameter(f"convolutions.{each.key}.bias"), state[f"features.{index}.bias"])
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    picture = torch.rand(1, 3, 4, 5)
    expected = (picture - mean[:, None, None]) / deviation[:, None, None]
    torch.testing.assert_close(vgg.preprocess(picture), expected)


def test_every_convolution_has_its_place_in_torchvision_s_file() -> None:
    assert [vgg_weights._torchvision_index(each) for each in ContentLayer(5, 4).convolutions()] == TORCHVISION


def test_a_pth_that_is_not_torchvision_s_is_refused(tmp_path: Path) -> None:
    torch.save(torchvision_state(ContentLayer(1, 1)), tmp_path / "vgg19.pth")
    with pytest.raises(
        ModelError, match=r"sha256 is another.*fetch https://download.pytorch.org/models/vgg19-dcbb9e9d"
    ):
        load_vgg19(tmp_path / "vgg19.pth", ContentLayer(1, 1))


def test_what_is_missing_is_said_with_its_remedy(tmp_path: Path) -> None:
    remedy = r"fetch https://\S+vgg19-dcbb9e9d\.pth \(548 MiB\) and give its path as the VGG19 weights$"
    state = torchvision_state(ContentLayer(2, 2))
    save_file(state, tmp_path / "short.safetensors")
    with pytest.raises(ModelError, match="has no conv3_1, which VGG54 needs: " + remedy):
        load_vgg19(tmp_path / "short.safetensors", ContentLayer(5, 4))
    with pytest.raises(ModelError, match="there are no VGG19 weights at .*: " + remedy):
        load_vgg19(tmp_path / "absent.safetensors", ContentLayer(2, 2))
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(ModelError, match=r"cannot be read as \.safetensors .*: " + remedy):
        load_vgg19(tmp_path / "text.safetensors", ContentLayer(2, 2))
    save_file(state | {"features.2.weight": torch.rand(64, 64, 5, 5)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="conv1_2.weight is missing or of another shape: " + remedy):
        load_vgg19(tmp_path / "other.safetensors", ContentLayer(2, 2))


@pytest.fixture(scope="session")
def normalised(data_folder: Path) -> Path:
    """The normalised weights beside the benchmark data."""
    path = data_folder.parent / "weights" / "vgg19-normalised-to-conv3_1.safetensors"
    if not path.is_file():
        pytest.skip(f"no normalised VGG19 at {path}")
    return path


def test_normalised_features_have_a_mean_of_one_on_photos(normalised: Path, data_folder: Path) -> None:
    """Were the colours swapped or the means not subtracted, some would be far off."""
    vgg = load_vgg19(normalised, ContentLayer(2, 2))
    crops = []
    for path in sorted((data_folder / "testsets" / "BSD100").glob("*.png"))[::4]:
        pixels = srgan.read(path).pixels
        crops.append(torch.from_numpy(np.ascontiguousarray(pixels[96:224, 96:224, :3])).permute(2, 0, 1) / 255)
    with torch.inference_mode():
        means = vgg(torch.stack(crops)).mean(dim=(0, 2, 3))
    assert means.mean() == pytest.approx(1, abs=0.2)
    assert means.median() == pytest.approx(1, abs=0.2)
    with pytest.raises(ModelError, match="has no conv3_2, which VGG54 needs: fetch https"):
        load_vgg19(normalised, ContentLayer(5, 4))


CONTENT = bytes(range(256)) * 40


class _Server(BaseHTTPRequestHandler):
    """Serves CONTENT; `most` bytes an answer, and ranges if `ranges`."""

    most, ranges, asked = len(CONTENT), True, list[str]()

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.asked.append(asked)
        match = re.fullmatch(r"bytes=(\d+)-", asked)
        start = int(match[1]) if match and self.ranges else 0
        self.send_response(206 if start else 200)
        self.end_headers()
        self.wfile.write(CONTENT[start : start + self.most])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Server]]:
    handler = type("Server", (_Server,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setattr(vgg_weights, "URL", f"http://127.0.0.1:{serving.server_port}/models/vgg19.pth")
        monkeypatch.setattr(vgg_weights, "BYTES", len(CONTENT))
        monkeypatch.setattr(vgg_weights, "SHA256", hashlib.sha256(CONTENT).hexdigest())
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield handler
        serving.shutdown()
        thread.join()


def test_fetches_once_and_reports(server: type[_Server], tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    path = fetch_vgg19(tmp_path / "new" / "cache", report=lambda done, whole: reported.append((done, whole)))
    assert path == tmp_path / "new" / "cache" / "vgg19.pth"
    assert path.read_bytes() == CONTENT
    assert reported[-1] == (len(CONTENT), len(CONTENT))
    assert fetch_vgg19(path.parent) == path
    assert [file.name for file in path.parent.iterdir()] == ["vgg19.pth"]
    assert server.asked == [""]


@pytest.mark.parametrize("ranges", [True, False])
def test_continues_what_broke_off(ranges: bool, server: type[_Server], tmp_path: Path) -> None:
    server.most, server.ranges = 1000, ranges
    with pytest.raises(ModelError, match="ended early: run it again, it continues"):
        fetch_vgg19(tmp_path)
    assert not (tmp_path / "vgg19.pth").exists()
    server.most = len(CONTENT)
    assert fetch_vgg19(tmp_path).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=1000-"]


def test_does_not_keep_what_is_something_else(
    server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vgg_weights, "SHA256", "0" * 64)
    with pytest.raises(ModelError, match="is not VGG19"):
        fetch_vgg19(tmp_path)
    assert not list(tmp_path.iterdir())


def test_says_what_keeps_it_from_fetching(
    server: type[_Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose a folder"):
        fetch_vgg19(tmp_path / "file" / "cache")
    monkeypatch.setattr(vgg_weights, "URL", "http://127.0.0.1:9/vgg19.pth")
    with pytest.raises(ModelError, match=r"cannot be fetched .*refused.*run it again"):
        fetch_vgg19(tmp_path)


def test_original_filters_see_bgr_less_the_mean_of_caffe(normalised: Path, data_folder: Path) -> None:
    """Against the file whose filters were scaled one by one: each feature is the same up to a factor."""
    original = normalised.parent / "vgg19-to-conv3_4.safetensors"
    if not original.is_file():
        pytest.skip(f"no {original}")
    layer = ContentLayer(2, 2)
    photo = srgan.read(sorted((data_folder / "testsets" / "Set5").glob("*.png"))[0]).pixels[:96, :96, :3]
    pixels = torch.from_numpy(np.ascontiguousarray(photo)).permute(2, 0, 1)[None] / 255
    ours, theirs = (load_vgg19(path, layer)(pixels)[0].flatten(1) for path in (original, normalised))
    alive = (ours.amax(1) > 1e-3) & (theirs.amax(1) > 1e-3)
    assert int(alive.sum()) > 100
    ours, theirs = ours[alive], theirs[alive]
    ratios = (ours * theirs).sum(1) / theirs.square().sum(1)
    torch.testing.assert_close(ours, ratios[:, None] * theirs, rtol=1e-2, atol=1e-2 * float(ours.mean()))
