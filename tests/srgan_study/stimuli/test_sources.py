"""Images of evaluations and of folders, found by name; what is missing or ambiguous is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from srgan.errors import DataError, UsageError
from srgan.evaluation.outputs import read_results
from srgan.evaluation.results import MethodInfo, Results, Row
from srgan_study.stimuli.sources import ImageVersion, find_sources
from tests.helpers.bucket import NAME, bucket, put
from tests.helpers.studies_made_up import make_folders, save, true_picture, version_of

SETS = {"SetA": 2, "SetB": 1}
LADDER = ("nearest", "bicubic", "own", "HR")


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    """An evaluation of two methods on two sets."""
    return evaluate(tmp_path / "evaluation", ("nearest", "bicubic"))


def evaluate(folder: Path, methods: tuple[str, ...], sets: dict[str, int] = SETS, *, reference: str = "") -> Path:
    """Make the folder that `srgan evaluate` leaves of these methods, on images `a`, `b` and so on."""
    names = {data: tuple("abcdefgh"[:count]) for data, count in sets.items()}
    kinds = dict.fromkeys(methods, "folder") | ({reference: "reference"} if reference else {})
    rows = []
    for data, content in ((data, content) for data, contents in names.items() for content in contents):
        save(folder / "reference" / data / f"{content}.png", true_picture(f"{data} {content}"))
        for method in kinds:
            path = f"pictures/{method}/{data}/{content}.png"
            version = true_picture("t") if method == "true" else version_of(f"{data} {content}", method, LADDER)
            save(folder / path, version)
            rows.append(Row(method, data, content, None, path, {}))
    infos = tuple(MethodInfo(name, kind, "", f"what {name} is") for name, kind in kinds.items())
    (folder / "results.json").write_text(Results("1", infos, names, tuple(rows)).to_json())
    return folder


def test_an_evaluation(evaluation: Path) -> None:
    found = find_sources([str(evaluation)])
    assert [(method.name, method.note, method.reference) for method in found.methods] == [
        ("nearest", "what nearest is", False),
        ("bicubic", "what bicubic is", False),
        ("HR", "the true pictures", True),
    ]
    assert found.sets == {"SetA": ("a", "b"), "SetB": ("a",)}
    assert [(version.label, version.file.relative_to(evaluation)) for version in found.versions][:4] == [
        ("SetA/a by nearest", Path("pictures/nearest/SetA/a.png")),
        ("SetA/a by bicubic", Path("pictures/bicubic/SetA/a.png")),
        ("SetA/a by HR", Path("reference/SetA/a.png")),
        ("SetA/b by nearest", Path("pictures/nearest/SetA/b.png")),
    ]
    assert len(list(found.versions)) == 9


def test_damaged_inputs_are_sets_of_their_own(tmp_path: Path) -> None:
    folder = evaluate(tmp_path / "e", ("nearest", "bicubic"), {"SetA": 1, "SetA+jpeg75": 1})
    results = read_results(folder)
    (folder / "results.json").write_text(replace(results, inputs={"SetA+jpeg75": "jpeg:75"}).to_json())
    flat = save(tmp_path / "own" / "a.png", true_picture("SetA a"))
    found = find_sources([str(folder), f"own={flat.parent}"])
    assert found.covers("own", "SetA")
    assert not found.covers("own", "SetA+jpeg75")  # it may have been made from other small images
    assert found.covers("HR", "SetA+jpeg75")
    save(tmp_path / "own" / "SetA+jpeg75" / "a.png", true_picture("SetA a"))
    assert find_sources([str(folder), f"own={flat.parent}"]).covers("own", "SetA+jpeg75")


def test_originals_that_were_evaluated_too_are_not_there_twice(tmp_path: Path) -> None:
    found = find_sources([str(evaluate(tmp_path / "e", ("nearest",), reference="HR"))])
    assert [(method.name, method.reference) for method in found.methods] == [("nearest", False), ("HR", True)]


def test_folders_beside_an_evaluation(evaluation: Path, tmp_path: Path) -> None:
    made = make_folders(tmp_path / "made", {"SetA": 2, "Other": 1}, ("own",))[0]
    found = find_sources([str(evaluation), made])
    assert [method.name for method in found.methods] == ["nearest", "bicubic", "HR", "own"]
    assert [found.covers("own", data) for data in found.sets] == [True, False]
    assert ImageVersion("SetA", "b", "own", tmp_path / "made/own/SetA/b.png") in list(found.versions)


def test_folders_alone(tmp_path: Path) -> None:
    found = find_sources(make_folders(tmp_path, SETS, ("own", "HR")))
    assert [(method.name, method.reference) for method in found.methods] == [("own", False), ("HR", True)]
    assert found.sets == {"SetA": ("a", "b"), "SetB": ("a",)}
    assert found.methods[0].note == "pictures of own"


@pytest.mark.parametrize("second", ["theirs", "HR"])
def test_folders_without_sets(tmp_path: Path, second: str) -> None:
    """The images are those of the first folder, or of the originals if they are there."""
    for method, names in (("mine", ("x", "y")), (second, ("x", "y", "z") if second != "HR" else ("x",))):
        for name in names:
            save(tmp_path / method / f"{name}.png", true_picture(name))
    found = find_sources([f"{method}={tmp_path / method}" for method in ("mine", second)])
    assert found.sets == {"pictures": ("x", "y") if second != "HR" else ("x",)}
    assert [method.reference for method in found.methods] == [False, second == "HR"]


def test_two_evaluations_of_the_same_sets(evaluation: Path, tmp_path: Path) -> None:
    """What both have is the same to the byte, or at least to the pixel."""
    other = evaluate(tmp_path / "other", ("bicubic", "own"))
    save(other / "pictures/bicubic/SetA/a.png", version_of("SetA a", "bicubic", LADDER), compress_level=1)
    found = find_sources([str(evaluation), str(other)])
    assert [method.name for method in found.methods] == ["nearest", "bicubic", "HR", "own"]
    assert found.files["bicubic", "SetA", "a"] == evaluation / "pictures/bicubic/SetA/a.png"
    save(other / "pictures/bicubic/SetB/a.png", true_picture("another"))
    with pytest.raises(UsageError):
        find_sources([str(evaluation), str(other)])


def test_two_evaluations_of_different_sets(tmp_path: Path) -> None:
    parts = [evaluate(tmp_path / data, ("nearest",), {data: 2}) for data in ("SetA", "SetB")]
    found = find_sources([str(part) for part in parts])
    assert found.sets == {"SetA": ("a", "b"), "SetB": ("a", "b")}
    assert all(found.covers("nearest", data) for data in found.sets)


def _without(folder: Path, words: list[str], path: str) -> list[str]:
    (folder / path).unlink()
    return words


def _flat(folder: Path, name: str, file: str) -> str:
    return f"{name}={save(folder / file, true_picture('a')).parent}"


def _two(folder: Path, **second: object) -> list[str]:
    evaluations = evaluate(folder / "one", ("nearest",)), evaluate(folder / "other", ("bicubic",), **second)  # type: ignore[arg-type]
    return [str(each) for each in evaluations]


WRONG: dict[str, tuple[Callable[[Path], list[str]], type[Exception]]] = {
    "a folder of no evaluation": (lambda folder: [_flat(folder, "", "there/a.png")[1:]], DataError),
    "no folder at all": (lambda folder: [str(folder / "gone")], DataError),
    "no folder of a method": (lambda folder: [f"own={folder / 'gone'}"], DataError),
    "an empty folder": (lambda folder: [f"own={folder}"], DataError),
    "no words": (lambda folder: [], UsageError),
    "a name without a folder": (lambda folder: ["own="], UsageError),
    "an invalid name": (lambda folder: [f"<b>={folder}"], UsageError),
    "a name twice": (lambda folder: [f"own={folder}/a", f"own={folder}/b"], UsageError),
    "a name twice but for capitals": (lambda folder: make_folders(folder, {"SetA": 1}, ("own", "OWN")), UsageError),
    "a missing image": (
        lambda folder: _without(folder, make_folders(folder, {"SetA": 3}, ("HR", "own")), "own/SetA/b.png"),
        DataError,
    ),
    "images of another set alone": (
        lambda folder: make_folders(folder / "a", {"SetA": 2}, ("HR",)) + make_folders(folder, {"SetB": 1}, ("own",)),
        DataError,
    ),
    "two files of one name": (
        lambda folder: [_flat(folder, "own", "a.png"), _flat(folder, "other", "a.jpg")],
        DataError,
    ),
    "two evaluations with sets of one name": (lambda folder: _two(folder, sets={"SetA": 3}), DataError),
    "two hidden references": (lambda folder: _two(folder, reference="true"), UsageError),
}


@pytest.mark.parametrize("case", WRONG)
def test_sources_that_cannot_be_used(tmp_path: Path, case: str) -> None:
    words, kind = WRONG[case]
    with pytest.raises(kind):
        find_sources(words(tmp_path))


def test_results_that_are_none(evaluation: Path) -> None:
    (evaluation / "results.json").write_text("{}")
    with pytest.raises(DataError):
        find_sources([str(evaluation)])


def test_an_evaluation_and_a_folder_in_a_bucket(
    evaluation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    own = evaluation / "pictures" / "nearest"
    with bucket() as client:
        for root, name in ((evaluation, "evaluation"), (own, "own")):
            for path in root.rglob("*.*"):
                put(client, **{f"{name}/{path.relative_to(root).as_posix()}": path.read_bytes()})
        found = find_sources([f"s3://{NAME}/evaluation", f"own=s3://{NAME}/own"])
    here = find_sources([str(evaluation), f"own={own}"])
    assert found.sets == here.sets
    assert [version.label for version in found.versions] == [version.label for version in here.versions]
    for one, other in zip(found.versions, here.versions, strict=True):
        assert one.file.read_bytes() == other.file.read_bytes()
