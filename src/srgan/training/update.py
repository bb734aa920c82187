"""Single updates of the networks: a batch in, weights changed, numbers out."""

import copy
import random
from dataclasses import dataclass, field
from types import EllipsisType

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from srgan.models.features.classifiers import FeatureNetwork
from srgan.models.features.vgg import VGG19
from srgan.models.layers import luminance
from srgan.training.losses import (
    AbsoluteError,
    AdversarialLoss,
    ConsistencyError,
    ContentLoss,
    DiscriminatorLoss,
    GridError,
    GridTexture,
    MeanSquaredError,
    TextureSpectrum,
    TotalVariation,
    feature_error,
    perception_loss,
)
from srgan.training.monitoring.texture_metric import detail
from srgan.training.networks import make_discriminator, make_generator
from srgan.training.recipes.recipe import Recipe
from srgan.training.soap import Soap
from srgan.training.sync_batchnorm import synchronise

_PIXEL, _TOTAL_VARIATION = MeanSquaredError(), TotalVariation()
_ADVERSARIAL, _DISCRIMINATOR = AdversarialLoss(reduction="mean"), DiscriminatorLoss()


Window = tuple[EllipsisType, slice, slice]
"""A part of pictures (..., H, W)."""


@dataclass
class Network:
    """A network that learns: as it is, as it is called, and its optimiser."""

    module: nn.Module
    called: nn.Module
    """The module as Fabric wraps it: in the precision of the run, gradients averaged over its processes."""
    optimiser: torch.optim.Optimizer
    learning_rate: float
    """The optimiser's, at its highest."""


@dataclass(frozen=True)
class _Views:
    """What losses and the discriminator see of an update's crops, and the features of both in the same units."""

    restored: Tensor
    high: Tensor
    restored_features: list[Tensor] = field(default_factory=list)
    high_features: list[Tensor] = field(default_factory=list)

    def judged(self, recipe: Recipe) -> tuple[Tensor, Tensor] | tuple[list[Tensor], list[Tensor]]:
        """Return what the recipe's discriminator judges, restored and real."""
        if recipe.discriminator == "features":
            return self.restored_features, self.high_features
        return self.restored, self.high


class Training:
    """The state of a run: a generator that learns, the moving average of its weights, and its opponent if it has one.

    Args:
        recipe: the settings.
        fabric: launched; says on which device, in which precision and in how many processes.
        updates: of the whole run, which the schedule of the learning rate is stretched over.
        vgg: what the content loss looks through, if the recipe names a layer.
        features: what losses or the discriminator look through, if the recipe has such.
    """

    def __init__(
        self, recipe: Recipe, *, fabric: Fabric, updates: int, vgg: VGG19 | None = None,
        features: FeatureNetwork | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.fabric, self.updates = recipe, fabric, updates
        self.generator = self._network(make_generator(recipe), recipe.learning_rate)
        self.average = copy.deepcopy(self.generator.module).eval().requires_grad_(False)
        opponent = make_discriminator(recipe, features)
        rate = recipe.discriminator_learning_rate
        rate = recipe.learning_rate if rate is None else rate
        self.discriminator = None if opponent is None else self._network(opponent, rate)
        self.content = content_loss(recipe, vgg).to(fabric.device)
        self.consistency = ConsistencyError(recipe.scale)
        self.grid, self.grid_texture = GridError(recipe.scale), GridTexture(recipe.scale)
        self.spectrum = TextureSpectrum()
        self.features = None if features is None else features.to(fabric.device)

    def _network(self, module: nn.Module, learning_rate: float) -> Network:
        if self.fabric.world_size > 1:
            synchronise(module)
        module = module.to(self.fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = make_optimiser(self.recipe, module, learning_rate)
        called = self.fabric.setup_module(module, move_to_device=False)
        return Network(module, called, optimiser, learning_rate)

    @property
    def networks(self) -> dict[str, Network]:
        """Those that learn, by name."""
        opponent = {} if self.discriminator is None else {"discriminator": self.discriminator}
        return {"generator": self.generator, **opponent}

    def begin_with(self, weights: dict[str, Tensor]) -> None:
        """Take a trained generator's weights, for the average too."""
        self.generator.module.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def update(self, low: Tensor, high: Tensor, *, number: int) -> dict[str, Tensor]:
        """One update of each network (k = 1) on (B, 3, h, w) and (B, 3, H, W) in [0, 1]; the discriminator's is first.

        Returns:
            What was found before the weights changed, under the names that `monitors.py` explains; on the device.
        """
        factor = self.recipe.schedule(number, self.updates)
        for network in self.networks.values():
            for group in network.optimiser.param_groups:
                group["lr"] = factor * network.learning_rate
        restored, *recursions = self._restored(low)
        window = _window(self.recipe, number)
        views = self._views(restored[window], high[window])
        found = {}
        if self.discriminator is not None:
            found = self._update_discriminator(self.discriminator, views)
        share = self.recipe.supervision * (1.0 - number / self.updates)
        learns = number >= self.recipe.discriminator_alone
        found = self._update_generator(restored, high, views, recursions, share, window, learns=learns) | found
        if learns:
            self._follow(number)
        return found

    def _restored(self, low: Tensor) -> list[Tensor]:
        """What the generator makes; where its recursions are supervised, also what each of them alone would."""
        return list(self.generator.called(low, every=True)) if self.recipe.supervision else [self.generator.called(low)]

    def _views(self, restored: Tensor, high: Tensor) -> "_Views":
        """What losses and the discriminator see in the window, with features in the size of the originals'."""
        if self.features is None:
            return _Views(restored, high)
        with self.fabric.autocast():
            with torch.no_grad():
                wanted = self.features(high)
                sizes = [each.abs().mean() for each in wanted]
            found = self.features(restored)
        return _Views(
            restored, high, [each / size for each, size in zip(found, sizes, strict=True)],
            [each / size for each, size in zip(wanted, sizes, strict=True)],
        )  # fmt: skip

    def _update_generator(
        self, restored: Tensor, high: Tensor, views: "_Views", recursions: list[Tensor], share: float, window: Window,
        *, learns: bool,
    ) -> dict[str, Tensor]:  # fmt: skip
        recipe = self.recipe
        seen, wanted = views.restored, views.high
        with self.fabric.autocast():
            content = self.content(seen, wanted)
            supervised = [self.content(each[window], wanted) for each in recursions]
        loss, found = content, {"content": content}
        if supervised:  # alpha l_1 + (1 - alpha) l_2 of Kim et al. 2016, section 3.3
            loss = share * torch.stack(supervised).mean() + (1.0 - share) * content
        if recipe.perception:
            found["perception"] = perception_loss(views.restored_features, views.high_features)
            loss = loss + recipe.perception * found["perception"]
        if recipe.feature_error:
            found["feature_error"] = feature_error(views.restored_features, views.high_features)
            loss = loss + recipe.feature_error * found["feature_error"]
        if recipe.pixel:
            found["pixel"] = _PIXEL(restored, high)
            loss = loss + recipe.pixel * found["pixel"]
        if recipe.consistency:
            found["consistency"] = self.consistency(restored, high)
            loss = loss + recipe.consistency * found["consistency"]
        if recipe.grid:
            found["grid"] = self.grid(restored, high)
            loss = loss + recipe.grid * found["grid"]
        if recipe.grid_texture:
            found["grid_texture"] = self.grid_texture(restored, high)
            loss = loss + recipe.grid_texture * found["grid_texture"]
        if recipe.spectrum:
            found["spectrum"] = self.spectrum(restored, high)
            loss = loss + recipe.spectrum * found["spectrum"]
        if recipe.total_variation:
            found["total_variation"] = _TOTAL_VARIATION(restored)
            loss = loss + recipe.total_variation * found["total_variation"]
        if self.discriminator is not None:
            # The opponent is only looked through: its own gradients are not wanted.
            self.discriminator.module.requires_grad_(False)
            with self.fabric.autocast():
                logits = self.discriminator.module(views.judged(recipe)[0])
            self.discriminator.module.requires_grad_(True)
            found["adversarial"] = _ADVERSARIAL(logits.float())
            if recipe.adversarial_reduction == "sum":
                # Over the whole batch, of which each process has a part and of whose gradients the mean is taken.
                found["adversarial"] = recipe.batch * found["adversarial"]
            loss = loss + recipe.adversarial * found["adversarial"]
            found["detail"] = detail(restored, high)
        found["generator"] = loss
        if learns:
            found["generator_gradient"] = self._step(self.generator, loss, clip=recipe.clip)
        else:
            found["generator_gradient"] = torch.zeros_like(loss)
        return {name: value.detach() for name, value in found.items()}

    def _update_discriminator(self, opponent: Network, views: "_Views") -> dict[str, Tensor]:
        restored, high = views.judged(self.recipe)
        fixed = [each.detach() for each in restored] if isinstance(restored, list) else restored.detach()
        real, fake = opponent.called(high).float(), opponent.called(fixed).float()
        loss = _DISCRIMINATOR(real, fake)
        found = {"discriminator": loss, "real": torch.sigmoid(real).mean(), "restored": torch.sigmoid(fake).mean()}
        found["discriminator_gradient"] = self._step(opponent, loss, clip=None)
        return {name: value.detach() for name, value in found.items()}

    def _step(self, network: Network, loss: Tensor, *, clip: float | None) -> Tensor:
        """One step of the optimiser; returns the norm of the gradient, before it was clipped."""
        network.optimiser.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        norm: Tensor = nn.utils.clip_grad_norm_(network.module.parameters(), float("inf") if clip is None else clip)
        network.optimiser.step()
        return norm

    @torch.no_grad()
    def _follow(self, number: int) -> None:
        """The average moves a little towards the weights; BN statistics and counters are taken as they are.

        Its memory grows with the run, so that what training began with is soon forgotten.
        """
        memory = min(self.recipe.ema, (1 + number) / (10 + number))
        average: list[Tensor] = list(self.average.parameters())
        current: list[Tensor] = list(self.generator.module.parameters())
        torch._foreach_lerp_(average, current, 1.0 - memory)
        for kept, newest in zip(self.average.buffers(), self.generator.module.buffers(), strict=True):
            kept.copy_(newest)


def _window(recipe: Recipe, number: int) -> Window:
    """What feature losses and the discriminator see of the crops in an update: the same however often it is made."""
    place = random.Random(f"{recipe.seed} {number}")
    top, left = (place.randint(0, recipe.jitter) for _ in range(2))
    return ..., slice(top, top + recipe.window), slice(left, left + recipe.window)


def make_optimiser(recipe: Recipe, module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    """The recipe's optimiser of a network's weights."""
    if recipe.optimiser == "soap":
        return Soap(module.parameters(), learning_rate=learning_rate, betas=(recipe.beta1, 0.95))
    return torch.optim.Adam(module.parameters(), lr=learning_rate, betas=(recipe.beta1, 0.999), fused=True)


class _LuminanceError(nn.Module):
    """Mean squared error of the luminance alone, in the units of `MeanSquaredError`.

    For networks that make nothing else. That of R, G and B would draw their luminance towards (R + G + B) / 3: whatever
    bicubic interpolation missed of the colours, they would try to make up for.
    """

    def forward(self, restored: Tensor, high: Tensor) -> Tensor:  # (B, 3, H, W) both, in [0, 1]
        loss: Tensor = _PIXEL(luminance(restored), luminance(high))
        return loss


def content_loss(recipe: Recipe, vgg: VGG19 | None) -> nn.Module:
    """The recipe's content loss; `vgg` is what it looks through, where it names a layer."""
    if recipe.content_layer is None:
        return {"mse": _PIXEL, "l1": AbsoluteError(), "luma": _LuminanceError()}[recipe.content]
    assert vgg is not None, "the caller loads what the recipe's content_layer names"
    return ContentLoss(vgg, feature_scale=recipe.feature_scale)
