"""Results of `srgan upscale` in words and as JSON."""

import json
import re
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.command_line import Make, Run
from tests.helpers.terminal import written_on_a_terminal


@pytest.mark.usefixtures("mixed")
def test_each_photo_of_a_folder_gets_the_model_that_suits_it(srgan: Run) -> None:
    result = srgan("upscale", "photos", "--model", "auto")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    *lines, summary = result.stdout.splitlines()
    assert lines[0] == "photos-x4/a.png: srresnet, since it is clean"
    assert lines[1] == "photos-x4/b.jpg: srresnet-photo, since it is a JPEG of quality 60"
    assert lines[2].startswith("photos-x4/c.png: srresnet-photo, since it has noise of ")
    assert summary.startswith("3 pictures enlarged")
    alone = srgan("upscale", "photos/b.jpg", "--model", "srresnet-photo", "-o", "alone.jpg")
    assert alone.stdout.count("since") == 0
    assert Path("alone.jpg").read_bytes() == Path("photos-x4/b.jpg").read_bytes()


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("status", ["planned", "done"])
def test_json_tells_what_was_found_out(srgan: Run, status: str) -> None:
    words = ["--dry-run"] if status == "planned" else []
    document = json.loads(srgan("upscale", "photos", "--model", "auto", "--json", *words).stdout)
    a, b, c = document["files"]
    assert (b["status"], b["model_name"], b["reason"]) == (status, "srresnet-photo", "it is a JPEG of quality 60")
    assert b["inspection"] == {
        "bits": 8, "lossy": "jpeg", "quality": 60, "subsampling": "4:2:0", "grid": None, "noise": None
    }  # fmt: skip
    assert set(a["inspection"]["grid"]) == {"strength", "offset"}
    assert a["inspection"]["noise"] < 2 <= c["inspection"]["noise"]


@pytest.mark.usefixtures("mixed")
def test_of_many_photos_the_models_are_counted(srgan: Run) -> None:
    for number in range(20):
        Path(f"photos/{number}.jpg").write_bytes(Path("photos/b.jpg").read_bytes())
    lines = srgan("upscale", "photos", "--model", "auto").stdout.splitlines()
    assert lines[:-1] == ["srresnet-photo: 22 pictures", "srresnet: 1 picture"]


def test_each_file_is_accounted_for(srgan: Run, make: Make) -> None:
    make("photos/a.jpg"), make("photos/a.png"), make("photos/deep/b.png")
    Path("photos/notes.txt").touch()
    Path("photos/zero.jpg").touch()
    result = srgan("upscale", "photos", "--format", "png")
    assert result.exit_code == 1
    assert sorted(path.name for path in Path("photos-x4").iterdir()) == ["a-2.png", "a.png"]
    counts = "2 pictures enlarged in 0.1 s, 2 skipped (1 not searched, 1 not readable), 1 failed"
    assert re.sub(r"in [\d.]+ s", "in 0.1 s", result.stdout.splitlines()[-1]).startswith(counts)
    document = json.loads(srgan("upscale", "photos", "--format", "png", "--json").stdout)
    assert document["skipped_kinds"] == {"done before": 2, "not searched": 1, "not readable": 1}
    assert len(document["files"]) == document["skipped"] + document["failed"] == 5


# As `srgan`, with other models in place of those that came with it.
WITH_MODELS = """
import sys
from pathlib import Path
import srgan.weights.catalogue
srgan.weights.catalogue.SHIPPED = Path(sys.argv.pop(1))
from srgan.cli import main
main()
"""


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize(
    ("words", "hints"),
    [
        (["photos", "--model", "srresnet"], 1),
        (["photos/a.png", "--model", "srresnet"], 0),
        (["photos", "--model", "srresnet-photo"], 0),
        (["photos", "--model", "auto"], 0),
        (["photos", "--model", "srresnet", "--quiet"], 0),
        (["photos", "--model", "srresnet", "--json"], 0),
        (["photos/b.jpg", "--model", "srresnet", "-o", "-"], 0),
    ],
)
def test_a_better_model_is_hinted_at_once_and_to_people(
    family: Path, environment: dict[str, str], words: list[str], hints: int
) -> None:
    written = written_on_a_terminal([sys.executable, "-c", WITH_MODELS, str(family), "upscale", *words], environment)
    assert written.count("Hint: ") == hints
    assert written.count("Hint: photos/b.jpg: it is a JPEG of quality 60, which the model srresnet-photo ") == hints


def test_a_broken_file_is_told_twice_and_stops_nothing(srgan: Run, make: Make) -> None:
    make("photos/a.jpg"), make("photos/c.jpg")
    Path("photos/b.jpg").write_text("no picture")
    result = srgan("upscale", "photos")
    assert result.exit_code == 1
    assert sorted(path.name for path in Path("photos-x4").iterdir()) == ["a.jpg", "c.jpg"]
    assert result.stderr.count("photos/b.jpg is not a picture") == 2
    assert "2 pictures enlarged" in result.stdout
    assert "1 failed" in result.stdout


def test_notes_are_told_once(srgan: Run, make: Make) -> None:
    frames = [Image.new("L", (12, 8), level) for level in (0, 99)]
    make("still.gif")
    frames[0].save("moving.gif", save_all=True, append_images=frames[1:])
    result = srgan("upscale", "moving.gif", "still.gif")
    assert result.stderr == "moving.gif: first of 2 frames\n"


def test_a_dry_run_writes_nothing_and_says_what_would_come(srgan: Run, make: Make, desk: Path) -> None:
    make("a.jpg"), make("b.png", size=(20, 20)), make("done.jpg"), make("done-x4.jpg")
    before = sorted(desk.rglob("*"))
    result = srgan("upscale", "a.jpg", "b.png", "done.jpg", "--dry-run")
    assert result.exit_code == 0
    assert sorted(desk.rglob("*")) == before
    assert "a.jpg (12x8) -> a-x4.jpg (48x32) in about" in result.stdout
    assert "b.png (20x20) -> b-x4.png (80x80) in about" in result.stdout
    assert "2 pictures to enlarge in about" in result.stdout
    assert "done.jpg: skipped" in result.stderr


def test_json_holds_a_record_for_every_file(srgan: Run, make: Make) -> None:
    make("a.jpg"), make("b.gif"), make("c.jpg"), make("c-x4.jpg")
    Path("d.jpg").touch()
    result = srgan("upscale", "a.jpg", "b.gif", "c.jpg", "d.jpg", "--json")
    assert result.exit_code == 1
    assert result.stderr == "Error: d.jpg is empty: give a picture\n"
    document = json.loads(result.stdout)
    a, b, c, d = document["files"]
    assert (a["source"], a["output"], a["status"]) == ("a.jpg", "a-x4.jpg", "done")
    assert (a["size_in"], a["size_out"], a["error"]) == ([12, 8], [48, 32], None)
    assert a["model"].startswith("tiny ")
    assert a["engine"].startswith("openvino ")
    assert a["seconds"] > 0
    assert (b["output"], b["status"]) == ("b-x4.png", "done")
    assert (c["status"], c["notes"]) == ("skipped", ["c-x4.jpg exists already"])
    assert (d["status"], d["error"]) == ("failed", "d.jpg is empty: give a picture")
    assert [document[key] for key in ("done", "skipped", "failed", "left", "interrupted")] == [2, 1, 1, 0, False]


def test_json_of_what_cannot_begin(srgan: Run) -> None:
    result = srgan("upscale", "absent.jpg", "--json")
    assert json.loads(result.stdout) == {"error": "absent.jpg does not exist: check the path"}
    assert result.stderr == "Error: absent.jpg does not exist: check the path\n"


def test_quiet_says_errors_alone(srgan: Run, make: Make) -> None:
    make("a.jpg"), make("b.jpg"), make("b-x4.jpg")
    Path("c.jpg").touch()
    result = srgan("upscale", "a.jpg", "b.jpg", "c.jpg", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "Error: c.jpg is empty: give a picture\n"


def test_control_characters_of_a_name_do_not_reach_the_terminal(srgan: Run, desk: Path) -> None:
    (desk / "a\n\x1b[31mb.jpg").touch()
    result = srgan("upscale", ".")
    assert "\x1b" not in result.stderr
    assert "a??[31mb.jpg is empty" in result.stderr
