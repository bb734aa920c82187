"""One update of the networks: a batch in, weights changed, measurements out."""

import random
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import reduce

import torch
from torch import Tensor, nn

from srgan.training.adversarial_losses import discriminator_loss, relative_logits
from srgan.training.batches import Batch
from srgan.training.loss_terms import Step
from srgan.training.monitoring.texture_metric import detail
from srgan.training.state import Network, State


def update(state: State, batch: Batch) -> dict[str, Tensor]:
    """Update each network once (k = 1 of Goodfellow et al. 2014), the discriminator first, and count the update.

    Args:
        state: changed in place.
        batch: (B, 3, h, w) and (B, 3, H, W), in [0, 1].

    Returns:
        Measurements from before the weights changed, on the device, by the names in
        `srgan.training.monitoring.alerts.MEASUREMENTS`.
    """
    low, high = batch
    recipe = state.recipe
    factor = recipe.schedule.factor(state.done, state.updates)
    for network in state.networks.values():
        for group in network.optimizer.param_groups:
            group["lr"] = factor * network.learning_rate
    if recipe.loss.supervision:
        restored, *recursions = state.generator.wrapped(low, every=True)
    else:
        restored, recursions = state.generator.wrapped(low), []
    crop = Step(low, high, restored, recursions, progress=state.done / state.updates)
    window = _cut_window(state, crop)
    judged = {} if state.discriminator is None else _update_discriminator(state, state.discriminator, window)
    measured = _update_generator(state, {"crop": crop, "window": window}) | judged
    state.done += 1
    return measured


def _cut_window(state: State, crop: Step) -> Step:
    """Return what the discriminator and feature losses see of the crops: in the same update always the same."""
    crops = state.recipe.crops
    place = random.Random(f"{state.recipe.schedule.seed} {state.done}")
    top, left = (place.randint(0, crops.jitter) for _ in range(2))
    part = (..., slice(top, top + crops.window), slice(left, left + crops.window))
    window = replace(
        crop, high=crop.high[part], restored=crop.restored[part], recursions=[each[part] for each in crop.recursions]
    )
    if state.features is None:
        return window
    with state.fabric.autocast():
        with torch.no_grad():
            wanted = state.features(window.high)
            sizes = [each.abs().mean() for each in wanted]
        made = state.features(window.restored)
    return replace(
        window,
        restored_features=[each / size for each, size in zip(made, sizes, strict=True)],
        high_features=[each / size for each, size in zip(wanted, sizes, strict=True)],
    )


def _update_discriminator(state: State, network: Network, window: Step) -> dict[str, Tensor]:
    restored, high = window.judged(state.recipe.loss.discriminator)
    fixed = [each.detach() for each in restored] if isinstance(restored, Sequence) else restored.detach()
    real, fake = network.wrapped(high).float(), network.wrapped(fixed).float()
    if state.recipe.loss.relativistic:
        real, fake = relative_logits(real, fake)
    loss = discriminator_loss(real, fake)
    measured = {"discriminator": loss, "real": torch.sigmoid(real).mean(), "restored": torch.sigmoid(fake).mean()}
    measured["discriminator_gradient"] = _take_step(state, network, loss, clip=None)
    return {name: value.detach() for name, value in measured.items()}


def _update_generator(state: State, steps: dict[str, Step]) -> dict[str, Tensor]:
    crop = steps["crop"]
    weighted: list[Tensor] = []
    measured: dict[str, Tensor] = {}
    for term in state.terms:
        with state.fabric.autocast() if term.autocast else nullcontext():
            value = term.loss(steps[term.sees])
        weighted.append(term.weight_at(crop.progress) * value)
        if term.name:
            measured[term.name] = value
    total = reduce(torch.add, weighted)
    if state.discriminator is not None:
        measured["detail"] = detail(crop.restored, crop.high)
    measured["generator"] = total
    if state.done >= state.recipe.loss.discriminator_alone:
        measured["generator_gradient"] = _take_step(state, state.generator, total, clip=state.recipe.schedule.clip)
        _update_average(state)
    else:
        measured["generator_gradient"] = torch.zeros_like(total)
    return {name: value.detach() for name, value in measured.items()}


def _take_step(state: State, network: Network, loss: Tensor, *, clip: float | None) -> Tensor:
    """Take a step of the optimizer; return the norm of the gradient, before it was clipped."""
    network.optimizer.zero_grad(set_to_none=True)
    state.fabric.backward(loss)
    norm: Tensor = nn.utils.clip_grad_norm_(network.module.parameters(), float("inf") if clip is None else clip)
    network.optimizer.step()
    return norm


@torch.no_grad()
def _update_average(state: State) -> None:
    """Move the average towards the weights; batch normalisation's statistics and counters are copied.

    Its memory grows with the run, so that what training began with is soon forgotten.
    """
    memory = min(state.recipe.schedule.ema, (1 + state.done) / (10 + state.done))
    average: list[Tensor] = list(state.average.parameters())
    current: list[Tensor] = list(state.generator.module.parameters())
    torch._foreach_lerp_(average, current, 1.0 - memory)
    for kept, newest in zip(state.average.buffers(), state.generator.module.buffers(), strict=True):
        kept.copy_(newest)
