"""`srgan reproduce`: tables and figures on the screen and in a folder; whatever is wrong, in one line."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan import weights
from srgan.weights.catalogue import find
from tests.conftest import replace_card
from tests.helpers.command_line import Make, Run
from tests.helpers.commands import check_command


@pytest.fixture(autouse=True)
def _data(desk: Path, make: Make, only_tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures under the names of the test sets, and no model that fills a row."""
    for name in ("Set5/baby", "Set14/comic", "Set14/baboon", "BSD100/101085"):
        make(f"data/testsets/{name}.png", size=(44, 40))
    monkeypatch.setenv("SRGAN_DATA", str(desk / "data"))


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks of the study of depth take a millisecond, untimed."""
    name = "srgan.paper.block_depth_study.time_shapes"
    monkeypatch.setattr(name, lambda chosen, *_, **__: dict.fromkeys(chosen, 0.001))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_table_2(srgan: Run) -> None:
    result = srgan("reproduce", "table2")
    assert result.exit_code == 0, result.output
    folder = Path("reproduction/table2")
    assert (
        "| BSD100 | SRGAN | - / 25.16 / - | no weights yet | - / .6688 / - | no weights yet | - / 3.56 |"
        in result.stdout
    )
    assert "| Set5 | HR | inf / inf / 0.00 | equal | 1.0000 / 1 / .0000 | equal | - / 4.32 |" in result.stdout
    assert result.stdout.endswith(f"json  {folder / 'table2.json'}\n")
    assert (folder / "table2.md").read_text() in result.stdout
    found = rows(folder / "table2.csv")
    assert len(found) == 27
    assert {row["set"] for row in found} == {"Set5", "Set14", "BSD100"}
    assert [row["PSNR"] == "" for row in found[:9]] == [False, False, *[True] * 6, False]
    assert {row["MOS"] for row in found} == {""}
    assert r"\toprule" in (folder / "table2.tex").read_text()
    again = srgan("reproduce", "table2")
    assert again.stdout == result.stdout
    assert "12 of 12 pictures were measured before" in again.stderr


def test_a_row_from_a_model_and_one_from_pictures(srgan: Run, make: Make, tiny_model: Path) -> None:
    make("made/baby-SRGAN.png", size=(44, 40))
    words = ("--method", f"SRResNet-MSE={tiny_model}", "--method", "SRGAN-VGG54=made", "--set", "Set5", "-o", "out")
    result = srgan("reproduce", "table1", *words, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    document = json.loads(result.stdout)
    said = {row["method"]: row["psnr"]["verdict"] for row in document["rows"]}
    assert said.pop("SRResNet-MSE") == "worse"
    assert said.pop("SRGAN-VGG54") == "better"  # the same picture: its PSNR is infinite
    assert set(said.values()) == {"no weights yet"}
    assert document["files"][-1] == "out/table1.json"
    kept = json.loads(Path("out/table1.json").read_text())
    assert kept["rows"] == document["rows"]


def test_figures(srgan: Run) -> None:
    result = srgan("reproduce", "figure2")
    assert result.exit_code == 0, result.output
    assert "Left out of the picture: SRResNet (no weights yet), SRGAN (no weights yet)." in result.stdout
    assert "| Set14/comic | bicubic |" in result.stdout
    assert "MOS" not in result.stdout
    with Image.open("reproduction/figure2/figure2.png") as picture:
        assert picture.width > 2 * 44
    document = json.loads(srgan("reproduce", "figure6", "--json").stdout)
    assert document["columns"] == ["original"]
    assert document["picture"] == "reproduction/figure6/figure6.png"
    assert Path(document["picture"]).exists()


def test_seeds_on_its_own_pictures_and_on_others(srgan: Run, make: Make) -> None:
    others = srgan("reproduce", "seeds")
    assert others.exit_code == 0, others.output
    assert "Set5, Set14, BSD100: other pictures than those of the published numbers" in others.stdout
    assert {row["PSNR verdict"] for row in rows(Path("reproduction/seeds/seeds.csv"))} == {
        "other pictures",
        "no weights yet",
    }
    make("valid/0801.png", size=(44, 40))
    own = srgan("reproduce", "seeds", "--data", "valid", "-o", "own")
    assert own.exit_code == 0, own.output
    found = rows(Path("own/seeds.csv"))
    assert [row["method"] for row in found] == ["bicubic", "SRCNN", "SRResNet", "SRGAN"]
    assert (found[0]["set"], found[0]["MSE verdict"]) == ("DIV2K", "worse")
    assert float(found[0]["MSE"]) < 1


def test_seeds_are_timed_and_measured_in_gray(srgan: Run) -> None:
    result = srgan("reproduce", "seeds", "--set", "Set5", "--gray")
    assert result.exit_code == 0, result.output
    found = [row for row in rows(Path("reproduction/seeds/seeds.csv")) if row["method"] == "bicubic"]
    assert [row["set"] for row in found] == ["Set5", "Set5 gray"]
    assert all(float(row["seconds a picture"]) > 0 for row in found)
    with (
        Image.open("reproduction/seeds/gray/Set5 gray/baby.png") as gray,
        Image.open("data/testsets/Set5/baby.png") as baby,
    ):
        assert gray.mode == "L"
        assert np.abs(np.asarray(gray, float) - np.asarray(baby.convert("L"), float)).max() <= 1


def test_rows_are_filled_by_runs_of_the_group(srgan: Run, train: Run, album: Path) -> None:
    sizes = ("--set", "crop=32", "--set", "batch=2", "--set", "epochs=1", "--set", "log_every=1")
    assert srgan("train", "ucsd-srcnn", "--data", str(album), *sizes).exit_code == 0
    result = srgan("reproduce", "seeds", "--set", "Set5", "--run", "runs/ucsd-srcnn")
    assert result.exit_code == 0, result.output
    found = {row["method"]: row["PSNR"] for row in rows(Path("reproduction/seeds/seeds.csv"))}
    assert [method for method, psnr in found.items() if psnr] == ["bicubic", "SRCNN"]
    assert Path("reproduction/seeds/loss-SRCNN.png").is_file()


@pytest.fixture
def dogs(train: Run, album: Path) -> tuple[str, str]:
    """Runs of both of Loridan's stages, of which the first has a validation at 1,000 updates, too."""
    pre = train("loridan-pre", "--data", str(album))
    assert pre.exit_code == 0, pre.output
    gan = train("loridan-gan", "--from", "runs/loridan-pre", "--set", "content=mse")
    assert gan.exit_code == 0, gan.output
    with Path("runs/loridan-pre/validation.csv").open("a") as table:
        table.write("1000,22.5,0.7,22.25,0.7,0.03\n")
    return "runs/loridan-pre", "runs/loridan-gan"


def test_loridan(srgan: Run, dogs: tuple[str, str]) -> None:
    runs = [word for run in dogs for word in ("--run", run)]
    result = srgan("reproduce", "loridan", *runs, "--set", "Set5", "--json")
    assert result.exit_code == 0, result.output
    pre, gan = json.loads(result.stdout)["stages"]
    first, second, *_ = pre["rows"]
    assert (first["psnr"]["ours"], first["psnr"]["verdict"]) == (22.5, "other pictures")
    assert first["loss"] == {
        "ours": 0.03 * 127.5**2,
        "published": 455.302155,
        "difference": None,
        "verdict": "other pictures",
    }
    assert second["psnr"]["verdict"] == "no run yet"
    assert {row["perceptual"]["verdict"] for row in gan["rows"]} == {"no run yet"}
    assert any("loridan-gan, 4 updates planned of 2 crops" in note for note in gan["notes"])
    with Image.open("reproduction/loridan/loridan.png") as sheet:
        assert sheet.width > 4 * 40
    assert {path.name for path in Path("reproduction/loridan").glob("loss-*.png")} == {"loss-PRE.png", "loss-GAN.png"}


def test_length_of_models_and_of_a_run(srgan: Run, pair: tuple[Path, Path]) -> None:
    for path, updates in zip(pair, (300, 100), strict=True):
        card = json.loads(find(path).card.to_json())
        own = Path(path.name)
        shutil.copy(path, own)
        replace_card(own, json.dumps({**card, "training": {**card["training"], "updates": updates}}))
    Path("record.csv").write_text(
        "stage,update,raw_psnr,raw_ssim,average_psnr,average_ssim,loss\nfirst,50,25,0.7,24,0.8,1\n"
    )
    words = ("--model", "srgan.onnx", "--model", "srresnet.onnx", "--run", "record.csv", "--set", "Set14")
    result = srgan("reproduce", "length", *words)
    assert result.exit_code == 0, result.output
    found = rows(Path("reproduction/length/length.csv"))
    assert [(row["updates"], row["model"]) for row in found] == [("100", "srresnet"), ("300", "srgan"), ("50", "-")]
    assert (found[2]["pictures"], found[2]["PSNR [dB]"]) == ("validation of record, stage first", "25.0")
    for image in ("length.png", "length-pictures.png"):
        assert Path("reproduction/length", image).is_file()


@pytest.mark.usefixtures("instant")
def test_all_is_one_page(srgan: Run, rated: Path) -> None:
    Path("broken.csv").write_text("")
    words = ("--study", str(rated), "--simulated", "--set", "Set5", "--set", "Set14", "--run", "broken.csv", "--json")
    result = srgan("reproduce", "all", *words)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert set(document["parts"]) == {"table1", "table2", "figure2", "figure6", "depth", "length", "seeds", "loridan"}
    assert document["not_made"] == {}
    page = Path(document["page"]).read_text(encoding="utf-8")
    for part in (*document["parts"], "figure5"):
        assert f'<section id="{part}"' in page
    assert "SIMULATED" in page
    assert ">short of<" in page
    assert ">worse<" not in page
    commands = re.findall("<code>(srgan .*)</code>", page)
    assert "srgan train loridan-gan --data DOGS --from runs/loridan-pre" in commands
    for line in commands:
        check_command(line)
    assert {path.name for path in Path("reproduction/all").iterdir()} >= {"table2.csv", "loridan-gan.md", "evaluation"}


@pytest.mark.slow
@pytest.mark.usefixtures("instant")
def test_without_a_study_programs_rate_for_figure_5(srgan: Run) -> None:
    for _ in range(2):  # another time in the same folder
        result = srgan("reproduce", "all", "--set", "Set5", "--rated", "1", "--raters", "1", "--json")
        assert result.exit_code == 0, result.output
        document = json.loads(result.stdout)
        assert document["not_made"] == {}
        assert "Set5: distribution of scores" in Path(document["page"]).read_text(encoding="utf-8")


def test_depth(srgan: Run) -> None:
    result = srgan("reproduce", "depth", "--blocks", "1", "--times", "1", "--engine", "torch", "--set", "Set5")
    assert result.exit_code == 0, result.output
    found = rows(Path("reproduction/depth/depth.csv"))
    assert [(row["skips"], row["model"]) for row in found] == [("yes", "no weights yet"), ("no", "no weights yet")]
    assert all(float(row["milliseconds"]) > 0 and row["Set5 PSNR [dB]"] == "" for row in found)
    assert "the mean of 1 reconstructions of a 64x64 picture by torch in fp32" in result.stdout
    with Image.open("reproduction/depth/depth.png") as picture:
        assert picture.size == (900, 360)


@pytest.mark.usefixtures("instant")
def test_depth_measures_trained_models(srgan: Run) -> None:
    model = Path(weights.__file__).parent / "files" / "srresnet.onnx"  # has 16 blocks, and skips
    result = srgan("reproduce", "depth", "--blocks", "4", "--model", str(model), "--set", "mine=data/testsets/Set5")
    assert result.exit_code == 0, result.output
    found = {(row["blocks"], row["skips"]): row for row in rows(Path("reproduction/depth/depth.csv"))}
    assert list(found) == [("4", "yes"), ("16", "yes"), ("4", "no")]
    assert found["16", "yes"]["model"] == "srresnet"
    assert float(found["16", "yes"]["mine PSNR [dB]"]) > 5


def test_a_run_is_exported_before_it_is_measured(srgan: Run, run_of_mine: Path) -> None:
    result = srgan("reproduce", "depth", "--run", str(run_of_mine))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == ("Error: dogs is no SRResNet of 64 features: leave it out of this study")
    assert Path("reproduction/depth/models/dogs.onnx").exists()


WRONG = [
    (["table2", "--method", "SRNET=x"], 2),
    (["table2", "--method", "SRGAN"], 2),
    (["table2", "--method", "SRGAN=a", "--method", "SRGAN=b"], 2),
    (["table2", "--method", "SRGAN=nowhere"], 1),
    (["table2", "--set", "Urban100"], 2),
    (["table1", "--set", "BSD100"], 2),
    (["figure2", "--set", "Set5"], 1),
    (["figure2", "--set", "Set14", "--set", "Set5"], 2),
    (["seeds", "--data", "nowhere"], 2),
    (["seeds", "--data", "data/testsets/Set5", "--set", "Set5"], 2),
    (["all", "--method", "SRNET=x"], 2),
    (["all", "--blocks", "one"], 2),
    (["all", "--simulated"], 2),
    (["all", "--study", "nowhere"], 1),
    (["loridan", "--set", "Set5", "--set", "Set14"], 2),
    (["loridan", "--method", "GAN=nowhere"], 1),
    (["loridan", "--run", "nowhere"], 1),
    (["seeds", "--run", "nowhere"], 1),
    (["depth", "--blocks", "one"], 2),
    (["depth", "--blocks", "0"], 2),
    (["depth", "--model", "nope"], 1),
    (["table2", "--study", "nowhere"], 1),
    (["table1", "--simulated"], 2),
]


@pytest.mark.parametrize(("words", "code"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_is_wrong_is_one_line_before_anything_is_done(srgan: Run, words: list[str], code: int) -> None:
    result = srgan("reproduce", *words, "--json")
    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    assert json.loads(result.stdout)["error"] == result.stderr.removeprefix("Error: ").strip()
    assert not Path("reproduction").exists()


def test_an_interruption_says_how_to_go_on(srgan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("srgan.paper.reproduction.evaluate", interrupted)
    result = srgan("reproduce", "table2", "-o", "out")
    assert result.exit_code == 130
    assert result.stderr == "Interrupted: what is done is in out; run the same command again to go on\n"


def test_nothing_heavy_is_imported_for_help(environment: dict[str, str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "srgan", "reproduce", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    for what in ("table1", "table2", "figure2", "figure6", "depth", "length", "seeds", "loridan", "all"):
        assert f" {what} " in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "numpy", "pyvips", "openvino", "matplotlib", "srgan.paper.verdicts"}


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of Set5 by two people and one program, who give nearest a 1 and bicubic a 2."""
    from tests.helpers.voted import cast

    folder = tmp_path_factory.mktemp("rated") / "study"
    cast(folder, raters=2)
    cast(folder, raters=1, simulated=True)
    return folder


def test_a_study_fills_the_opinions(srgan: Run, rated: Path) -> None:
    from srgan_study.study import read_study

    result = srgan("reproduce", "table2", "--set", "Set5", "--study", str(rated), "-o", "out")
    assert result.exit_code == 0, result.output
    found = {row["method"]: row for row in rows(Path("out/table2.csv"))}
    ours = {"nearest": "1.0", "bicubic": "2.0", "SRResNet": "3.0", "SRGAN": "4.0", "HR": "5.0"}
    assert {method: row["MOS"] for method, row in found.items() if row["MOS"]} == ours
    assert "| 2.00 / 1.97 |" in result.stdout
    note = f"MOS of ours: study {read_study(rated).hash}, 2 raters, unscreened."
    assert note in result.stdout
    assert "As the study calls them: SRResNet is srresnet, SRGAN is srgan." in result.stdout
    assert "SIMULATED" not in result.stdout
    document = json.loads(Path("out/table2.json").read_text())
    assert document["rows"][1]["mos"] == {"ours": 2.0, "published": 1.97}
    assert any(text.startswith("MOS of ours: study ") for text in document["notes"])


def test_simulated_opinions_say_so_in_every_file(srgan: Run, rated: Path) -> None:
    result = srgan("reproduce", "seeds", "--set", "Set5", "--study", str(rated), "--simulated", "-o", "out")
    assert result.exit_code == 0, result.output
    found = rows(Path("out/seeds.csv"))
    assert [row["SIMULATED MOS"] for row in found] == ["2.0", "", "3.0", "4.0"]
    assert Path("out/seeds.md").read_text().startswith("**SIMULATED Table of")
    assert r"\caption{SIMULATED " in Path("out/seeds.tex").read_text()
    document = json.loads(Path("out/seeds.json").read_text())
    assert next(iter(document.items())) == ("warning", "SIMULATED")
    assert document["rows"][0]["mos"] == {"warning": "SIMULATED", "ours": 2.0, "published": 1.2}
    assert "SIMULATED: programs cast these votes, and no people" in result.stdout
    assert ", 1 programs, unscreened" in result.stdout
