"""The table "Photos": means of what was measured, in docs/results.md and README alike."""

import pytest

from docs.generators.page_parts import PHOTOS
from docs.generators.photo_scores import PAGE, README, photo_rows, photo_table
from srgan.evaluation.results import MethodInfo, Results, Row

PAGE_TEXT = f"before\n{PHOTOS.around('old')}\nafter\n"


def test_rows_are_means_over_the_pictures_of_a_set() -> None:
    rows = tuple(
        Row("ours", "Set14+jpeg75", name, seconds, "", {"matlab/psnr": psnr, "niqe": 5.0})
        for name, psnr, seconds in (("a", 26.0, 0.1), ("b", 27.0, 0.3))
    )
    results = Results("1", (MethodInfo("ours", "model", "", ""),), {"Set14+jpeg75": ("a", "b")}, rows)
    first = photo_rows(results)[0]
    assert (first.input, first.data, first.method) == ("jpeg:75", "Set14", "ours")
    assert first.scores == ("26.50", "-", "5.00", "-")
    assert first.seconds == "0.20"
    assert photo_table([first]).splitlines()[-1] == "| jpeg:75 | Set14 | ours | 26.50 | - | 5.00 | - | 0.20 |"


def test_only_what_is_between_the_marks_changes() -> None:
    assert PHOTOS.replace(PAGE_TEXT, "new\n") == PAGE_TEXT.replace("old", "new")
    assert PHOTOS.find(PAGE_TEXT) == "old"


@pytest.mark.parametrize("page", ["", PHOTOS.begin, f"{PHOTOS.end}{PHOTOS.begin}", PAGE_TEXT + PAGE_TEXT])
def test_a_page_without_its_marks_is_not_written_over(page: str) -> None:
    with pytest.raises(ValueError, match="put them back"):
        PHOTOS.replace(page, "new")


def test_readme_has_rows_of_the_page() -> None:
    whole = PHOTOS.find(PAGE.read_text(encoding="utf-8")).splitlines()
    shown = PHOTOS.find(README.read_text(encoding="utf-8")).splitlines()
    assert len(shown) > 2
    assert set(shown) <= set(whole)
