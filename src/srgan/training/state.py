"""State of a training run in memory: the networks that learn, their optimizers, and the terms of the loss."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from srgan.models import ARCHITECTURES, AnyGenerator
from srgan.models.cheung import CheungDiscriminator
from srgan.models.feature_discriminator import FeatureDiscriminator
from srgan.models.features.classifiers import SMALLEST, FeatureNetwork
from srgan.models.features.vgg import VGG19
from srgan.models.patch_discriminator import PatchDiscriminator
from srgan.models.srgan import Discriminator
from srgan.models.ucsd import UcsdDiscriminator
from srgan.models.wavelet import WaveletDiscriminator
from srgan.training.distributed import synchronise
from srgan.training.loss_terms import Term, make_terms
from srgan.training.recipes.recipe import Recipe
from srgan.training.recipes.settings import ScheduleSettings
from srgan.training.soap import Soap

DISCRIMINATORS: dict[str, Callable[..., nn.Module]] = {
    "srgan": Discriminator,
    "patch": PatchDiscriminator,
    "cheung": CheungDiscriminator,
    "ucsd": UcsdDiscriminator,
    "wavelet": WaveletDiscriminator,
}
"""Discriminators of images, by their names in recipes."""


@dataclass
class Network:
    """A network that learns."""

    module: nn.Module
    wrapped: nn.Module
    """The module as Fabric wraps it: in the precision of the run, gradients averaged over its processes."""
    optimizer: torch.optim.Optimizer
    learning_rate: float
    """Highest learning rate."""


@dataclass
class State:
    """Everything that an update needs and changes."""

    recipe: Recipe
    fabric: Fabric
    updates: int
    """Updates of the whole run, over which the schedule is stretched."""
    generator: Network
    average: nn.Module
    """The generator with the moving average of its weights."""
    discriminator: Network | None
    terms: tuple[Term, ...]
    features: FeatureNetwork | None
    """Network whose features several losses or the discriminator compare."""
    done: int = 0
    """Updates made."""
    seconds: float = 0.0
    """Time that they took, with validations, up to the newest checkpoint."""

    @property
    def networks(self) -> dict[str, Network]:
        """The networks that learn, by name."""
        if self.discriminator is None:
            return {"generator": self.generator}
        return {"generator": self.generator, "discriminator": self.discriminator}

    def begin_with(self, weights: dict[str, Tensor]) -> None:
        """Take over a trained generator's weights, for the average too."""
        self.generator.module.load_state_dict(weights)
        self.average.load_state_dict(weights)


def make_state(
    recipe: Recipe, *, fabric: Fabric, updates: int, vgg: VGG19 | None = None, features: FeatureNetwork | None = None
) -> State:
    """Make the state of a run that begins.

    Args:
        recipe: its seed fixes the weights.
        fabric: launched; decides device, precision and number of processes.
        updates: of the whole run.
        vgg: network of the content loss, if the recipe names a layer of it.
        features: network of losses or the discriminator on features, if the recipe has such.
    """
    schedule = recipe.schedule
    generator = _make_network(make_generator(recipe), schedule, schedule.learning_rate, fabric)
    discriminator = None
    if recipe.loss.is_adversarial:
        rate = schedule.discriminator_learning_rate
        rate = schedule.learning_rate if rate is None else rate
        discriminator = _make_network(_make_discriminator(recipe, features), schedule, rate, fabric)
    return State(
        recipe=recipe,
        fabric=fabric,
        updates=updates,
        generator=generator,
        average=copy.deepcopy(generator.module).eval().requires_grad_(False),
        discriminator=discriminator,
        terms=make_terms(
            recipe,
            vgg=None if vgg is None else vgg.to(fabric.device),
            discriminator=None if discriminator is None else discriminator.module,
        ),
        features=None if features is None else features.to(fabric.device),
    )


def make_generator(recipe: Recipe) -> AnyGenerator:
    """Make the recipe's generator, with weights that its seed fixes."""
    torch.manual_seed(recipe.schedule.seed)
    return ARCHITECTURES[recipe.network.generator](**recipe.network.arguments)


def _make_discriminator(recipe: Recipe, features: FeatureNetwork | None) -> nn.Module:
    torch.manual_seed(recipe.schedule.seed + 1)
    width = recipe.loss.discriminator_features
    if recipe.loss.discriminator == "features":
        assert features is not None, "the caller loads what the recipe's needs_features asks for"
        channels = [each.shape[1] for each in features(torch.zeros(1, 3, SMALLEST, SMALLEST))]
        return FeatureDiscriminator(channels, features=width)
    return DISCRIMINATORS[recipe.loss.discriminator](crop=recipe.crops.window, features=width)


def _make_network(module: nn.Module, schedule: ScheduleSettings, learning_rate: float, fabric: Fabric) -> Network:
    if fabric.world_size > 1:
        synchronise(module)
    module = module.to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = _make_optimizer(schedule, module, learning_rate)
    return Network(module, fabric.setup_module(module, move_to_device=False), optimizer, learning_rate)


def _make_optimizer(schedule: ScheduleSettings, module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    if schedule.optimiser == "soap":
        return Soap(module.parameters(), learning_rate=learning_rate, betas=(schedule.beta1, 0.95))
    return torch.optim.Adam(module.parameters(), lr=learning_rate, betas=(schedule.beta1, 0.999), fused=True)
