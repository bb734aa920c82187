"""What can go wrong with a training run, seen in its numbers and said in words, each with a remedy.

Floats in, findings out: where the numbers come from and who reads the words is not known here.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from srgan.errors import TrainingError

Measurements = Mapping[str, float]
"""Means over some updates, by name: see `MEASUREMENTS`."""

MEASUREMENTS = {
    "content": "content loss",
    "generator": "the generator's whole loss",
    "perception": "distance of deep features",
    "feature_error": "error of features at several depths",
    "pixel": "mean squared error beside a content loss on VGG features",
    "consistency": "error of the restored picture reduced again",
    "grid": "error of patterns that repeat in every cell",
    "grid_texture": "how unevenly texture lies in the cells",
    "spectrum": "texture too strong or too weak, in nepers",
    "total_variation": "total variation loss",
    "adversarial": "adversarial loss",
    "discriminator": "the discriminator's loss",
    "real": "mean probability that it gives to real pictures, D(HR)",
    "restored": "mean probability that it gives to restored ones, D(G(LR))",
    "generator_gradient": "norm of the generator's gradient",
    "discriminator_gradient": "norm of the discriminator's",
    "detail": "fine detail of restored pictures, 1 as in real ones",
}
"""What runs measure; one without a discriminator, or without total variation, lacks what belongs to it."""

BLIND_LOSS = 2 * math.log(2)
"""The loss of a discriminator that gives every picture 0.5 (see `losses.DiscriminatorLoss`)."""

_QUIET = 5
"""Lines of the log before anything is said: fresh networks and Adam's first steps make strange numbers."""
_REPEAT = 100
"""Lines after which a state that goes on is reported again."""
_CLEAR = 5
"""Lines that a state must have been away before it counts as new, so that one that flickers is not told each time."""
_MEMORY = 1000
"""Lines that are remembered."""

_CERTAIN = 0.99
"""Of a probability: -log(1 - 0.01) is a hundredth, and so are the gradients that a batch still sends through it."""
_NO_LOSS = 0.05
"""More than twice the discriminator's loss where both probabilities are just `_CERTAIN`: 2 * 0.01."""
_UNSURE = 0.05
"""How near to 0.5, and to `BLIND_LOSS`, is as good as not telling pictures apart."""
_LOST_DETAIL = 1 / 3
"""Of the detail there was. In the paper's own pictures it is 0.35 for SRResNet, 0.9 for SRGAN, and 0.03 for bicubic."""
_NO_DETAIL = 0.01
"""Less than bicubic interpolation leaves."""
_TOO_MUCH_DETAIL = 3.0
"""Noise with a standard deviation of 10 levels on a real picture gives 1.5 to 2, and is seen at once."""
_JUMP = 4.0
"""Times the best content loss: 6 dB, where beginning adversarial training costs SRResNet 1.4 (32.05 to 30.64 dB)."""
_EXPLOSION = 100.0
"""Times the median norm of a gradient; ordinary lines vary by less than ten."""
_VANISHED = 1e-4
"""Of the median norm of the generator's gradient."""


@dataclass(frozen=True)
class Finding:
    """A state of training that wants attention."""

    kind: str
    """A word for it, the same whenever it is reported."""
    message: str
    """One line: what it is, what it means, and what to do."""


@dataclass(frozen=True)
class _Check:
    """One state to look for: it is reported when it has been found on so many lines running."""

    kind: str
    needs: tuple[str, ...]
    lines: int
    find: Callable[[Measurements, "_Past"], str | None]


class _Past:
    """The lines before this one."""

    def __init__(self) -> None:
        self._values: dict[str, deque[float]] = {}
        self._first: dict[str, list[float]] = {}
        self._least: dict[str, float] = {}

    def add(self, means: Measurements) -> None:
        for name, value in means.items():
            if math.isfinite(value):
                self._values.setdefault(name, deque(maxlen=_MEMORY)).append(value)
                self._least[name] = min(value, self._least.get(name, value))
                first = self._first.setdefault(name, [])
                if len(first) < _QUIET:
                    first.append(value)

    def usual(self, name: str) -> float:
        """The median, which no single line moves."""
        return median(self._values.get(name, [math.nan]))

    def start(self, name: str) -> float:
        return median(self._first.get(name, [math.nan]))

    def least(self, name: str) -> float:
        return self._least.get(name, math.nan)


class Monitor:
    """Watches the lines of a log and says, once, when something begins to go wrong.

    It remembers nothing of a run that is resumed: show it the old lines of the log first, and drop what it says.
    """

    def __init__(self) -> None:
        self._past = _Past()
        self._seen = 0
        self._running: dict[str, int] = {}  # lines that a state has lasted
        self._since: dict[str, int] = {}  # the update at which it was first seen
        self._away: dict[str, int] = {}  # lines since it was last seen
        self._told: dict[str, int] = {}  # the line at which it was last reported

    def observe(self, update: int, means: Measurements) -> list[Finding]:
        """What there is to say of the line of the log at this update, with the means since the line before."""
        self._seen += 1
        findings = []
        for check in _CHECKS:
            if self._seen <= _QUIET or any(name not in means for name in check.needs):
                continue
            text = check.find(means, self._past)
            known = check.kind in self._told
            if self._is_news(check, update, text is not None) and text is not None:
                findings.append(
                    Finding(check.kind, f"since update {self._since[check.kind]}, {text}" if known else text)
                )
        self._past.add(means)
        return findings

    def _is_news(self, check: _Check, update: int, found: bool) -> bool:
        """Whether a state is to be reported: it has begun, or has gone on for long since it was."""
        kind = check.kind
        if not found:
            self._running[kind] = 0
            self._away[kind] = self._away.get(kind, 0) + 1
            if self._away[kind] >= _CLEAR:
                self._told.pop(kind, None)
                self._since.pop(kind, None)
            return False
        self._since.setdefault(kind, update)
        self._away[kind] = 0
        self._running[kind] = self._running.get(kind, 0) + 1
        told = self._told.get(kind)
        if self._running[kind] < check.lines or (told is not None and self._seen - told < _REPEAT):
            return False
        self._told[kind] = self._seen
        return True


def _saturation(now: Measurements, past: _Past) -> str | None:
    if now["real"] > _CERTAIN and now["restored"] < 1 - _CERTAIN and now["discriminator"] < _NO_LOSS:
        return (
            f"the discriminator is always right (D(HR) {now['real']:.3f}, D(SR) {now['restored']:.3f}), so the "
            "generator learns little from it: lower --set discriminator_learning_rate=..., or begin with a generator "
            "that was trained longer on pixels (--from ...)"
        )
    return None


def _blindness(now: Measurements, past: _Past) -> str | None:
    distances = now["real"] - 0.5, now["restored"] - 0.5, now["discriminator"] - BLIND_LOSS
    if all(abs(distance) < _UNSURE for distance in distances):
        return (
            f"the discriminator has long told nothing apart (loss {now['discriminator']:.3f}, 1.386 is guessing), so "
            "the generator follows its content loss alone: unless detail is near 1, raise "
            "--set discriminator_learning_rate=..."
        )
    return None


def _inversion(now: Measurements, past: _Past) -> str | None:
    if now["real"] < now["restored"]:
        return (
            f"the discriminator takes restored pictures for real more than real ones (D(HR) {now['real']:.3f}, D(SR) "
            f"{now['restored']:.3f}), so it leads the generator astray: raise --set discriminator_learning_rate=..., "
            "or lower --set learning_rate=..."
        )
    return None


def _collapse(now: Measurements, past: _Past) -> str | None:
    before = min(max(past.start("detail"), past.usual("detail")), 1.0)  # losing what was noise is no loss
    if now["detail"] < max(_LOST_DETAIL * before, _NO_DETAIL):
        return (
            f"restored pictures have lost their fine detail ({now['detail']:.2f} of that of real ones, {before:.2f} "
            "before): the generator collapses; begin another run with a lower --set learning_rate=... or "
            "--set adversarial=..."
        )
    return None


def _noise(now: Measurements, past: _Past) -> str | None:
    if now["detail"] > _TOO_MUCH_DETAIL:
        return (
            f"restored pictures have {now['detail']:.1f} times the fine detail of real ones: noise or patterns that "
            "fool the discriminator; lower --set adversarial=... or --set discriminator_learning_rate=..."
        )
    return None


def _content_jump(now: Measurements, past: _Past) -> str | None:
    if now["content"] > _JUMP * past.least("content"):
        return (
            f"the content loss is {now['content'] / past.least('content'):.1f} times the best it was: restored "
            "pictures no longer look like the real ones; begin another run with a lower "
            "--set learning_rate=... or with --set clip=1"
        )
    return None


def _explosion(network: str) -> Callable[[Measurements, _Past], str | None]:
    name = f"{network}_gradient"
    remedy = "--set learning_rate=..., or --set clip=1"
    if network == "discriminator":  # its gradient is not clipped
        remedy = "--set discriminator_learning_rate=..."

    def find(now: Measurements, past: _Past) -> str | None:
        usual = max(past.usual(name), past.start(name))  # a saturated discriminator's is tiny until it recovers
        if now[name] > _EXPLOSION * usual:
            return (
                f"the {network}'s gradient has exploded (norm {now[name]:.3g}, usually {usual:.3g}), and training "
                f"may diverge: should losses not come down again, lower {remedy}"
            )
        return None

    return find


def _vanishing(now: Measurements, past: _Past) -> str | None:
    if now["generator_gradient"] <= _VANISHED * past.usual("generator_gradient"):
        return (
            f"the generator's gradient has vanished (norm {now['generator_gradient']:.3g}), so it learns nothing more: "
            "begin another run with a lower --set learning_rate=..., or from another network "
            "(--from ...)"
        )
    return None


_GUESSES = ("real", "restored", "discriminator")
_CHECKS = (
    _Check("saturation", _GUESSES, 5, _saturation),
    _Check("blindness", _GUESSES, 50, _blindness),  # for moments it is what adversarial training aims at
    _Check("inversion", _GUESSES, 5, _inversion),
    _Check("collapse", ("detail",), 3, _collapse),
    _Check("noise", ("detail",), 3, _noise),
    _Check("content jump", ("content",), 2, _content_jump),
    _Check("generator explosion", ("generator_gradient",), 1, _explosion("generator")),
    _Check("discriminator explosion", ("discriminator_gradient",), 1, _explosion("discriminator")),
    _Check("vanishing", ("generator_gradient",), 5, _vanishing),
)


def check_finite(first_update: int, losses: Sequence[float], *, checkpoint: str | None) -> None:
    """Let finite losses pass.

    Args:
        first_update: the update that the first of the losses belongs to; the others are of those after it.
        losses: of successive updates.
        checkpoint: the newest good one, if there is one.

    Raises:
        TrainingError: on the first loss that is infinite or not a number.
    """
    for update, loss in enumerate(losses, start=first_update):
        if not math.isfinite(loss):
            kept = "" if checkpoint is None else f" (the last good checkpoint is {checkpoint})"
            raise TrainingError(
                f"the loss of update {update} is {'not a number' if math.isnan(loss) else 'infinite'}, so training has "
                f"diverged{kept}: begin another run with a lower --set learning_rate=... or with --set clip=1"
            )
