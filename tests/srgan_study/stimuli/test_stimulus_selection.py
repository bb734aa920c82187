"""Selection of a study's images: by name, by number, and as in the paper."""

from pathlib import Path
from typing import Any

import pytest

from srgan.errors import UsageError
from srgan_study.stimuli.sources import Sources
from srgan_study.stimuli.stimulus_selection import PAPER_VERSIONS, StimulusSelection, select
from srgan_study.study import StudyMethod

SETS = {"Set5": 5, "Set14": 14, "BSD100": 100}


def sources(*methods: str, sets: dict[str, int] = SETS, only: dict[str, str] | None = None) -> Sources:
    """Return files that are never opened; `only` names the single dataset of some methods."""
    contents = {data: tuple(f"{number}" for number in range(count)) for data, count in sets.items()}
    files = {
        (method, data, content): Path(method, data, f"{content}.png")
        for method in methods
        for data in contents
        if (only or {}).get(method, data) == data
        for content in contents[data]
    }
    return Sources(tuple(StudyMethod(name, "", name == "HR") for name in methods), contents, files)


def selected(
    found: Sources, methods: Any = (), sets: Any = (), **more: Any
) -> tuple[list[str], dict[str, int], tuple[str, ...]]:
    """Return methods, number of versions by dataset, and notes."""
    chosen, notes = select(found, StimulusSelection(methods, sets, **more))
    counts = {data: sum(version.data == data for version in chosen.versions) for data in chosen.sets}
    return [method.name for method in chosen.methods], counts, notes


def test_the_papers_design_complete() -> None:
    shuffled = sources(*reversed(PAPER_VERSIONS), sets=dict(sorted({"mine": 2, **SETS}.items())))
    chosen, notes = select(shuffled, StimulusSelection(as_in_paper=True))
    assert (list(chosen.sets), notes) == ([*SETS, "mine"], ())
    off = {method for method in PAPER_VERSIONS if not chosen.covers(method, "BSD100")}
    assert off == {"SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22"}
    names, counts, _ = selected(sources(*reversed(PAPER_VERSIONS)), as_in_paper=True)
    assert tuple(names) == PAPER_VERSIONS
    assert counts == {"Set5": 60, "Set14": 168, "BSD100": 900}  # 1,128 ratings


def test_our_models_stand_for_the_papers() -> None:
    names = ("nearest", "bicubic", "srcnn", "srresnet", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan")
    found, counts, notes = selected(sources("HR", "lanczos", *reversed(names)), as_in_paper=True)
    assert found == [*names, "lanczos", "HR"]
    assert counts == {"Set5": 50, "Set14": 140, "BSD100": 700}
    assert notes == ("not here, of the paper's 12 versions: SelfExSR, DRCN, ESPCN", "not in the paper: lanczos")


def test_what_is_missing_of_the_paper() -> None:
    some = sources("nearest", "SRGAN-VGG54", "srresnet", "SRResNet-MSE", sets={"Set5": 5, "dogs": 2})
    names, _, notes = selected(some, as_in_paper=True)
    assert names == ["nearest", "srresnet", "SRResNet-MSE", "SRGAN-VGG54"]
    assert notes[1:] == (
        "not here, of the paper's 12 versions: bicubic, SRCNN, SelfExSR, DRCN, ESPCN, SRResNet-VGG22, SRGAN-MSE, "
        "SRGAN-VGG22, HR",
        "not here, of the paper's sets: Set14, BSD100",
    )


def test_by_name() -> None:
    some = sources("nearest", "bicubic", "own", "HR")
    names, counts, _ = selected(some, ["own", "nearest"], ["Set14"])
    assert (names, counts) == (["nearest", "own", "HR"], {"Set14": 42})
    assert selected(some, ["own", "nearest", "HR"], reference=False)[0] == ["nearest", "own"]


def test_by_number() -> None:
    some = sources("nearest", "HR")
    one, again, other = (select(some, StimulusSelection(images=10, seed=seed))[0].sets for seed in (0, 0, 1))
    assert {data: len(contents) for data, contents in one.items()} == {"Set5": 5, "Set14": 10, "BSD100": 10}
    assert one == again != other
    assert all(list(contents) == sorted(contents, key=int) for contents in one.values())


def test_a_method_that_lacks_a_set() -> None:
    some = sources("nearest", "own", "HR", "rest", only={"own": "Set5", "rest": "BSD100"})
    names, _, notes = selected(some, sets=["Set5", "Set14"])
    assert names == ["nearest", "own", "HR"]
    assert notes == ("own is not rated on Set14",)


@pytest.mark.parametrize(
    "selection",
    [
        StimulusSelection(["own", "none"]),
        StimulusSelection(sets=["Set6"]),
        StimulusSelection(images=0),
        StimulusSelection(["own"], reference=False),
        StimulusSelection(["HR"]),
        StimulusSelection(["nearest", "srgan-mse"], reference=False, as_in_paper=True),  # one is left on BSD100
    ],
)
def test_a_selection_that_is_impossible(selection: StimulusSelection) -> None:
    with pytest.raises(UsageError):
        select(sources("nearest", "own", "srgan-mse", "HR"), selection)
