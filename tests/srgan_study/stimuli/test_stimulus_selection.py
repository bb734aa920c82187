"""What of the pictures is rated: by name, by number, and as the paper's raters saw it."""

from pathlib import Path

import pytest

from srgan.errors import UsageError
from srgan_study.stimuli.sources import Sources
from srgan_study.stimuli.stimulus_selection import PAPER_VERSIONS, Wanted, as_in_paper, choose, uncovered
from srgan_study.study import StudyMethod

SETS = {"Set5": 5, "Set14": 14, "BSD100": 100}


def found(*methods: str, sets: dict[str, int] = SETS, only: dict[str, str] | None = None) -> Sources:
    """Files that nobody opens."""
    contents = {data: tuple(f"{number}" for number in range(count)) for data, count in sets.items()}
    files = {
        (method, data, content): Path(method, data, f"{content}.png")
        for method in methods
        for data in contents
        if (only or {}).get(method, data) == data
        for content in contents[data]
    }
    return Sources(tuple(StudyMethod(name, "", name == "HR") for name in methods), contents, files)


def counts(sources: Sources) -> dict[str, int]:
    return {data: sum(version.data == data for version in sources.versions) for data in sources.sets}


def test_the_papers_design_whole() -> None:
    there = dict(sorted({"mine": 2, **SETS}.items()))
    paper, lines = as_in_paper(choose(found(*reversed(PAPER_VERSIONS), sets=there), Wanted()))
    assert list(paper.sets) == [*SETS, "mine"]
    paper, lines = as_in_paper(choose(found(*reversed(PAPER_VERSIONS)), Wanted()))
    assert tuple(method.name for method in paper.methods) == PAPER_VERSIONS
    assert counts(paper) == {"Set5": 60, "Set14": 168, "BSD100": 900}
    assert sum(counts(paper).values()) == 1128
    assert lines == ()
    off = {"SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22"}
    assert {method for method in PAPER_VERSIONS if not paper.covers(method, "BSD100")} == off


def test_our_models_stand_for_the_papers() -> None:
    names = ("nearest", "bicubic", "srcnn", "srresnet", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan")
    paper, lines = as_in_paper(choose(found("HR", "lanczos", *reversed(names)), Wanted()))
    assert tuple(method.name for method in paper.methods) == (*names, "lanczos", "HR")
    assert counts(paper) == {"Set5": 50, "Set14": 140, "BSD100": 700}
    assert lines == ("not here, of the paper's 12 versions: SelfExSR, DRCN, ESPCN", "not in the paper: lanczos")


def test_what_is_missing_of_the_papers_design() -> None:
    some = found("nearest", "SRGAN-VGG54", "srresnet", "SRResNet-MSE", sets={"Set5": 5, "dogs": 2})
    paper, lines = as_in_paper(choose(some, Wanted()))
    assert [method.name for method in paper.methods] == ["nearest", "srresnet", "SRResNet-MSE", "SRGAN-VGG54"]
    assert lines == (
        "not here, of the paper's 12 versions: bicubic, SRCNN, SelfExSR, DRCN, ESPCN, SRResNet-VGG22, SRGAN-MSE, "
        "SRGAN-VGG22, HR",
        "not here, of the paper's sets: Set14, BSD100",
    )


def test_a_set_on_which_nothing_would_be_left_to_compare() -> None:
    few = choose(found("nearest", "srgan-mse"), Wanted())
    with pytest.raises(UsageError, match=r"there is only nearest to be rated on BSD100: name another method, or leave"):
        as_in_paper(few)


def test_by_name() -> None:
    chosen = choose(found("nearest", "bicubic", "own", "HR"), Wanted(["own", "nearest"], ["Set14"]))
    assert [method.name for method in chosen.methods] == ["nearest", "own", "HR"]
    assert counts(chosen) == {"Set14": 42}
    chosen = choose(found("nearest", "bicubic", "own", "HR"), Wanted(["own", "nearest", "HR"], reference=False))
    assert [method.name for method in chosen.methods] == ["nearest", "own"]


def test_by_number() -> None:
    some = found("nearest", "HR")
    one, again, other = (choose(some, Wanted(images=10, seed=seed)).sets for seed in (0, 0, 1))
    assert {data: len(contents) for data, contents in one.items()} == {"Set5": 5, "Set14": 10, "BSD100": 10}
    assert one == again != other
    assert all(list(contents) == sorted(contents, key=int) for contents in one.values())
    assert one["BSD100"] != some.sets["BSD100"][:10]


def test_a_method_that_lacks_a_set() -> None:
    some = found("nearest", "own", "HR", "rest", only={"own": "Set5", "rest": "BSD100"})
    chosen = choose(some, Wanted(sets=["Set5", "Set14"]))
    assert [method.name for method in chosen.methods] == ["nearest", "own", "HR"]
    assert uncovered(chosen) == ("own is not rated on Set14",)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(["own", "none"]), r"there is no method none among the pictures: choose of nearest, own, HR"),
        (Wanted(sets=["Set6"]), r"there is no set Set6 among the pictures: choose of Set5, Set14, BSD100"),
        (Wanted(images=0), r"--images is 0: give a number of at least 1"),
        (Wanted(["own"], reference=False), r"there is only own to be rated on Set5"),
        (Wanted(["HR"]), r"there is only HR to be rated on Set5"),
    ],
)
def test_what_cannot_be_chosen(wanted: Wanted, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(found("nearest", "own", "HR"), wanted)
