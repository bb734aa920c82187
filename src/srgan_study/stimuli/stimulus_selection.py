"""Selection of a study's images: by method, dataset and number, and as in the paper."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from srgan.errors import UsageError
from srgan.paper import MODELS, TWINS
from srgan_study.server.rng import Rng
from srgan_study.stimuli.sources import Sources

PAPER_VERSIONS = (
    *("nearest", "bicubic", "SRCNN", "SelfExSR", "DRCN", "ESPCN"),
    *("SRResNet-MSE", "SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22", "SRGAN-VGG54", "HR"),
)
"""Versions of Set5 and Set14 that the paper's raters saw, named as in its two tables."""

PAPER_SETS = ("Set5", "Set14", "BSD100")

_NOT_ON = {"bsd100": ("SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22")}
"""Versions that they did not see of a dataset."""


@dataclass(frozen=True)
class StimulusSelection:
    """What to rate of the images that were found."""

    methods: Sequence[str] = ()  # names of methods; none for all. The originals need not be named.
    sets: Sequence[str] = ()  # names of datasets; none for all
    images: int | None = None  # number of random images of each dataset; None for all
    reference: bool = True  # whether the originals are rated too, unmarked
    seed: int = 0
    as_in_paper: bool = False
    """Whether methods and datasets come in the paper's order, and some methods not on BSD100."""


def select(sources: Sources, selection: StimulusSelection) -> tuple[Sources, tuple[str, ...]]:
    """Select images.

    Returns:
        The selection, and notes on what is missing or differs from the paper, in lines.

    Raises:
        UsageError: if a method or dataset does not exist, or there would be nothing to compare.
    """
    _check_named(selection.methods, [method.name for method in sources.methods], "method")
    _check_named(selection.sets, sources.sets, "set")
    if selection.images is not None and selection.images < 1:
        raise UsageError(f"images must be at least 1, not {selection.images}", parameter="images")
    methods = tuple(
        method
        for method in sources.methods
        if (selection.reference if method.reference else not selection.methods or method.name in selection.methods)
    )
    sets = {
        data: tuple(Rng(str(selection.seed), "images", data).sample(contents, selection.images or len(contents)))
        for data, contents in sources.sets.items()
        if data in (selection.sets or sources.sets)
    }
    chosen = _drop_unused(replace(sources, methods=methods, sets=sets))
    notes = [
        f"{method.name} is not rated on {', '.join(off)}"
        for method in chosen.methods
        if (off := [data for data in chosen.sets if not chosen.covers(method.name, data)])
    ]
    if selection.reference and not any(method.reference for method in chosen.methods):
        notes.append("the true pictures are not rated: add HR=FOLDER to have scores relative to them")
    if selection.as_in_paper:
        chosen, differences = _arrange_as_in_paper(chosen)
        notes += differences
    return chosen, tuple(notes)


def _check_named(names: Collection[str], known: Collection[str], noun: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"there is no {noun} {name} among the pictures: choose of {', '.join(known)}")


def _drop_unused(chosen: Sources) -> Sources:
    """Drop methods without images, and refuse datasets with less than two methods."""
    rated = {data: [each.name for each in chosen.methods if chosen.covers(each.name, data)] for data in chosen.sets}
    for data, names in rated.items():
        if len(names) < 2:
            only = f"only {names[0]}" if names else "no method"
            raise UsageError(f"there is {only} to be rated on {data}: name another method, or leave the set out")
    used = tuple(method for method in chosen.methods if any(method.name in names for names in rated.values()))
    return replace(chosen, methods=used)


def _arrange_as_in_paper(chosen: Sources) -> tuple[Sources, list[str]]:
    """Return methods and datasets in the paper's order, with other methods after them, and the differences in lines."""
    names = [method.name for method in chosen.methods if not method.reference]
    places = {
        name: place for place, version in enumerate(PAPER_VERSIONS) for name in _list_names(version) if name in names
    }
    methods = sorted(
        chosen.methods, key=lambda method: (method.reference, places.get(method.name, len(PAPER_VERSIONS)))
    )
    left_out = {
        (name, data)
        for data in chosen.sets
        for version in _NOT_ON.get(data.lower(), ())
        for name in (version, MODELS[version])
    }
    sets = sorted(chosen.sets, key=lambda data: PAPER_SETS.index(data) if data in PAPER_SETS else len(PAPER_SETS))
    files = {key: file for key, file in chosen.files.items() if key[:2] not in left_out}
    paper = _drop_unused(Sources(tuple(methods), {data: chosen.sets[data] for data in sets}, files))
    there = {PAPER_VERSIONS[place] for place in places.values()}
    there |= {"HR"} if any(method.reference for method in paper.methods) else set()
    lines = {
        f"not here, of the paper's {len(PAPER_VERSIONS)} versions": [v for v in PAPER_VERSIONS if v not in there],
        "not here, of the paper's sets": [data for data in PAPER_SETS if data not in paper.sets],
        "not in the paper": [name for name in names if name not in places],
    }
    return paper, [f"{what}: {', '.join(names)}" for what, names in lines.items() if names]


def _list_names(version: str) -> list[str]:
    """Return the names of a version in the paper's tables, and of our model that stands for it."""
    rows = [version, *([TWINS[version]] if version in TWINS else [])]
    return [*rows, *(MODELS[row] for row in rows if row in MODELS)]
