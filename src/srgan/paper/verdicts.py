"""Published tables measured again: our number, the printed one, the difference, and a verdict by tolerance.

A method without weights keeps its row, which stays empty.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from srgan.evaluation.results import Results
from srgan.evaluation.significance import mean
from srgan.paper.published import TRAININGS, Published
from srgan.paper.table_methods import NO_PICTURES
from srgan.weights.card import Card

OTHER_PICTURES = "other pictures"
NO_RUN = "no run yet"


@dataclass(frozen=True)
class Kind:
    """A kind of number that is judged."""

    title: str
    tolerance: float
    """Largest difference of two near numbers."""
    near: str
    """The verdict on near numbers."""
    more_is_better: bool = True


KINDS: Mapping[str, Kind] = {
    "mse": Kind("MSE", 0.0001, "within .0001", more_is_better=False),
    "psnr": Kind("PSNR [dB]", 0.1, "within 0.1 dB"),
    "ssim": Kind("SSIM", 0.005, "within .005"),
    "loss": Kind("loss_val", 1.0, "within 1", more_is_better=False),
    "perceptual": Kind("perceptual loss", 0.005, "within .005", more_is_better=False),
    "discriminator": Kind("discriminator loss", 0.005, "within .005", more_is_better=False),
}
PAPER_MEASURES: Mapping[str, str] = {"psnr": "paper/psnr", "ssim": "paper/ssim"}
SEED_MEASURES: Mapping[str, str] = {"mse": "rgb/mse", "psnr": "rgb/psnr", "ssim": "matlab/ssim"}
"""By kind, the score of an evaluation that compares with the printed number."""


@dataclass(frozen=True)
class Opinions:
    """Our mean opinion scores, and where they are from."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """MOS by method and set, as the table names them."""
    notes: tuple[str, ...] = ()
    """The study and its raters; empty without a study."""
    warning: str = ""
    """Printed at every score: `SIMULATED` where programs rated."""

    @property
    def plain_warning(self) -> dict[str, str]:
        """The warning as a field of a document, if there is one."""
        return {"warning": self.warning} if self.warning else {}


NO_OPINIONS = Opinions()


@dataclass(frozen=True)
class ComparedNumber:
    """Our number and the printed one; either may be missing."""

    kind: str
    ours: float | None
    printed: Decimal | None
    verdict: str

    @property
    def difference(self) -> float:
        """Ours minus printed; NaN where one is missing or of other images, 0 where both are infinite."""
        if self.ours is None or self.printed is None or self.verdict == OTHER_PICTURES:
            return math.nan
        return 0.0 if self.ours == float(self.printed) else self.ours - float(self.printed)


@dataclass(frozen=True)
class ComparedRow:
    """A method on a set."""

    data: str
    method: str
    numbers: tuple[ComparedNumber, ...]
    opinion: Decimal | None
    """The printed MOS."""
    rated: float | None = None
    """Our MOS."""
    seconds: float | None = None
    """Our mean time of a picture; None where it is not shown."""


def judge(kind: str, ours: float, printed: Decimal) -> str:
    """Return the verdict on a number: `equal` if every printed digit agrees, else near, `better` or `worse`.

    Args:
        kind: of `KINDS`.
        ours: unrounded.
        printed: with all printed digits.
    """
    criterion, number = KINDS[kind], float(printed)
    exponent = printed.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0  # infinity has none
    if ours == number or Decimal(f"{ours:.{digits}f}") == printed:
        return "equal"
    if abs(ours - number) <= criterion.tolerance:
        return criterion.near
    return "better" if (ours > number) == criterion.more_is_better else "worse"


def compare_results(
    published: Published,
    results: Results,
    missing: Mapping[str, str],
    measures: Mapping[str, str],
    sets: Mapping[str, str],
    opinions: Opinions = NO_OPINIONS,
    *,
    timed: bool = False,
) -> tuple[ComparedRow, ...]:
    """Compare every method of a table on every set, measured or not.

    Args:
        published: the table.
        results: of the methods that could be run.
        missing: by method, why it could not.
        measures: by kind, the score of the evaluation.
        sets: by evaluated set, the printed one to compare with. Numbers of another set are shown, but not judged.
        opinions: our MOS.
        timed: whether rows have the mean time of a picture.

    Raises:
        DataError: if a method has scores of some images of a set only.
    """
    rows = []
    for data, printed_set in sets.items():
        for method in published.methods:
            printed = published.of(method, printed_set)
            numbers = []
            for kind, measure in measures.items():
                values = results.values(method, data, measure)
                ours, theirs = mean(values) if values else None, printed.get(kind)
                if method in missing or ours is None:
                    verdict = missing.get(method, NO_PICTURES)
                elif data != printed_set:
                    verdict = OTHER_PICTURES
                else:
                    verdict = "not published" if theirs is None else judge(kind, ours, theirs)
                numbers.append(ComparedNumber(kind, ours, theirs, verdict))
            rated = opinions.scores.get((method, data))
            times = results.seconds(method, data) if timed else []
            seconds = mean(times) if times else None
            rows.append(ComparedRow(data, method, tuple(numbers), printed.get("mos"), rated, seconds))
    return tuple(rows)


def explain_shortfalls(rows: Sequence[ComparedRow], cards: Mapping[str, Card]) -> tuple[str, ...]:
    """Return a sentence for each method that falls short of a printed number: on which sets, and the likely reason.

    Args:
        rows: of `compare_results`.
        cards: of the methods that are models.
    """
    short: dict[str, list[str]] = {}
    for row in rows:
        if any(number.verdict == "worse" for number in row.numbers):
            short.setdefault(row.method, []).append(row.data)
    reasons = []
    for method, sets in short.items():
        card = cards.get(method)
        reason = "its pictures were given, and are measured as they are"
        if card is not None:
            training = card.training
            reason = f"ours, {card.name}, had {training.updates:,} updates in {training.hours:g} hours"
            reason += (
                f"; theirs {TRAININGS[method]}" if method in TRAININGS else "; theirs was trained as in its own paper"
            )
        reasons.append(f"{method} is short of the printed numbers on {', '.join(sets)}: {reason}.")
    return tuple(reasons)


def compare_orders(rows: Sequence[ComparedRow], data: str) -> tuple[list[str], list[str]]:
    """Return the methods of a set that have our PSNR and a printed one, the best first: by ours, and by the printed."""
    scores = {
        row.method: (float(number.ours), float(number.printed))
        for row in rows
        for number in row.numbers
        if (row.data, number.kind) == (data, "psnr") and number.verdict != OTHER_PICTURES
        if number.ours is not None and number.printed is not None
    }
    ours, printed = (sorted(scores, key=lambda method: -scores[method][place]) for place in (0, 1))
    return ours, printed
