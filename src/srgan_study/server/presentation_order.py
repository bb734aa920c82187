"""Order in which a rater sees a study: random, different for every rater, and always the same for one.

It follows from the study's hash and the rater's code alone. Between two versions of one image lie some of others, so
that they are not compared, and many ratings lie between the two presentations of a stimulus that is rated twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from srgan_study.server.rng import Rng
from srgan_study.study import Stimulus, Study
from srgan_study.votes.ratings import Phase

_ATTEMPTS = 50  # of a random order, before the spacing is reduced
_Contents = Sequence[tuple[Sequence[int], Sequence[int]]]  # by image, the versions and those that are repeated


@dataclass(frozen=True)
class Presentation:
    """Stimulus that a rater will see, at its place in the rater's order."""

    phase: Phase
    stimulus: int  # id in the study's list of practice or, in all other phases, of stimuli


@dataclass(frozen=True)
class Spacing:
    """Part of the design's gap and repeat distance that an order keeps; never more than the design's."""

    gap: int
    repeat_distance: int


def presentations(study: Study, rater: str) -> tuple[Presentation, ...]:
    """Return everything a rater will see: practice, then warm-up, then all else, shuffled.

    Where a study has too few images for its design's gap or repeat distance, as much of them is kept as possible.
    """
    rng = Rng(study.hash, rater)
    practice = [Presentation("practice", stimulus.id) for stimulus in rng.shuffle(study.practice)]
    blocks = [study.stimuli]
    if study.design.blocked:
        blocks = [tuple(each for each in study.stimuli if each.data == data) for data in rng.shuffle(study.sets)]
    rated = [shown for block in blocks for shown in _order_block(block, study, rng)]
    return (*practice, *_warm_up(study, blocks[0], rated, rng), *rated)


def narrowest(study: Study, raters: Sequence[str]) -> Spacing:
    """Return the spacing that the orders of all these raters keep."""
    kept = [spacing(study, presentations(study, rater)) for rater in raters]
    return Spacing(min(one.gap for one in kept), min(one.repeat_distance for one in kept))


def spacing(study: Study, order: Sequence[Presentation]) -> Spacing:
    """Return the least spacing in an order."""
    gap, distance = study.design.gap, study.design.repeat_distance
    last: dict[tuple[str, str], int] = {}
    first: dict[int, int] = {}
    for position, shown in enumerate(shown for shown in order if shown.phase != "practice"):
        image = study.stimuli[shown.stimulus].image
        gap = min(gap, position - last.get(image, -gap - 1) - 1)
        last[image] = position
        if shown.phase == "main":
            first[shown.stimulus] = position
        elif shown.phase == "retest":
            distance = min(distance, position - first[shown.stimulus] - 1)
    return Spacing(gap, distance)


def _group(stimuli: Sequence[Stimulus], retest: Sequence[int]) -> _Contents:
    versions: dict[tuple[str, str], list[int]] = {}
    for stimulus in stimuli:
        versions.setdefault(stimulus.image, []).append(stimulus.id)
    again = set(retest)
    return [(ids, [one for one in ids if one in again]) for ids in versions.values()]


def _order_block(stimuli: Sequence[Stimulus], study: Study, rng: Rng) -> list[Presentation]:
    """Order main and retest presentations of stimuli that are mixed with each other."""
    contents = _group(stimuli, study.retest)
    showings = [len(versions) + len(repeated) for versions, repeated in contents]
    # A greater distance would leave too little randomness.
    distance = min(study.design.repeat_distance, max(len(stimuli) // 2, 1))
    while True:
        for _ in range(_ATTEMPTS):
            filled = _fill(_arrange(showings, study.design.gap, (), rng), contents, distance, rng)
            if filled is not None:
                return filled
        distance = distance * 9 // 10  # ends at 0, which every order keeps


def _warm_up(study: Study, stimuli: Sequence[Stimulus], rated: Sequence[Presentation], rng: Rng) -> list[Presentation]:
    """Order the warm-up from the last to the first, so that it keeps the gap to what follows."""
    if not study.design.warm_up:
        return []
    contents = _group(stimuli, ())
    places = {version: place for place, (versions, _) in enumerate(contents) for version in versions}
    following = [places[shown.stimulus] for shown in rated[: study.design.gap] if shown.stimulus in places]
    order = _arrange([len(versions) for versions, _ in contents], study.design.gap, following[::-1], rng)
    filled = _fill(order, contents, 0, rng) or []  # without repeats, every order can be filled
    return [Presentation("warm-up", shown.stimulus) for shown in filled[: study.design.warm_up][::-1]]


def _arrange(showings: Sequence[int], gap: int, before: Sequence[int], rng: Rng) -> list[int]:
    """Return indices of contents in random order, none of them again within the gap.

    Args:
        showings: number of presentations of each content.
        gap: least number of others between two of one content; it is reduced if that is impossible.
        before: contents that were shown just before.
        rng: random number generator.
    """
    most = max(showings)
    if most > 1:  # the contents shown most often need this much room
        gap = min(gap, (sum(showings) - showings.count(most)) // (most - 1) - 1)
    while True:
        for attempt in range(1, _ATTEMPTS + 1):
            order = _draw(showings, gap, before, rng, careful=attempt == _ATTEMPTS)
            if order is not None:
                return order
        gap -= 1  # ends at 0, which every order keeps


def _draw(showings: Sequence[int], gap: int, before: Sequence[int], rng: Rng, *, careful: bool) -> list[int] | None:
    """Draw an order from its beginning; None if at some point nothing can follow.

    The probability of a content is proportional to the number of presentations left. One that would otherwise be left
    over at the end comes first, and always does if the draw is careful, which is the surest way and the least random.
    """
    left, order = list(showings), list(before)
    for remaining in range(sum(left), 0, -1):
        recent = order[-gap:] if gap else ()
        most = max(left)
        urgent = careful or (most - 1) * (gap + 1) + left.count(most) >= remaining
        free = [place for place, count in enumerate(left) if count and place not in recent]
        if urgent:
            most = max((left[place] for place in free), default=0) if careful else most
            free = [place for place in free if left[place] == most]
        if not free:
            return None
        place = rng.choose(free, [left[place] for place in free])
        order.append(place)
        left[place] -= 1
    return order[len(before) :]


def _fill(order: Sequence[int], contents: _Contents, distance: int, rng: Rng) -> list[Presentation] | None:
    """Replace contents by their versions; None if the two presentations of a repeated one would be too near."""
    positions: dict[int, list[int]] = {}
    for position, place in enumerate(order):
        positions.setdefault(place, []).append(position)
    filled: dict[int, Presentation] = {}
    for place, (versions, repeated) in enumerate(contents):
        pairs = _pairs(positions[place], len(repeated), distance, rng)
        if pairs is None:
            return None
        for version, (first, second) in zip(rng.shuffle(repeated), pairs, strict=True):
            filled[first], filled[second] = Presentation("main", version), Presentation("retest", version)
        others = [version for version in versions if version not in repeated]
        rest = [position for position in positions[place] if position not in filled]
        for position, version in zip(rest, rng.shuffle(others), strict=True):
            filled[position] = Presentation("main", version)
    return [filled[position] for position in range(len(order))]


def _pairs(positions: Sequence[int], count: int, distance: int, rng: Rng) -> list[tuple[int, int]] | None:
    """Return disjoint pairs of positions, earlier and later, with more than `distance` between them."""
    if not count:
        return []
    for _ in range(_ATTEMPTS):
        mixed = rng.shuffle(positions)[: 2 * count]
        pairs = [(min(pair), max(pair)) for pair in zip(mixed[::2], mixed[1::2], strict=True)]
        if all(later - earlier > distance for earlier, later in pairs):
            return pairs
    widest = list(zip(positions[:count], positions[-count:], strict=True))
    return widest if all(later - earlier > distance for earlier, later in widest) else None
