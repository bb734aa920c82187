"""Which of the pictures that were found a study asks about: by method, by set, by number, and as in the paper."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from srgan.errors import UsageError
from srgan.paper.published import MODELS, TWINS
from srgan_study.server.rng import Rng
from srgan_study.stimuli.sources import Sources

PAPER_VERSIONS = (
    *("nearest", "bicubic", "SRCNN", "SelfExSR", "DRCN", "ESPCN"),
    *("SRResNet-MSE", "SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22", "SRGAN-VGG54", "HR"),
)
"""What the paper's raters saw of every picture of Set5 and Set14, as its two tables call it."""

PAPER_SETS = ("Set5", "Set14", "BSD100")

_NOT_ON = {"bsd100": ("SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22")}
"""What they did not see of a set."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for of all that was found."""

    methods: Sequence[str] = ()
    """By name; without any, all. The true pictures need no naming."""
    sets: Sequence[str] = ()
    """By name; without any, all."""
    images: int | None = None
    """Pictures of each set, chosen by chance; None for all."""
    reference: bool = True
    """Whether the true pictures are rated too, unmarked."""
    seed: int = 0


def choose(found: Sources, wanted: Wanted) -> Sources:
    """What is asked for.

    Raises:
        UsageError: if something is not there, or there would be nothing to compare.
    """
    _check_named(wanted.methods, [method.name for method in found.methods], "method")
    _check_named(wanted.sets, found.sets, "set")
    if wanted.images is not None and wanted.images < 1:
        raise UsageError(f"--images is {wanted.images}: give a number of at least 1")
    methods = tuple(
        method
        for method in found.methods
        if (wanted.reference if method.reference else not wanted.methods or method.name in wanted.methods)
    )
    sets = {
        data: tuple(Rng(str(wanted.seed), "images", data).sample(contents, wanted.images or len(contents)))
        for data, contents in found.sets.items()
        if data in (wanted.sets or found.sets)
    }
    chosen = replace(found, methods=methods, sets=sets)
    return _checked(chosen)


def _check_named(names: Collection[str], known: Collection[str], noun: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"there is no {noun} {name} among the pictures: choose of {', '.join(known)}")


def _checked(chosen: Sources) -> Sources:
    for data in chosen.sets:
        judged = [method.name for method in chosen.methods if chosen.covers(method.name, data)]
        if len(judged) < 2:
            only = f"only {judged[0]}" if judged else "no method"
            raise UsageError(f"there is {only} to be rated on {data}: name another method, or leave the set out")
    used = tuple(method for method in chosen.methods if any(chosen.covers(method.name, data) for data in chosen.sets))
    return replace(chosen, methods=used)


def as_in_paper(chosen: Sources) -> tuple[Sources, tuple[str, ...]]:
    """Methods and sets in the paper's order, some methods off a set as there; and what differs, in lines.

    Methods that the paper does not have come after those that it has, and the true pictures last.
    """
    names = [method.name for method in chosen.methods if not method.reference]
    places = {name: place for place, version in enumerate(PAPER_VERSIONS) for name in _names(version) if name in names}
    methods = sorted(
        chosen.methods, key=lambda method: (method.reference, places.get(method.name, len(PAPER_VERSIONS)))
    )
    left_off = {
        (name, data)
        for data in chosen.sets
        for version in _NOT_ON.get(data.lower(), ())
        for name in (version, MODELS[version])
    }
    sets = sorted(chosen.sets, key=lambda data: PAPER_SETS.index(data) if data in PAPER_SETS else len(PAPER_SETS))
    files = {key: file for key, file in chosen.files.items() if key[:2] not in left_off}
    paper = _checked(
        replace(chosen, methods=tuple(methods), sets={data: chosen.sets[data] for data in sets}, files=files)
    )
    there = {PAPER_VERSIONS[place] for place in places.values()} | ({"HR"} if _has_reference(paper) else set())
    missing = [version for version in PAPER_VERSIONS if version not in there]
    more = [name for name in names if name not in places]
    lines = {
        f"not here, of the paper's {len(PAPER_VERSIONS)} versions": missing,
        "not here, of the paper's sets": [data for data in PAPER_SETS if data not in paper.sets],
        "not in the paper": more,
    }
    return paper, tuple(f"{what}: {', '.join(names)}" for what, names in lines.items() if names)


def _names(version: str) -> list[str]:
    """What a version of the paper's may be called: as in either table, or as the model of ours that stands for it."""
    rows = [version, *([TWINS[version]] if version in TWINS else [])]
    return [*rows, *(MODELS[row] for row in rows if row in MODELS)]


def _has_reference(chosen: Sources) -> bool:
    return any(method.reference for method in chosen.methods)


def uncovered(chosen: Sources) -> tuple[str, ...]:
    """What is not rated everywhere, in lines."""
    return tuple(
        f"{method.name} is not rated on {', '.join(off)}"
        for method in chosen.methods
        if (off := [data for data in chosen.sets if not chosen.covers(method.name, data)])
    )
