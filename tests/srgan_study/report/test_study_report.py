"""The report: its numbers are the votes', the page refers to nothing outside, and simulated votes are marked."""

import csv
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from srgan.errors import DataError, OutputError
from srgan.paper import TABLE2
from srgan.reporting import draw
from srgan_study.analysis.paper_comparison import collect_opinions
from srgan_study.analysis.study_analysis import StudyAnalysis, analyse
from srgan_study.report.study_report import find_folder, make_page, make_tables, write_report
from srgan_study.report.summary import make_summary, to_json
from srgan_study.votes.ratings import Ratings
from tests.helpers.elements import Elements
from tests.helpers.panel import METHODS, rate
from tests.helpers.patience import PATIENCE
from tests.helpers.votes import study_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module", autouse=True)
def _coarse_figures() -> Iterator[None]:
    """Figures of few pixels, which are drawn faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srgan_study.report.figure_foot.draw", partial(draw, resolution=70))
        yield


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    """Votes of six raters who have finished, on two sets."""
    return rate(replace(study_of({"Set5": 4, "Set14": 3}, METHODS), retest=(3, 11, 20, 30)))


@pytest.fixture(scope="module")
def analysis(ratings: Ratings) -> StudyAnalysis:
    return analyse(ratings)


@pytest.fixture(scope="module")
def folder(analysis: StudyAnalysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(analysis, tmp_path_factory.mktemp("people") / "report").parent


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of simulated votes on one set."""
    analysis = analyse(rate(study_of({"Set5": 2}, METHODS), 3, simulated=True))
    return write_report(analysis, tmp_path_factory.mktemp("programs") / "report").parent


def read_lines(path: Path, key: str = "method") -> dict[str, dict[str, str]]:
    """Return the lines of a CSV file by one of their fields."""
    with path.open(newline="", encoding="utf-8") as file:
        return {line[key]: line for line in csv.DictReader(file)}


def list_votes(ratings: Ratings, method: str, data: str) -> list[int]:
    stimuli = ratings.study.stimuli
    wanted = {stimulus.id for stimulus in stimuli if (stimulus.method, stimulus.data) == (method, data)}
    return [rating.score for rating in ratings.of("main") if rating.stimulus in wanted]


def test_the_folder_holds_everything_under_the_studys_name(folder: Path, ratings: Ratings) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "summary.json", "votes.csv", "votes.jsonl", "votes-wide.csv", "votes-wide-keys.csv",
        "sureal.json", "tables", "figures",
    }  # fmt: skip
    names = {path.stem for path in (folder / "figures").iterdir()}
    sets = [f"{kind}-{data}" for kind in ("figure5", "pictures", "differences") for data in ("Set5", "Set14")]
    assert names == {"means", "raters", "course", *sets}
    for name in names:
        with Image.open(folder / "figures" / f"{name}.png") as image:
            assert image.width > 250
    for path in (folder / "tables").glob("*.csv"):
        assert path.with_suffix(".md").exists()
        assert r"\toprule" in path.with_suffix(".tex").read_text()
    for path in folder.rglob("*.*"):
        if path.is_file() and path.suffix != ".png" and path.name != "votes-wide.csv":  # its keys have the hash
            text = path.read_text()
            assert ratings.study.hash[:16] in text or path.name == "flags.csv", path  # which is empty
            assert "SIMULATED" not in text, path


@pytest.mark.parametrize("data", ["Set5", "Set14"])
def test_scores_and_counts_are_those_of_the_votes(folder: Path, ratings: Ratings, data: str) -> None:
    summary = json.loads((folder / "summary.json").read_text())["sets"][data]["scores"]
    opinions, counts = (read_lines(folder / "tables" / f"{name}-{data}.csv") for name in ("opinions", "figure5"))
    for method in METHODS:
        votes = list_votes(ratings, method, data)
        mean, line = statistics.mean(votes), opinions[method]
        assert summary[method]["mean"] == pytest.approx(mean)
        numbers = [float(line[name]) for name in ("MOS", "votes", "standard deviation")]
        assert numbers == pytest.approx([mean, len(votes), statistics.stdev(votes)])
        assert float(line["low over raters"]) < mean < float(line["high over raters"])
        labels = ("1 bad", "2 poor", "3 fair", "4 good", "5 excellent")
        assert [int(counts[method][name]) for name in labels] == [votes.count(score) for score in range(1, 6)]
        assert float(counts[method]["mean"]) == pytest.approx(mean)
    means = [statistics.mean(list_votes(ratings, method, data)) for method in ("nearest", "HR")]
    assert float(opinions["nearest"]["DMOS"]) == pytest.approx(means[0] - means[1] + 5)


def test_the_papers_tables_stand_beside_ours(folder: Path, ratings: Ratings) -> None:
    lines = read_lines(folder / "tables" / "table2.csv")
    assert list(lines) == list(TABLE2.methods)
    assert float(lines["SRGAN"]["Set14 MOS"]) == pytest.approx(statistics.mean(list_votes(ratings, "srgan", "Set14")))
    assert float(lines["SRGAN"]["Set14 MOS published"]) == 3.72
    assert lines["SelfExSR"]["Set14 MOS"] == ""
    text = (folder / "tables" / "table1.md").read_text()
    assert "SRResNet-MSE is srresnet, SRGAN-VGG54 is srgan" in text
    assert "| SRGAN-VGG22 | - / 3.78 / - | - / 3.57 / - |" in text


def test_the_frozen_rule_gives_the_main_scores() -> None:
    ratings = rate(study_of({"Set5": 3}, METHODS, screening="mle"))
    analysis = analyse(ratings)
    scores = make_summary(analysis)["sets"]["Set5"]["scores"]
    for opinion in analysis.sets[0].screened["mle"]:
        assert scores[opinion.method]["mean"] == pytest.approx(opinion.score.mean)
    assert collect_opinions(ratings, TABLE2).scores["SRGAN", "Set5"] == pytest.approx(scores["srgan"]["mean"])
    assert "screened by mle" in make_tables(analysis)["opinions"]["overview"].markdown()


def test_reliability_and_order_are_reported(folder: Path, analysis: StudyAnalysis) -> None:
    lines = read_lines(folder / "tables" / "reliability.csv", "measure")
    assert lines["pairs of votes"]["value"] == "24"
    assert float(lines["Krippendorff's alpha, ordinal"]["value"]) == analysis.alphas[0].alpha
    slope = read_lines(folder / "tables" / "order.csv", "what")["drift"]["value"]
    assert float(slope) == analysis.effects.slope.mean
    assert len(read_lines(folder / "tables" / "course.csv", "from")) == len(analysis.effects.course)


def test_every_file_of_simulated_votes_says_so(simulated: Path) -> None:
    for path in simulated.rglob("*"):
        if path.suffix in (".csv", ".jsonl"):
            text = path.read_text().splitlines()
            assert len(text) > 1 or path.stem == "flags", path
            assert all(line.startswith(("SIMULATED", '{"study": "SIMULATED')) for line in text[path.suffix == ".csv" :])
        elif path.suffix in (".md", ".tex", ".svg"):
            mark = {".md": "**SIMULATED: ", ".tex": r"\caption{SIMULATED: ", ".svg": ">SIMULATED<"}[path.suffix]
            assert mark in path.read_text(), path
        elif path.suffix == ".json":
            assert "SIMULATED" in path.read_text().splitlines()[1], path
    elements = Elements((simulated / "report.html").read_text())
    assert {"class": "warning"} in [fields for tag, fields in elements.found if tag == "p"]
    assert "SIMULATED." in elements.text


def test_reports_are_not_mixed_in_a_folder(
    analysis: StudyAnalysis, ratings: Ratings, simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srgan_study.report.study_report.draw_figures", lambda _: defaultdict(list))
    assert find_folder(Path("study"), simulated=False) != find_folder(Path("study"), simulated=True)
    (tmp_path / "file").write_text("a file")
    for folder in (simulated, tmp_path / "file"):
        with pytest.raises(OutputError):
            write_report(analysis, folder)
    (tmp_path / "votes.csv").mkdir()
    with pytest.raises(OutputError, match=r"votes\.csv"):
        write_report(analysis, tmp_path)
    with pytest.raises(OutputError, match="people's votes"):  # half a report marks its folder
        write_report(analyse(rate(ratings.study, 2, simulated=True)), tmp_path)


def test_names_are_escaped() -> None:
    study = study_of({"Set5": 2}, ("<script>x</script>", "{{ title }}", "HR"))
    stimuli = tuple(replace(item, content=f"{item.content}<img src=x>") for item in study.stimuli)
    analysis = analyse(rate(replace(study, title="<b>bold</b>", stimuli=stimuli), 2))
    elements = Elements(make_page(analysis, make_tables(analysis), defaultdict(list)))
    assert not [tag for tag, _ in elements.found if tag in ("script", "img")]
    assert [tag for tag, _ in elements.found].count("b") == 1  # the set in the list of results
    words = " ".join(elements.text)
    assert all(name in words for name in ("<script>x</script>", "{{ title }}", "p0<img src=x>", "<b>bold</b>"))


def test_the_page_refers_to_nothing_outside(folder: Path) -> None:
    elements = Elements((folder / "report.html").read_text()).found
    for tag, fields in elements:
        assert tag != "script"
        for name in ("src", "href", "action", "srcset", "poster"):
            assert (fields.get(name) or "#").startswith(("#", "data:")), (tag, fields)
        assert not any(name.startswith("on") or name == "style" for name in fields), (tag, fields)
    (policy,) = [fields["content"] or "" for _, fields in elements if "http-equiv" in fields]
    assert re.match(r"default-src 'none'; img-src data:; style-src 'sha256-", policy)
    assert "unsafe" not in policy


PARTIAL: dict[str, dict[str, Any]] = {
    "raters who stopped": {"raters": 4, "share": 0.5},
    "very few votes": {"raters": 3, "share": 0.1},
    "one rater": {"raters": 1},
    "one vote": {"raters": 1, "share": 0.04},
    "no reference": {"raters": 3, "methods": METHODS[:-1]},
    "one method": {"raters": 3, "methods": ("nearest",), "images": 6},
    "one picture": {"raters": 3, "images": 1},
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_an_unfinished_study_has_a_report(tmp_path: Path, kind: str) -> None:
    options = {"images": 4, "methods": METHODS, "share": 1.0, **PARTIAL[kind]}
    study = study_of({"Set5": options["images"]}, options["methods"])
    ratings = rate(study, options["raters"], share=options["share"])
    analysis = analyse(ratings)
    if kind in ("very few votes", "one vote"):  # in which figures lack the most
        path = write_report(analysis, tmp_path / "report")
        text, summary = path.read_text(), (path.parent / "summary.json").read_text()
    else:
        text, summary = make_page(analysis, make_tables(analysis), defaultdict(list)), to_json(make_summary(analysis))
    words, document = " ".join(Elements(text).text), json.loads(summary)
    assert "nan" not in words
    assert ("Not finished: " in words) == (options["share"] < 1)
    assert ("No rater has voted on two methods" in words) == (kind in ("one vote", "one method"))
    assert document["votes"] == sum(1 for _ in ratings.of("main"))
    assert bool(document["sets"]["Set5"]["dmos"]) == (kind not in ("no reference", "one method"))


def test_without_votes_there_is_no_report(ratings: Ratings) -> None:
    with pytest.raises(DataError):
        analyse(rate(ratings.study, 2, share=0.0))


def test_the_page_works_in_a_browser_and_on_a_phone(browser: "Browser", folder: Path) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    report = folder / "report.html"
    for width in (1100, 400):
        opened = browser.new_page(viewport={"width": width, "height": 800})
        opened.set_default_timeout(PATIENCE)
        opened.on("request", lambda request: requests.append(request.url))
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(report.as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        drawn = opened.locator("figure img")
        assert drawn.count() == 9
        assert all(drawn.evaluate_all("nodes => nodes.map(node => node.complete && node.naturalWidth > 300)"))
        opened.locator("#differences summary").click()
        assert opened.locator("#differences details table").first.is_visible()
        opened.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:")] == 2 * [report.as_uri()]


def test_the_warning_stays_in_sight(browser: "Browser", simulated: Path) -> None:
    opened = browser.new_page(viewport={"width": 1000, "height": 600})
    opened.set_default_timeout(PATIENCE)
    opened.goto((simulated / "report.html").as_uri())
    warning = opened.locator(".warning")
    assert warning.inner_text().startswith("SIMULATED.")
    opened.locator("#files").scroll_into_view_if_needed()
    box = warning.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 10
    opened.close()
