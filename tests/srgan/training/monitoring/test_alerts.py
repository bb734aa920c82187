"""Alerts: quiet while training goes well, and clear when it does not."""

import math
import random

import pytest

from srgan.errors import TrainingError
from srgan.training.monitoring.alerts import MEASUREMENTS, Alert, AlertMonitor, check_finite

GOOD = {
    "content": 0.006,
    "generator": 0.007,
    "perception": 0.2,
    "grid": 1e-4,
    "grid_texture": 1e-3,
    "spectrum": 0.4,
    "pixel": 0.006,
    "pixel_l1": 0.05,
    "total_variation": 0.0,
    "feature_error": 0.6,
    "consistency": 0.04,
    "adversarial": 1.0,
    "discriminator": 0.9,
    "real": 0.7,
    "restored": 0.3,
    "generator_gradient": 0.1,
    "discriminator_gradient": 1.0,
    "detail": 0.4,
}


def watch(*stretches: tuple[int, dict[str, float]]) -> list[tuple[int, Alert]]:
    """(row, alert) of a log with so many rows each of good measurements changed so, after ten good ones."""
    monitor, found, line = AlertMonitor(), [], 0
    for lines, changes in [(10, {}), *stretches]:
        for _ in range(lines):
            line += 1
            found += [(line, alert) for alert in monitor.observe(50 * line, {**GOOD, **changes})]
    return found


def test_all_measurements_are_explained() -> None:
    assert set(GOOD) == set(MEASUREMENTS)


def test_ordinary_noise_says_nothing() -> None:
    draw = random.Random(0)
    monitor = AlertMonitor()
    for line in range(400):
        noisy = {name: value * math.exp(draw.gauss(0, 0.2)) for name, value in GOOD.items()}
        assert monitor.observe(line, noisy) == []


def test_a_run_on_pixels_that_converges_says_nothing() -> None:
    monitor = AlertMonitor()
    for line in range(1, 200):
        loss = 0.5 / line + 0.01
        assert monitor.observe(50 * line, {"content": loss, "generator": loss}) == []


@pytest.mark.parametrize(
    ("kind", "changes", "remedy"),
    [
        ("saturation", {"real": 0.999, "restored": 0.001, "discriminator": 0.002}, "discriminator_learning_rate"),
        ("blindness", {"real": 0.5, "restored": 0.5, "discriminator": 1.386}, "discriminator_learning_rate"),
        ("inversion", {"real": 0.4, "restored": 0.6}, "discriminator_learning_rate"),
        ("collapse", {"detail": 0.1}, "begin another run"),
        ("noise", {"detail": 5.0}, "adversarial"),
        ("content jump", {"content": 0.05}, "learning_rate"),
        ("generator explosion", {"generator_gradient": 50.0}, "clip=1"),
        ("discriminator explosion", {"discriminator_gradient": 500.0}, "discriminator_learning_rate"),
        ("vanishing", {"generator_gradient": 1e-7}, "begin another run"),
    ],
)
def test_each_state_is_reported_once_with_a_remedy(kind: str, changes: dict[str, float], remedy: str) -> None:
    found = watch((60, changes))
    assert [alert.kind for _, alert in found] == [kind]
    message = found[0][1].message
    assert remedy in message
    assert "\n" not in message
    assert watch((60, changes), (60, {})) == found  # its end is no news


def test_a_state_is_reported_when_it_has_lasted() -> None:
    saturated = {"real": 0.999, "restored": 0.001, "discriminator": 0.002}
    assert watch((4, saturated), (1, {}), (4, saturated)) == []
    assert [line for line, _ in watch((20, saturated))] == [15]


def test_a_state_is_reported_again_after_it_ended_or_when_it_goes_on() -> None:
    noisy = {"detail": 5.0}
    flickering = [(3, noisy), (2, {})] * 10
    assert len(watch(*flickering)) == 1
    assert len(watch((5, noisy), (20, {}), (5, noisy))) == 2
    lasting = watch((250, noisy))
    assert [line for line, _ in lasting] == [13, 113, 213]
    assert lasting[1][1].message.startswith("since update 550, ")


def test_the_first_lines_are_not_judged() -> None:
    monitor = AlertMonitor()
    wild = {**GOOD, "detail": 40.0, "generator_gradient": 0.0, "real": 0.2, "restored": 0.8}
    assert [monitor.observe(50 * line, wild) for line in range(5)] == [[]] * 5


@pytest.mark.parametrize("rows", [4, 30])
def test_a_generator_that_waits_for_its_discriminator_is_no_news(rows: int) -> None:
    monitor = AlertMonitor()
    waiting = [monitor.observe(50 * line, {**GOOD, "generator_gradient": 0.0}) for line in range(rows)]
    learning = [monitor.observe(50 * line, GOOD) for line in range(rows, rows + 20)]
    assert not any(waiting + learning)


def test_a_content_loss_after_one_of_zero_is_no_jump() -> None:
    assert watch((10, {"content": 0.0}), (10, {})) == []


def test_a_discriminator_that_recovers_has_not_exploded() -> None:
    saturated = {"real": 0.999, "restored": 0.001, "discriminator": 0.002, "discriminator_gradient": 1e-6}
    assert {alert.kind for _, alert in watch((80, saturated), (10, {}))} == {"saturation"}


def test_detail_that_grew_and_is_lost_again_is_noticed_above_where_it_began() -> None:
    assert [alert.kind for _, alert in watch((200, {"detail": 0.9}), (10, {"detail": 0.25}))] == ["collapse"]


def test_finite_losses_pass() -> None:
    check_finite(0, [], checkpoint=None)
    check_finite(0, [1.0, 0.0, -3.0], checkpoint=None)


@pytest.mark.parametrize(
    ("loss", "word"), [(math.nan, "not a number"), (math.inf, "infinite"), (-math.inf, "infinite")]
)
def test_the_first_loss_that_is_not_finite_is_named(loss: float, word: str) -> None:
    with pytest.raises(TrainingError, match=f"loss of update 103 is {word}.*update-100"):
        check_finite(101, [1.0, 0.5, loss, math.nan], checkpoint="run/update-100.safetensors")
    with pytest.raises(TrainingError):
        check_finite(1, [loss], checkpoint=None)
