"""The order in which a rater sees a study: by chance, another for every rater, and always the same for one.

It follows from the study's hash and the rater's code alone, not from who came first. Between two versions of one
picture lie some of others, so that nobody compares them, and much lies between the two showings of what is rated
twice. This module does not know how an order is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from srgan_study.server.rng import Chance
from srgan_study.study import Stimulus, Study
from srgan_study.votes.ratings import Phase

_ATTEMPTS = 50  # of an order by chance, before less of what is asked for is kept


@dataclass(frozen=True)
class Presentation:
    """A version that a rater is to see, at its place in the rater's order."""

    phase: Phase
    stimulus: int
    """The id in the study: in its list of practice for practice, in that of stimuli for all else."""


@dataclass(frozen=True)
class Spacing:
    """What an order keeps of what the design asks for; never more than that."""

    gap: int
    repeat_distance: int


@dataclass(frozen=True)
class _Content:
    """A picture with the versions that one part of an order is to show."""

    versions: tuple[int, ...]
    repeated: tuple[int, ...]

    @property
    def showings(self) -> int:
        return len(self.versions) + len(self.repeated)


def presentations(study: Study, rater: str) -> tuple[Presentation, ...]:
    """All that a rater will see: practice, then warm-up, then all else, mixed.

    Where a study has too few pictures for the gap or the distance of its design, as much of them is kept as can be.

    Args:
        study: as it was frozen.
        rater: a code.
    """
    chance = Chance(study.hash, rater)
    practice = [Presentation("practice", stimulus.id) for stimulus in chance.mixed(study.practice)]
    blocks = [study.stimuli]
    if study.design.blocked:
        blocks = [tuple(each for each in study.stimuli if each.data == data) for data in chance.mixed(study.sets)]
    rated: list[Presentation] = []
    for block in blocks:
        rated += _block(block, study, chance)
    return (*practice, *_warm_up(study, blocks[0], rated, chance), *rated)


def spacing(study: Study, order: Sequence[Presentation]) -> Spacing:
    """What an order keeps, at its narrowest."""
    gap, distance = study.design.gap, study.design.repeat_distance
    last: dict[tuple[str, str], int] = {}
    first: dict[int, int] = {}
    for position, shown in enumerate(shown for shown in order if shown.phase != "practice"):
        content = _name(study.stimuli[shown.stimulus])
        if content in last:
            gap = min(gap, position - last[content] - 1)
        last[content] = position
        if shown.phase == "main":
            first[shown.stimulus] = position
        elif shown.phase == "retest":
            distance = min(distance, position - first[shown.stimulus] - 1)
    return Spacing(gap, distance)


def narrowest(study: Study, raters: Sequence[str]) -> Spacing:
    """What the orders of all these raters keep."""
    kept = [spacing(study, presentations(study, rater)) for rater in raters]
    return Spacing(min(one.gap for one in kept), min(one.repeat_distance for one in kept))


def _name(stimulus: Stimulus) -> tuple[str, str]:
    return stimulus.data, stimulus.content


def _contents(stimuli: Sequence[Stimulus], retest: Sequence[int]) -> list[_Content]:
    """The pictures of these stimuli."""
    versions: dict[tuple[str, str], list[int]] = {}
    for stimulus in stimuli:
        versions.setdefault(_name(stimulus), []).append(stimulus.id)
    again = set(retest)
    return [_Content(tuple(ids), tuple(one for one in ids if one in again)) for ids in versions.values()]


def _block(stimuli: Sequence[Stimulus], study: Study, chance: Chance) -> list[Presentation]:
    """Main and retest of stimuli that are mixed with each other."""
    contents = _contents(stimuli, study.retest)
    showings = [content.showings for content in contents]
    repeated = sum(len(content.repeated) for content in contents)
    # More would leave chance too little room.
    distance = min(study.design.repeat_distance, max((sum(showings) - repeated) // 2, 1))
    while True:
        for _ in range(_ATTEMPTS):
            order = _arranged(showings, study.design.gap, (), chance)
            filled = _filled(order, contents, distance, chance)
            if filled is not None:
                return filled
        distance = distance * 9 // 10  # ends at 0, which every order keeps


def _warm_up(
    study: Study, stimuli: Sequence[Stimulus], rated: Sequence[Presentation], chance: Chance
) -> list[Presentation]:
    """Versions to begin with: found from the last to the first, so that the gap is kept to what follows."""
    wanted = study.design.warm_up
    if not wanted:
        return []
    contents = _contents(stimuli, ())
    places = {version: place for place, content in enumerate(contents) for version in content.versions}
    following = [places[shown.stimulus] for shown in rated[: study.design.gap] if shown.stimulus in places]
    order = _arranged([content.showings for content in contents], study.design.gap, following[::-1], chance)
    filled = _filled(order, contents, 0, chance)
    assert filled is not None
    return [Presentation("warm-up", shown.stimulus) for shown in filled[:wanted][::-1]]


def _arranged(showings: Sequence[int], gap: int, before: Sequence[int], chance: Chance) -> list[int]:
    """Places of contents in an order by chance, each as often as it is shown, and none again within the gap.

    Args:
        showings: of each content.
        gap: what lies between, at least; less, if that cannot be.
        before: what was shown just before.
        chance: draws.
    """
    most = max(showings)
    if most > 1:  # those shown most often need this much room
        gap = min(gap, (sum(showings) - showings.count(most)) // (most - 1) - 1)
    while True:
        for attempt in range(1, _ATTEMPTS + 1):
            order = _drawn(showings, gap, before, chance, careful=attempt == _ATTEMPTS)
            if order is not None:
                return order
        gap -= 1  # ends at 0, which every order keeps


def _drawn(
    showings: Sequence[int], gap: int, before: Sequence[int], chance: Chance, *, careful: bool
) -> list[int] | None:
    """An order drawn from its beginning; None if that came to where nothing could follow.

    A content is as likely as it has showings left. One that would otherwise be left over at the end comes first, and
    always does if the draw is careful: of all ways that one is the surest, and the least by chance.
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
        place = chance.weighted(free, [left[place] for place in free])
        order.append(place)
        left[place] -= 1
    return order[len(before) :]


def _filled(
    order: Sequence[int], contents: Sequence[_Content], distance: int, chance: Chance
) -> list[Presentation] | None:
    """The order with versions in the place of contents; None if the two of a repeated one would be too near."""
    positions: dict[int, list[int]] = {}
    for position, place in enumerate(order):
        positions.setdefault(place, []).append(position)
    filled: dict[int, Presentation] = {}
    for place, content in enumerate(contents):
        pairs = _pairs(positions[place], len(content.repeated), distance, chance)
        if pairs is None:
            return None
        taken = {position for pair in pairs for position in pair}
        for version, (first, second) in zip(chance.mixed(content.repeated), pairs, strict=True):
            filled[first], filled[second] = Presentation("main", version), Presentation("retest", version)
        others = [version for version in content.versions if version not in content.repeated]
        rest = [position for position in positions[place] if position not in taken]
        for position, version in zip(rest, chance.mixed(others), strict=True):
            filled[position] = Presentation("main", version)
    return [filled[position] for position in range(len(order))]


def _pairs(positions: Sequence[int], count: int, distance: int, chance: Chance) -> list[tuple[int, int]] | None:
    """Pairs of positions, earlier and later, with at least this many between them, and none in two pairs."""
    if not count:
        return []
    for _ in range(_ATTEMPTS):
        mixed = chance.mixed(positions)[: 2 * count]
        pairs = [(min(pair), max(pair)) for pair in zip(mixed[::2], mixed[1::2], strict=True)]
        if all(later - earlier > distance for earlier, later in pairs):
            return pairs
    widest = list(zip(positions[:count], positions[-count:], strict=True))
    return widest if all(later - earlier > distance for earlier, later in widest) else None
