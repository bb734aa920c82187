"""Words on the command line mean the pictures that a person would expect."""

import os
from pathlib import Path

import pytest

from srgan.cli.inputs import SUFFIXES, Found, find_pictures, split_results
from srgan.errors import PictureError


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*words: str, recursive: bool = False, output: str | None = None) -> list[str]:
    pictures = find_pictures(words, recursive=recursive, output=Path(output) if output else None)
    return [str(one.path) for one in pictures]


@pytest.mark.usefixtures("desk")
class TestFind:
    def test_a_folder_gives_its_pictures_sorted_whatever_the_case_of_their_endings(self) -> None:
        touch("photos/b.png", "photos/A.JPG", "photos/notes.txt", "photos/c.TIF", "photos/noending")
        assert found("photos") == ["photos/A.JPG", "photos/b.png", "photos/c.TIF"]

    def test_every_format_is_looked_for(self) -> None:
        touch(*(f"photos/picture{suffix}" for suffix in SUFFIXES))
        assert len(found("photos")) == len(SUFFIXES)

    def test_subfolders_only_when_asked(self) -> None:
        touch("photos/a.jpg", "photos/deep/er/b.jpg")
        assert found("photos") == ["photos/a.jpg"]
        assert found("photos", recursive=True) == ["photos/a.jpg", "photos/deep/er/b.jpg"]

    def test_hidden_files_and_folders_are_no_photos(self) -> None:
        touch("photos/a.jpg", "photos/._a.jpg", "photos/.thumbnails/a.jpg")
        assert found("photos", recursive=True) == ["photos/a.jpg"]

    def test_the_folder_of_results_is_not_searched(self) -> None:
        touch("photos/a.jpg", "photos/large/a.jpg", "photos/more/b.jpg")
        assert found("photos", recursive=True, output="photos/large") == ["photos/a.jpg", "photos/more/b.jpg"]

    @pytest.mark.parametrize("result", ["photos-x4", "photos-x2.5", "photos-w1200", "photos-x4-f0.7"])
    def test_a_folder_of_results_beside_its_source_is_not_searched(self, result: str) -> None:
        touch("all/photos/a.jpg", f"all/{result}/a.jpg")
        assert found("all", recursive=True) == ["all/photos/a.jpg"]

    def test_a_folder_that_only_looks_like_results_is_searched(self) -> None:
        touch("all/trip-x4/a.jpg")
        assert found("all", recursive=True) == ["all/trip-x4/a.jpg"]

    def test_patterns_for_shells_that_leave_them_alone(self) -> None:
        touch("b.jpg", "a.jpg", "a.txt", "deep/er/c.jpg")
        assert found("*") == ["a.jpg", "b.jpg"]
        assert found("**/*.jpg") == ["a.jpg", "b.jpg", "deep/er/c.jpg"]

    def test_a_file_that_is_called_like_a_pattern_is_that_file(self) -> None:
        touch("photo[1].jpg", "photo1.jpg")
        assert found("photo[1].jpg") == ["photo[1].jpg"]

    def test_each_picture_once(self) -> None:
        touch("a.jpg")
        assert found("a.jpg", "./a.jpg", os.path.abspath("a.jpg")) == ["a.jpg"]

    def test_a_named_file_needs_no_ending(self) -> None:
        touch("photo")
        assert found("photo") == ["photo"]

    @pytest.mark.parametrize(
        ("word", "said"),
        [("absent.jpg", "absent.jpg does not exist"), ("*.gif", "no picture matches"), ("empty", "has no pictures")],
    )
    def test_a_word_that_means_nothing_is_told(self, word: str, said: str) -> None:
        touch("empty/deep/a.jpg")
        with pytest.raises(PictureError, match=said):
            found(word)

    def test_pictures_in_subfolders_alone_are_hinted_at(self) -> None:
        touch("photos/deep/a.jpg")
        with pytest.raises(PictureError, match=r"-r$"):
            found("photos")


def split(*names: str) -> tuple[list[str], list[str]]:
    sources, results = split_results([Found(Path(name)) for name in names])
    return [str(one.path) for one in sources], [str(one.path) for one in results]


class TestResults:
    @pytest.mark.parametrize(
        "result", ["a-x4.jpg", "a-x2.5.png", "a-w1200.webp", "a-x4-x4.jpg", "a-w9-f0.25.jpg", "a-x4-f1.png"]
    )
    def test_what_an_earlier_run_made_is_no_source(self, result: str) -> None:
        between = ["a-x4.jpg"] if result == "a-x4-x4.jpg" else []
        assert split("a.jpg", *between, result) == (["a.jpg"], [*between, result])

    @pytest.mark.parametrize(
        "name", ["b-x4.jpg", "a-4.jpg", "a-x4b.jpg", "elsewhere/a-x4.jpg", "a-x.jpg", "a-f0.7.jpg", "a-x4-f7.jpg"]
    )
    def test_others_are(self, name: str) -> None:
        assert split("a.jpg", name) == (["a.jpg", name], [])

    def test_a_result_named_alone_is_a_source(self) -> None:
        assert split("a-x4.jpg") == (["a-x4.jpg"], [])
