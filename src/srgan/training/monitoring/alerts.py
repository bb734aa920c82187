"""Alerts on what goes wrong in a training run, from its numbers alone, each with a remedy."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from srgan.errors import TrainingError

Measurements = Mapping[str, float]
"""Means over some updates, by the names in `MEASUREMENTS`."""

MEASUREMENTS = {
    "content": "content loss",
    "generator": "the generator's whole loss",
    "perception": "distance of deep features",
    "feature_error": "error of features at several depths",
    "pixel": "mean squared error, added to a content loss on VGG features",
    "pixel_l1": "mean absolute error, added to another content loss",
    "consistency": "error of the downscaled restored image",
    "grid": "error of patterns that repeat in every cell",
    "grid_texture": "how unevenly texture lies in the cells",
    "spectrum": "texture too strong or too weak, in nepers",
    "total_variation": "total variation loss",
    "adversarial": "adversarial loss",
    "discriminator": "the discriminator's loss",
    "real": "mean probability that it gives to real images, D(HR)",
    "restored": "mean probability that it gives to restored ones, D(G(LR))",
    "generator_gradient": "norm of the generator's gradient",
    "discriminator_gradient": "norm of the discriminator's",
    "detail": "fine detail of restored images, 1 as in real ones",
}
"""Measurements of an update; a run lacks those of losses and networks that its recipe has not."""

BLIND_LOSS = 2 * math.log(2)
"""Loss of a discriminator that gives every image 0.5 (see `adversarial_losses.discriminator_loss`)."""

_QUIET = 5
"""Rows of the log before the first alert: fresh networks and Adam's first steps give strange numbers."""
_REPEAT = 100
"""Rows after which a state that lasts is reported again."""
_CLEAR = 5
"""Rows without a state after which it counts as new, so that a flickering one is not reported each time."""
_MEMORY = 1000
"""Rows over which medians are taken."""

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
"""Noise with a standard deviation of 10 levels on a real picture gives 1.5 to 2, and is visible at once."""
_JUMP = 4.0
"""Times the best content loss: 6 dB, where beginning adversarial training costs SRResNet 1.4 (32.05 to 30.64 dB)."""
_EXPLOSION = 100.0
"""Times the median norm of a gradient; ordinary lines vary by less than ten."""
_VANISHED = 1e-4
"""Of the median norm of the generator's gradient."""


@dataclass(frozen=True)
class Alert:
    """A state of training that needs attention."""

    kind: str
    """Identifies the state, the same whenever it is reported."""
    message: str
    """One line: what it is, what it means, and what to do."""


class _Past:
    """Values of the rows before this one."""

    def __init__(self) -> None:
        self._values: dict[str, deque[float]] = {}
        self._first: dict[str, list[float]] = {}
        self._least: dict[str, float] = {}

    def add(self, means: Measurements) -> None:
        for name, value in means.items():
            is_waiting = value == 0 and name.endswith("_gradient")  # while the discriminator learns alone
            if math.isfinite(value) and not is_waiting:
                self._values.setdefault(name, deque(maxlen=_MEMORY)).append(value)
                self._least[name] = min(value, self._least.get(name, value))
                first = self._first.setdefault(name, [])
                if len(first) < _QUIET:
                    first.append(value)

    def usual(self, name: str) -> float:
        """Return the median, which no single row moves."""
        return median(self._values.get(name, [math.nan]))

    def start(self, name: str) -> float:
        """Return the median of the first rows."""
        return median(self._first.get(name, [math.nan]))

    def least(self, name: str) -> float:
        return self._least.get(name, math.nan)


@dataclass(frozen=True)
class _Check:
    """A state to look for, which is reported after it was seen in so many rows running."""

    kind: str
    needs: tuple[str, ...]
    rows: int
    find: Callable[[Measurements, _Past], float | None]
    """Returns a number for the text if the state is there, else None."""
    text: str
    """Formatted with `now`, the measurements, and `value`, the number."""


class AlertMonitor:
    """Watches the rows of a log, and reports once when something begins to go wrong.

    For a run that is resumed, let it observe the old rows first, and ignore its alerts.
    """

    def __init__(self) -> None:
        self._past = _Past()
        self._seen = 0
        self._running: dict[str, int] = {}  # rows that a state has lasted
        self._since: dict[str, int] = {}  # the update at which it was first seen
        self._away: dict[str, int] = {}  # rows since it was last seen
        self._reported: dict[str, int] = {}  # the row at which it was last reported

    def observe(self, update: int, means: Measurements) -> list[Alert]:
        """Return the alerts of the row of the log at this update, with the means since the row before."""
        self._seen += 1
        alerts = []
        for check in _CHECKS:
            if self._seen <= _QUIET or any(name not in means for name in check.needs):
                continue
            value = check.find(means, self._past)
            is_known = check.kind in self._reported
            if self._count(check, update, present=value is not None):
                since = f"since update {self._since[check.kind]}, " if is_known else ""
                alerts.append(Alert(check.kind, since + check.text.format(now=means, value=value)))
        self._past.add(means)
        return alerts

    def _count(self, check: _Check, update: int, *, present: bool) -> bool:
        """Count a row with or without a state; return whether it is to be reported: it began, or has lasted long."""
        kind = check.kind
        if not present:
            self._running[kind] = 0
            self._away[kind] = self._away.get(kind, 0) + 1
            if self._away[kind] >= _CLEAR:
                self._reported.pop(kind, None)
                self._since.pop(kind, None)
            return False
        self._since.setdefault(kind, update)
        self._away[kind] = 0
        self._running[kind] = self._running.get(kind, 0) + 1
        reported = self._reported.get(kind)
        if self._running[kind] < check.rows or (reported is not None and self._seen - reported < _REPEAT):
            return False
        self._reported[kind] = self._seen
        return True


def _find_saturation(now: Measurements, past: _Past) -> float | None:
    is_sure = now["real"] > _CERTAIN and now["restored"] < 1 - _CERTAIN
    return 0.0 if is_sure and now["discriminator"] < _NO_LOSS else None


def _find_blindness(now: Measurements, past: _Past) -> float | None:
    distances = now["real"] - 0.5, now["restored"] - 0.5, now["discriminator"] - BLIND_LOSS
    return 0.0 if all(abs(distance) < _UNSURE for distance in distances) else None


def _find_collapse(now: Measurements, past: _Past) -> float | None:
    before = min(max(past.start("detail"), past.usual("detail")), 1.0)  # losing noise is no loss
    return before if now["detail"] < max(_LOST_DETAIL * before, _NO_DETAIL) else None


def _find_content_jump(now: Measurements, past: _Past) -> float | None:
    best = past.least("content")
    return now["content"] / best if now["content"] > _JUMP * best > 0 else None


def _find_explosion(name: str) -> Callable[[Measurements, _Past], float | None]:
    def find(now: Measurements, past: _Past) -> float | None:
        usual = max(past.usual(name), past.start(name))  # a saturated discriminator's is tiny until it recovers
        return usual if now[name] > _EXPLOSION * usual else None

    return find


def _find_vanishing(now: Measurements, past: _Past) -> float | None:
    return 0.0 if now["generator_gradient"] <= _VANISHED * past.usual("generator_gradient") else None


_GUESSES = ("real", "restored", "discriminator")
_CHECKS = (
    _Check(
        *("saturation", _GUESSES, 5, _find_saturation),
        "the discriminator is always right (D(HR) {now[real]:.3f}, D(SR) {now[restored]:.3f}), so the generator learns "
        "little from it: lower discriminator_learning_rate, or begin with a generator trained longer on pixels",
    ),
    _Check(  # for moments it is what adversarial training aims at
        *("blindness", _GUESSES, 50, _find_blindness),
        "the discriminator has long distinguished nothing (loss {now[discriminator]:.3f}, 1.386 is guessing), so the "
        "generator follows its content loss alone: unless detail is near 1, raise discriminator_learning_rate",
    ),
    _Check(
        *("inversion", _GUESSES, 5, lambda now, past: 0.0 if now["real"] < now["restored"] else None),
        "the discriminator takes restored pictures for real more than real ones (D(HR) {now[real]:.3f}, D(SR) "
        "{now[restored]:.3f}), so it misleads the generator: raise discriminator_learning_rate, or lower learning_rate",
    ),
    _Check(
        *("collapse", ("detail",), 3, _find_collapse),
        "restored pictures have lost their fine detail ({now[detail]:.2f} of that of real ones, {value:.2f} before): "
        "the generator collapses; begin another run with a lower learning_rate or adversarial",
    ),
    _Check(
        *("noise", ("detail",), 3, lambda now, past: 0.0 if now["detail"] > _TOO_MUCH_DETAIL else None),
        "restored pictures have {now[detail]:.1f} times the fine detail of real ones: noise or patterns that fool the "
        "discriminator; lower adversarial or discriminator_learning_rate",
    ),
    _Check(
        *("content jump", ("content",), 2, _find_content_jump),
        "the content loss is {value:.1f} times the best it was: restored pictures no longer look like the real ones; "
        "begin another run with a lower learning_rate or with clip=1",
    ),
    _Check(
        *("generator explosion", ("generator_gradient",), 1, _find_explosion("generator_gradient")),
        "the generator's gradient has exploded (norm {now[generator_gradient]:.3g}, usually {value:.3g}), and training "
        "may diverge: should losses not come down again, lower learning_rate, or set clip=1",
    ),
    _Check(  # this gradient is not clipped
        *("discriminator explosion", ("discriminator_gradient",), 1, _find_explosion("discriminator_gradient")),
        "the discriminator's gradient has exploded (norm {now[discriminator_gradient]:.3g}, usually {value:.3g}), and "
        "training may diverge: should losses not come down again, lower discriminator_learning_rate",
    ),
    _Check(
        *("vanishing", ("generator_gradient",), 5, _find_vanishing),
        "the generator's gradient has vanished (norm {now[generator_gradient]:.3g}), so it learns nothing more: begin "
        "another run with a lower learning_rate, or from another network",
    ),
)


def check_finite(first_update: int, losses: Sequence[float], *, checkpoint: str | None) -> None:
    """Check that the losses of successive updates are finite.

    Args:
        first_update: number of the update of the first loss.
        losses: of it and those after it.
        checkpoint: the newest good one, if there is one.

    Raises:
        TrainingError: on the first loss that is infinite or not a number.
    """
    for update, loss in enumerate(losses, start=first_update):
        if not math.isfinite(loss):
            kept = "" if checkpoint is None else f" (the last good checkpoint is {checkpoint})"
            raise TrainingError(
                f"the loss of update {update} is {'not a number' if math.isnan(loss) else 'infinite'}, so training has "
                f"diverged{kept}: begin another run with a lower learning_rate or with clip=1"
            )
