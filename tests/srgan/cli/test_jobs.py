"""Results get names that never take a source's place nor each other's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from srgan.cli.jobs import Job, Naming, mark_of, plan_jobs
from srgan.errors import UsageError

Make = Callable[..., Path]


def outputs(*words: str, recursive: bool = False, output: str | None = None, format: str | None = None) -> list[str]:
    jobs = plan_jobs(words, Naming("-x4", output, format), recursive=recursive)
    return [str(job.output) for job in jobs if job.left_out is None]


@pytest.mark.parametrize(
    ("scale", "width", "mark"), [(None, None, "-x4"), (4.0, None, "-x4"), (2.5, None, "-x2.5"), (None, 1200, "-w1200")]
)
def test_the_mark_says_how_much_larger(scale: float | None, width: int | None, mark: str) -> None:
    assert mark_of(scale, width, 4) == mark


@pytest.mark.parametrize(("fidelity", "mark"), [(0.0, "-x4-f0"), (0.7, "-x4-f0.7"), (0.12345678, "-x4-f0.12345678")])
def test_the_mark_tells_fidelities_apart(fidelity: float, mark: str) -> None:
    assert mark_of(None, None, 4, fidelity) == mark
    assert mark_of(None, 1200, 4, fidelity) == mark.replace("x4", "w1200")


def test_a_file_gets_the_mark_beside_it(make: Make) -> None:
    make("holiday/photo.one.JPG")
    assert outputs("holiday/photo.one.JPG") == ["holiday/photo.one-x4.JPG"]


def test_files_go_into_the_output_folder_with_the_mark(make: Make) -> None:
    make("a.jpg"), make("deep/b.png")
    assert outputs("a.jpg", "deep/b.png", output="large") == ["large/a-x4.jpg", "large/b-x4.png"]
    assert outputs("a.jpg", output="large") == ["large/a-x4.jpg"]
    assert outputs("a.jpg", output="v1.2/") == ["v1.2/a-x4.jpg"]


def test_an_output_with_the_ending_of_a_picture_is_one_files_name(make: Make) -> None:
    make("a.jpg")
    assert plan_jobs(["a.jpg"], Naming("-x4", "b.png")) == (Job(Path("a.jpg"), Path("b.png"), "png"),)
    Path("folder.png").mkdir()
    assert outputs("a.jpg", output="folder.png") == ["folder.png/a-x4.jpg"]


def test_a_folder_is_mirrored_beside_itself_with_the_mark(make: Make) -> None:
    make("photos/a.jpg"), make("photos/deep/b.png")
    assert outputs("photos", recursive=True) == ["photos-x4/a.jpg", "photos-x4/deep/b.png"]
    assert outputs("photos/") == ["photos-x4/a.jpg"]


def test_a_folder_is_mirrored_into_the_output(make: Make) -> None:
    make("photos/a.jpg"), make("photos/deep/b.png")
    assert outputs("photos", recursive=True, output="large") == ["large/a.jpg", "large/deep/b.png"]


def test_the_working_folder_is_mirrored_beside_itself(make: Make, desk: Path) -> None:
    make("a.jpg")
    assert outputs(".") == [str(desk.parent / "desk-x4" / "a.jpg")]


def test_a_format_changes_the_ending_and_the_same_format_keeps_it(make: Make) -> None:
    make("a.jpeg")
    assert outputs("a.jpeg", format="jpeg") == ["a-x4.jpeg"]
    assert outputs("a.jpeg", format="tiff") == ["a-x4.tif"]


def test_a_gif_becomes_a_png(make: Make) -> None:
    make("a.gif")
    assert outputs("a.gif") == ["a-x4.png"]


def test_a_file_with_a_wrong_ending_gets_the_right_one(make: Make) -> None:
    make("photo.webp").rename("photo.jpg")
    assert outputs("photo.jpg") == ["photo-x4.webp"]


def test_a_file_without_ending_gets_one(make: Make) -> None:
    make("photo.png").rename("photo")
    assert outputs("photo") == ["photo-x4.png"]


def test_results_of_an_earlier_run_are_left_out_and_said(make: Make) -> None:
    make("a.jpg"), make("a-x4.jpg")
    first, second = plan_jobs(["a-x4.jpg", "a.jpg"], Naming("-x4"))
    assert first.source == Path("a.jpg")
    assert second.source == Path("a-x4.jpg")
    assert "earlier run" in (second.left_out or "")


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["a.jpg", "a.png"], {"format": "png"}, "a.jpg and a.png would both become a-x4.png"),
        (["a.jpg", "deep/a.jpg"], {"output": "large"}, "a.jpg and deep/a.jpg would both become large/a-x4.jpg"),
        (["deep"], {"output": "deep"}, "would take its own place"),
        (["a.jpg"], {"output": "a.jpg"}, "would take its own place"),
        (["link.jpg"], {"output": "a.jpg"}, "would take its own place"),
        (["deep", "large"], {"output": "large"}, "the result of deep/a.jpg would take the place of .* large/a.jpg"),
        (["a.jpg", "a.png"], {"output": "b.jpg"}, "names one file"),
        (["deep"], {"output": "b.jpg"}, "names one file"),
        (["a.jpg", "a.png"], {"output": "-"}, "names one file"),
        (["a.jpg"], {"output": "b.bmp"}, "no format that srgan writes"),
        (["a.jpg"], {"output": "b.png", "format": "jpeg"}, "contradict"),
        (["-", "a.jpg"], {}, "stands alone"),
        (["-"], {"output": "large/"}, "has no name"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Make, words: list[str], options: dict[str, str], said: str) -> None:
    make("a.jpg"), make("a.png"), make("deep/a.jpg"), make("large/a.jpg")
    Path("link.jpg").symlink_to("a.jpg")
    with pytest.raises(UsageError, match=said):
        outputs(*words, **options)  # type: ignore[arg-type]


def test_standard_input_goes_to_standard_output_or_a_file() -> None:
    assert plan_jobs(["-"], Naming("-x4")) == (Job(None, None, None),)
    assert plan_jobs(["-"], Naming("-x4", format="webp")) == (Job(None, None, "webp"),)
    assert plan_jobs(["-"], Naming("-x4", "b.png")) == (Job(None, Path("b.png"), "png"),)
