"""Words mean the files that a person expects; each file is accounted for, and no result replaces a source."""

import os
from pathlib import Path
from typing import Any

import pytest

from srgan.errors import OutputError, PictureError, UsageError
from srgan.upscale.jobs import EXISTING, Job, plan_jobs
from srgan.upscale.options import UpscaleOptions
from srgan.upscale.sources import EARLIER, FOLDER, NO_IMAGE, SUFFIXES, find_in_folder


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def plan(*words: str, format: str | None = None, overwrite: bool = False, **options: Any) -> tuple[Job, ...]:
    return plan_jobs(words, UpscaleOptions(format=format, overwrite=overwrite), "-x4", **options)


def sources(*words: str, **options: Any) -> list[str]:
    return [str(job.source) for job in plan(*words, **options) if job.skipped is None]


def outputs(*words: str, **options: Any) -> list[str]:
    return [str(job.output) for job in plan(*words, **options) if job.skipped is None]


def skipped(*words: str, **options: Any) -> dict[str, str | None]:
    return {str(job.source): job.kind for job in plan(*words, **options) if job.skipped is not None}


class TestSources:
    def test_every_file_of_a_folder_is_enlarged_or_skipped(self) -> None:
        touch("photos/b.png", "photos/A.JPG", "photos/notes.txt", "photos/c.TIF", "photos/noending", "photos/._a.jpg")
        assert sources("photos") == ["photos/A.JPG", "photos/b.png", "photos/c.TIF"]
        assert skipped("photos") == {"photos/notes.txt": NO_IMAGE, "photos/noending": NO_IMAGE}

    def test_every_format_is_looked_for(self) -> None:
        touch(*(f"photos/image{suffix}" for suffix in SUFFIXES))
        assert len(sources("photos")) == len(SUFFIXES)

    def test_subfolders_only_when_asked(self) -> None:
        touch("photos/a.jpg", "photos/deep/er/b.jpg", "photos/.thumbnails/a.jpg")
        assert sources("photos") == ["photos/a.jpg"]
        assert skipped("photos") == {"photos/deep": FOLDER}
        assert sources("photos", recursive=True) == ["photos/a.jpg", "photos/deep/er/b.jpg"]

    def test_linked_folders_only_when_asked_and_never_in_circles(self) -> None:
        touch("photos/a.jpg", "elsewhere/b.jpg")
        Path("photos/link").symlink_to("../elsewhere")
        Path("photos/circle").symlink_to(".")
        assert sources("photos", recursive=True) == ["photos/a.jpg"]
        assert skipped("photos", recursive=True) == {"photos/link": FOLDER, "photos/circle": FOLDER}
        followed = {"recursive": True, "follow_links": True}
        assert sources("photos", **followed) == ["photos/a.jpg", "photos/link/b.jpg"]
        assert skipped("photos", **followed) == {"photos/circle": FOLDER}

    def test_a_subfolder_that_may_not_be_read_fails_alone(self) -> None:
        touch("photos/a.jpg")

        def walk(top: Path, onerror: Any, **options: Any) -> Any:
            onerror(PermissionError(13, "Permission denied", str(top / "deep")))
            yield from os.walk(top, **options)

        found = find_in_folder(Path("photos"), recursive=True, follow_links=False, output=None, walk=walk)
        assert [(one.path.name, one.kind) for one in found] == [("a.jpg", None), ("deep", None)]

    def test_the_folder_of_results_is_not_searched(self) -> None:
        touch("photos/a.jpg", "photos/large/a.jpg", "photos/more/b.jpg")
        assert sources("photos", recursive=True, output="photos/large") == ["photos/more/b.jpg"]
        assert skipped("photos", recursive=True, output="photos/large") == {
            "photos/a.jpg": EXISTING,
            "photos/large": EARLIER,
        }

    @pytest.mark.parametrize(
        "result", ["photos-x4", "photos-x2.5", "photos-w1200", "photos-l9", "photos-x4-f0.7-ensemble"]
    )
    def test_a_folder_of_results_beside_its_source_is_not_searched(self, result: str) -> None:
        touch("all/photos/a.jpg", f"all/{result}/a.jpg", "all/trip-x4/a.jpg")
        assert sources("all", recursive=True) == ["all/photos/a.jpg", "all/trip-x4/a.jpg"]
        assert skipped("all", recursive=True) == {f"all/{result}": EARLIER}

    def test_patterns_for_shells_that_leave_them_alone(self) -> None:
        touch("b.jpg", "a.jpg", "a.txt", "deep/er/c.jpg", "photo[1].jpg", "photo1.jpg")
        assert sources("?.*") == ["a.jpg", "b.jpg"]
        assert sources("**/c.jpg") == ["deep/er/c.jpg"]
        assert sources("photo[1].jpg") == ["photo[1].jpg"]
        assert skipped("?.*") == {"a.txt": NO_IMAGE}

    def test_each_image_once(self) -> None:
        touch("a.jpg", "noending")
        assert sources("a.jpg", "./a.jpg", os.path.abspath("a.jpg"), "noending") == ["a.jpg", "noending"]

    @pytest.mark.parametrize("word", ["absent.jpg", "*.gif", "empty", "texts"])
    def test_a_word_that_means_no_image(self, word: str) -> None:
        touch("empty/deep/a.jpg", "texts/a.txt")
        with pytest.raises(PictureError):
            plan(word)

    @pytest.mark.parametrize(
        "result",
        ["a-x4.jpg", "a-x2.5.png", "a-w12.webp", "a-h9.jpg", "a-w9-f0.25.jpg", "a-x4-2.png", "a-x4-ensemble-3.png"],
    )
    def test_what_an_earlier_run_made_is_no_source(self, result: str) -> None:
        touch("photos/a.jpg", f"photos/{result}")
        assert sources("photos") == ["photos/a.jpg"]
        assert skipped("photos") == {f"photos/{result}": EARLIER}
        assert sources(f"photos/{result}") == [f"photos/{result}"]

    @pytest.mark.parametrize(
        "name", ["b-x4.jpg", "a-4.jpg", "a-x4b.jpg", "deep/a-x4.jpg", "a-x.jpg", "a-f0.7.jpg", "a-x4-f7.jpg"]
    )
    def test_other_names_are_sources(self, name: str) -> None:
        touch("a.jpg", name)
        assert sources("a.jpg", name) == ["a.jpg", name]


class TestResults:
    @pytest.mark.parametrize(
        ("files", "words", "options", "expected"),
        [
            (["holiday/photo.one.JPG"], ["holiday/photo.one.JPG"], {}, ["holiday/photo.one-x4.JPG"]),
            (["a.jpg", "b.png"], ["a.jpg", "b.png"], {"output": "large"}, ["large/a-x4.jpg", "large/b-x4.png"]),
            (["a.jpg"], ["a.jpg"], {"output": "v1.2/"}, ["v1.2/a-x4.jpg"]),
            (["a.jpg"], ["a.jpg"], {"output": "b.png"}, ["b.png"]),
            (["a.jpg", "folder.png/x"], ["a.jpg"], {"output": "folder.png"}, ["folder.png/a-x4.jpg"]),
            (["p/a.jpg", "p/q/b.png"], ["p"], {"recursive": True}, ["p-x4/a.jpg", "p-x4/q/b.png"]),
            (["p/a.jpg", "p/q/b.png"], ["p"], {"recursive": True, "output": "l"}, ["l/a.jpg", "l/q/b.png"]),
            (["a.jpeg"], ["a.jpeg"], {"format": "jpeg"}, ["a-x4.jpeg"]),
            (["a.jpeg"], ["a.jpeg"], {"format": "tiff"}, ["a-x4.tif"]),
            (["a.gif"], ["a.gif"], {}, ["a-x4.png"]),
        ],
    )
    def test_names(self, files: list[str], words: list[str], options: dict[str, Any], expected: list[str]) -> None:
        touch(*files)
        assert outputs(*words, **options) == expected

    def test_the_working_folder_is_mirrored_beside_itself(self, desk: Path) -> None:
        touch("a.jpg")
        assert outputs(".") == [str(desk.parent / "desk-x4" / "a.jpg")]

    def test_contents_decide_the_format(self) -> None:
        Path("photo.jpg").write_bytes(b"RIFF\0\0\0\0WEBP")
        Path("photo").write_bytes(b"\x89PNG\r\n\x1a\n")
        assert outputs("photo.jpg", "photo") == ["photo-x4.webp", "photo-x4.png"]

    def test_existing_results_are_skipped_unless_they_are_replaced(self) -> None:
        touch("a.jpg", "b.jpg", "a-x4.jpg")
        assert outputs("a.jpg", "b.jpg") == ["b-x4.jpg"]
        assert skipped("a.jpg", "b.jpg") == {"a.jpg": EXISTING}
        assert outputs("a.jpg", "b.jpg", overwrite=True) == ["a-x4.jpg", "b-x4.jpg"]

    @pytest.mark.parametrize(
        ("words", "options", "expected"),
        [
            (["a.jpg", "a.png", "a.gif"], {"format": "png"}, ["a-x4.png", "a-x4-2.png", "a-x4-3.png"]),
            (["a.jpg", "deep/a.jpg"], {"output": "l"}, ["l/a-x4.jpg", "l/a-x4-2.jpg"]),
            (["deep", "large"], {"output": "large", "overwrite": True}, None),
            (["deep", "other"], {"output": "l"}, ["l/a.jpg", "l/a-2.jpg"]),
            (["large", "deep"], {"output": "l"}, ["l/a.jpg", "l/a-2.jpg"]),
        ],
    )
    def test_results_of_one_name_are_numbered(
        self, words: list[str], options: dict[str, Any], expected: list[str] | None
    ) -> None:
        touch("a.jpg", "a.png", "a.gif", "deep/a.jpg", "large/a.jpg", "other/a.jpg")
        if expected is None:
            with pytest.raises(UsageError):
                outputs(*words, **options)
        else:
            assert outputs(*words, **options) == expected

    @pytest.mark.parametrize(
        ("words", "options"),
        [
            (["deep"], {"output": "deep"}),
            (["a.jpg"], {"output": "a.jpg"}),
            (["link.jpg"], {"output": "a.jpg"}),
            (["a.jpg", "a.png"], {"output": "b.jpg"}),
            (["deep"], {"output": "b.jpg"}),
            (["a.jpg", "a.png"], {"output": "-"}),
            (["a.jpg"], {"output": "b.xyz"}),
            (["a.jpg"], {"output": "b.png", "format": "jpeg"}),
            (["-"], {"output": "large/"}),
        ],
    )
    def test_outputs_that_contradict_their_sources(self, words: list[str], options: dict[str, Any]) -> None:
        touch("a.jpg", "a.png", "deep/a.jpg", "large/a.jpg")
        Path("link.jpg").symlink_to("a.jpg")
        with pytest.raises(UsageError) as raised:
            plan(*words, **options)
        assert raised.value.parameter == "output"

    def test_standard_input_goes_to_standard_output_or_a_file(self) -> None:
        assert plan("-") == (Job(None, None, None),)
        assert plan("-", format="webp") == (Job(None, None, "webp"),)
        assert plan("-", output="b.png") == (Job(None, Path("b.png"), "png"),)
        with pytest.raises(UsageError):
            plan("-", "a.jpg")

    def test_many_files_of_one_name(self) -> None:
        touch(*(f"photos/{number}/a.jpg" for number in range(300)))
        words = [str(path) for path in sorted(Path("photos").rglob("*.jpg"))]
        assert len(set(outputs(*words, output="large"))) == 300


def test_a_result_whose_name_is_too_long_concerns_its_photo_alone() -> None:
    touch("a.png", "n" * 251 + ".png")
    assert len(outputs("a.png", "n" * 251 + ".png")) == 2


def test_a_folder_below_a_file_is_refused_at_once() -> None:
    touch("photos/a.png", "file")
    with pytest.raises(OutputError):
        plan("photos", output="file/results")
