"""Every loss against its equation, computed plainly, and its gradient against finite differences, in the generator."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from srgan.images.resize import imresize
from srgan.models.features.classifiers import ResNet, SqueezeNet, VggFeatures, distance
from srgan.models.features.vgg import VGG19, ContentLayer
from srgan.models.srgan import Discriminator, Generator
from srgan.training.adversarial_losses import adversarial_loss, relativistic_adversarial_loss
from srgan.training.losses import (
    absolute_error,
    consistency_error,
    feature_error,
    low_band_error,
    luminance_error,
    perception_loss,
    squared_error,
    total_variation,
    vgg_error,
)
from srgan.training.texture_losses import grid_error, grid_texture_error, spectrum_error

IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], dtype=torch.float64)
COUNTS = {1: (2, 64), 2: (2, 128), 3: (4, 256), 4: (4, 512), 5: (4, 512)}


def plain_vgg19(groups: int) -> nn.Sequential:
    """Convolutions, ReLUs and pools in torchvision's order, with weights at random."""
    layers: list[nn.Module] = []
    inputs = 3
    for group in range(1, groups + 1):
        count, outputs = COUNTS[group]
        for _ in range(count):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
            nn.init.kaiming_normal_(convolution.weight)
            layers += [convolution, nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers).double()


def same_weights(plain: nn.Sequential, layer: ContentLayer, *, before_activation: bool = False) -> VGG19:
    """The house's network with the plain one's weights, for pictures in [0, 1]."""
    vgg = VGG19(layer=layer, before_activation=before_activation).double()
    convolutions = [module for module in plain if isinstance(module, nn.Conv2d)]
    for mine, theirs in zip(vgg.convolutions.values(), convolutions, strict=False):
        mine.load_state_dict(theirs.state_dict())
    vgg.preprocess.weight.copy_(torch.diag(1 / IMAGENET[1])[:, :, None, None])
    assert vgg.preprocess.bias is not None
    vgg.preprocess.bias.copy_(-IMAGENET[0] / IMAGENET[1])
    return vgg


def seen_by(plain: nn.Sequential, module: nn.Module, pictures: Tensor) -> Tensor:
    """What a module of the plain network puts out, caught by a hook."""
    caught: list[Tensor] = []
    hook = module.register_forward_hook(lambda _module, _inputs, output: caught.append(output.detach().clone()))
    plain((pictures - IMAGENET[0][:, None, None]) / IMAGENET[1][:, None, None])
    hook.remove()
    return caught[0]


@pytest.mark.parametrize(
    ("group", "position", "index", "before_activation"),
    [(1, 1, 0, True), (2, 2, 7, False), (3, 4, 16, True), (5, 4, 34, False)],
)
def test_content_loss_is_equation_5(group: int, position: int, index: int, before_activation: bool) -> None:
    torch.manual_seed(0)
    plain = plain_vgg19(group)
    vgg = same_weights(plain, ContentLayer(group, position), before_activation=before_activation)
    restored, high = torch.rand(2, 2, 3, 34, 32, dtype=torch.float64)
    module = plain[index] if before_activation else plain[index + 1]
    features = [seen_by(plain, module, pictures) / 12.75 for pictures in (restored, high)]

    height, width = features[0].shape[-2:]
    by_position = sum(
        (features[0][:, :, y, x] - features[1][:, :, y, x]).square().mean(dim=1)
        for y in range(height)
        for x in range(width)
    ) / (width * height)
    assert isinstance(by_position, Tensor)
    torch.testing.assert_close(vgg_error(restored, high, vgg=vgg), by_position.mean())
    differences = 12.75 * (features[0] - features[1])
    absolute = vgg_error(restored, high, vgg=vgg, feature_scale=0.5, absolute=True)
    torch.testing.assert_close(absolute, 0.5 * differences.abs().mean())
    assert vgg_error(high, high, vgg=vgg) == 0


def test_pixel_losses_are_those_of_pictures_in_the_paper_s_range() -> None:
    torch.manual_seed(0)
    restored, high = torch.rand(2, 2, 3, 5, 4, dtype=torch.float64)
    difference = (2 * restored - 1) - (2 * high - 1)
    torch.testing.assert_close(squared_error(restored, high), difference.square().mean())
    torch.testing.assert_close(absolute_error(restored, high), difference.abs().mean())


def test_the_low_band_is_the_mean_of_squares_of_two_pixels() -> None:
    torch.manual_seed(0)
    restored, high = torch.rand(2, 2, 3, 8, 6, dtype=torch.float64)
    means = [torch.nn.functional.avg_pool2d(pictures, 2) for pictures in (restored, high)]
    torch.testing.assert_close(low_band_error(restored, high), 2 * (means[0] - means[1]).abs().mean())


def test_total_variation_sums_over_each_picture() -> None:
    picture = torch.zeros(3, 4, 5)
    picture[1, 2, 3] = 0.5  # four neighbours, each 0.5 away: 1 in [-1, 1]
    assert total_variation(picture.expand(7, 3, 4, 5)) == 4.0
    assert total_variation(torch.full((1, 3, 4, 5), 0.3)) == 0.0


def adversarial(high_side: int, *, relativistic: bool = False) -> Callable[[Tensor, Tensor], Tensor]:
    discriminator = Discriminator(crop=high_side, features=8).double().eval()
    if relativistic:
        return lambda restored, high: relativistic_adversarial_loss(discriminator(high), discriminator(restored))
    return lambda restored, _high: adversarial_loss(discriminator(restored))


def test_perception_loss_is_the_mean_distance_over_the_batch() -> None:
    torch.manual_seed(0)
    network = SqueezeNet()
    restored, high = torch.rand(2, 3, 3, 40, 40)
    each = [distance(network(restored[one : one + 1]), network(high[one : one + 1])) for one in range(3)]
    found = perception_loss(network(restored), network(high))
    torch.testing.assert_close(found, torch.cat(each).mean())
    with torch.autocast("cpu", torch.bfloat16):
        coarse = perception_loss(network(restored), network(high))
    assert coarse.dtype is torch.float32
    assert float(coarse) == pytest.approx(float(found), rel=0.02)
    assert float(perception_loss(network(high), network(high))) == 0.0


@cache
def make_losses() -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    torch.manual_seed(1)
    resnet, vgg = ResNet().double(), same_weights(plain_vgg19(2), ContentLayer(2, 2))
    return {
        "squared": squared_error,
        "absolute": absolute_error,
        "content": partial(vgg_error, vgg=vgg),
        "variation": lambda restored, _high: total_variation(restored),
        "adversarial": adversarial(16),
        "relativistic": adversarial(16, relativistic=True),
        "low band": low_band_error,
        "perception": lambda restored, high: perception_loss(resnet(restored), resnet(high)),
        "grid": grid_error,
        "grid texture": grid_texture_error,
        "spectrum": spectrum_error,
    }


@pytest.mark.parametrize(
    "name",
    [
        *("squared", "absolute", "low band", "content", "variation", "adversarial", "relativistic", "perception"),
        *("grid", "grid texture", "spectrum"),
    ],
)
def test_gradients_reach_the_generator_and_match_finite_differences(name: str) -> None:
    loss = make_losses()[name]
    torch.manual_seed(0)
    generator = Generator(blocks=1, features=4).double().train()
    low, high = torch.rand(2, 3, 4, 4, dtype=torch.float64), torch.rand(2, 3, 16, 16, dtype=torch.float64)
    parameters = list(generator.parameters())

    gradients = torch.autograd.grad(loss(generator(low), high), parameters)
    names = [each for each, _ in generator.named_parameters()]
    without = {each for each, gradient in zip(names, gradients, strict=True) if gradient.abs().max() == 0}
    assert without == ({"output.bias"} if name == "variation" else set())  # a brighter picture varies no more

    direction = [torch.randn_like(parameter) for parameter in parameters]
    slope = sum(float((gradient * step).sum()) for gradient, step in zip(gradients, direction, strict=True))
    size, values = 1e-7, []
    for sign in (1, -2):  # a step ahead, then as far behind
        with torch.no_grad():
            for parameter, step in zip(parameters, direction, strict=True):
                parameter.add_(step, alpha=sign * size)
            values.append(float(loss(generator(low), high)))
    rel = 1e-3 if name == "perception" else 1e-5  # unit vectors of features that are nearly zero turn fast
    assert slope == pytest.approx((values[0] - values[1]) / (2 * size), rel=rel)


def test_content_loss_keeps_no_graph_of_the_reference() -> None:
    torch.manual_seed(0)
    vgg = same_weights(plain_vgg19(1), ContentLayer(1, 1))
    restored, high = torch.rand(2, 1, 3, 8, 8, dtype=torch.float64).unbind()
    restored.requires_grad_()
    high.requires_grad_()
    torch.autograd.backward(vgg_error(restored, high, vgg=vgg))
    assert restored.grad is not None
    assert high.grad is None


def test_a_loss_of_luminance_sees_no_colours() -> None:
    high = torch.rand(2, 3, 8, 8)
    shifted = high + torch.tensor([1 / 65.481, -1 / 128.553, 0.0])[:, None, None]
    assert float(luminance_error(shifted, high)) == pytest.approx(0.0, abs=1e-12)
    assert float(luminance_error(high + 0.1, high)) == pytest.approx(4 * (0.1 * 219 / 255) ** 2, rel=1e-4)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_consistency_is_the_error_after_the_reduction(scale: int) -> None:
    """Against imresize, where its kernel lies inside the picture."""
    random = np.random.default_rng(scale)
    restored, high = random.random((2, 12 * scale, 12 * scale, 3))
    errors = 2.0 * np.abs(imresize(restored, 1 / scale) - imresize(high, 1 / scale))[2:-2, 2:-2]
    tensors = [torch.from_numpy(picture).permute(2, 0, 1)[None].float() for picture in (restored, high)]
    assert float(consistency_error(*tensors, scale=scale)) == pytest.approx(errors.mean(), rel=1e-5)


def test_feature_error_is_relative_to_the_features_before_activation() -> None:
    torch.manual_seed(0)
    plain = plain_vgg19(2)
    vgg = same_weights(plain, ContentLayer(2, 2), before_activation=True)
    restored, high = torch.rand(2, 2, 3, 32, 32, dtype=torch.float64)
    normalised = [(each - IMAGENET[0][:, None, None]) / IMAGENET[1][:, None, None] for each in (restored, high)]
    errors = []
    for last in (2, 7):  # the modules of conv1_2 and conv2_2
        ours, theirs = (plain[: last + 1](each) for each in normalised)
        errors.append(((ours - theirs).abs().mean() / theirs.abs().mean()).item())
    network = VggFeatures(vgg, name="plain")
    assert float(feature_error(network(restored), network(high))) == pytest.approx(np.mean(errors), rel=1e-5)
