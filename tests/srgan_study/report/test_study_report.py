"""The report: numbers that are the votes', every unit named, nothing that asks for anything, SIMULATED everywhere."""

import csv
import json
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from srgan.errors import DataError, OutputError
from srgan.paper.published import SEEDS, TABLE1, TABLE2
from srgan_study.analysis.paper_comparison import opinions_of, printed_score, rows_of
from srgan_study.analysis.study_analysis import Findings, find
from srgan_study.report.study_report import folder_of, page, tables, write_report
from srgan_study.report.summary import plain, summary, to_json
from srgan_study.votes.ratings import Ratings
from tests.helpers.elements import Elements
from tests.helpers.panel import METHODS, rate, study_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PARTS = ("opinions", "distributions", "differences", "pictures", "raters", "order")
"""Of the page, those that have figures."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    return rate(study_in(tmp_path_factory.mktemp("full") / "study", repeats=4))


@pytest.fixture(scope="module")
def findings(full: Ratings) -> Findings:
    return find(full)


@pytest.fixture(scope="module")
def folder(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study that six raters have finished."""
    return write_report(findings, tmp_path_factory.mktemp("people") / "report").parent


@pytest.fixture(scope="module")
def rehearsal(full: Ratings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of simulated votes, on one set."""
    study = study_in(tmp_path_factory.mktemp("rehearsal") / "study", sets={"Set5": 2})
    return write_report(find(rate(study, 3, simulated=True)), tmp_path_factory.mktemp("programs") / "report").parent


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def votes_of(ratings: Ratings, method: str, data: str) -> list[int]:
    stimuli = ratings.study.stimuli
    wanted = {stimulus.id for stimulus in stimuli if (stimulus.method, stimulus.data) == (method, data)}
    return [rating.score for rating in ratings.of("main") if rating.stimulus in wanted]


def test_everything_is_in_the_folder(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "summary.json", "votes.csv", "votes.jsonl", "votes-wide.csv", "votes-wide-keys.csv",
        "sureal.json", "tables", "figures",
    }  # fmt: skip
    names = {path.stem for path in (folder / "figures").iterdir()}
    sets = [f"{kind}-{data}" for kind in ("figure5", "pictures", "differences") for data in ("Set5", "Set14")]
    assert names == {"means", "raters", "course", *sets}
    for name in names:
        assert (folder / "figures" / f"{name}.svg").read_text().startswith("<?xml")
        with Image.open(folder / "figures" / f"{name}.png") as picture:
            assert picture.width > 500
    for path in (folder / "tables").glob("*.csv"):
        assert path.with_suffix(".md").exists()
        assert r"\toprule" in path.with_suffix(".tex").read_text()
    assert not list(folder.rglob(".*"))


def test_the_scores_are_the_means_of_the_votes(folder: Path, full: Ratings) -> None:
    found = json.loads((folder / "summary.json").read_text())
    for data in ("Set5", "Set14"):
        table = {line["method"]: line for line in lines(folder / "tables" / f"opinions-{data}.csv")}
        for method in METHODS:
            votes = votes_of(full, method, data)
            mean = statistics.mean(votes)
            assert found["sets"][data]["scores"][method]["mean"] == pytest.approx(mean)
            assert float(table[method]["MOS"]) == pytest.approx(mean)
            assert int(table[method]["votes"]) == len(votes)
            assert float(table[method]["standard deviation"]) == pytest.approx(statistics.stdev(votes))
            assert float(table[method]["low over raters"]) < mean < float(table[method]["high over raters"])
        assert float(table["nearest"]["DMOS"]) == pytest.approx(
            statistics.mean(votes_of(full, "nearest", data)) - statistics.mean(votes_of(full, "HR", data)) + 5
        )


def test_the_numbers_of_figure_5_are_the_counts(folder: Path, full: Ratings) -> None:
    for line in lines(folder / "tables" / "figure5-Set5.csv"):
        votes = votes_of(full, line["method"], "Set5")
        counts = [int(line[name]) for name in ("1 bad", "2 poor", "3 fair", "4 good", "5 excellent")]
        assert counts == [votes.count(score) for score in range(1, 6)]
        assert float(line["mean"]) == pytest.approx(statistics.mean(votes))


def test_every_pair_is_tested_in_every_unit(folder: Path, full: Ratings) -> None:
    found = lines(folder / "tables" / "tests-Set5.csv")
    assert len(found) == 3 * 10
    assert {line["unit"] for line in found} == {"pooled votes", "images", "raters"}
    line = next(
        line
        for line in found
        if (line["unit"], line["first"], line["second"]) == ("pooled votes", "nearest", "bicubic")
    )
    first, second = (np.array(votes_in_order(full, method)) for method in ("nearest", "bicubic"))
    assert float(line["first less second [MOS]"]) == pytest.approx(float((first - second).mean()))
    if int(line["differ"]) > 25:
        assert float(line["p"]) == pytest.approx(stats.wilcoxon(first - second, method="approx").pvalue, rel=0.5)
    text = (folder / "tables" / "tests-Set5.md").read_text()
    assert "p is far too small" in text
    assert "other raters" in text


def votes_in_order(ratings: Ratings, method: str) -> list[int]:
    """By rater and picture of Set5."""
    stimuli = {s.id: s.content for s in ratings.study.stimuli if (s.method, s.data) == (method, "Set5")}
    votes = {(r.rater, stimuli[r.stimulus]): r.score for r in ratings.of("main") if r.stimulus in stimuli}
    return [votes[key] for key in sorted(votes)]


def test_the_matrix_tells_what_so_few_pictures_cannot_show(folder: Path) -> None:
    text = (folder / "tables" / "matrix-Set5.md").read_text()
    assert "4 images are too few: no difference can be shown among 10 pairs." in text
    row = next(line for line in text.splitlines() if line.startswith("| nearest |"))
    assert re.fullmatch(r"\| nearest \|  \| -\d\.\d\d( v)? \| -1\.\d\d v \| -2\.\d\d v \| -3\.\d\d v \|", row)


def test_the_papers_tables_stand_beside_ours(folder: Path, full: Ratings) -> None:
    found = {line["method"]: line for line in lines(folder / "tables" / "table2.csv")}
    assert list(found) == list(TABLE2.methods)
    assert float(found["SRGAN"]["Set14 MOS"]) == pytest.approx(statistics.mean(votes_of(full, "srgan", "Set14")))
    assert float(found["SRGAN"]["Set14 MOS published"]) == 3.72
    assert found["SelfExSR"]["Set14 MOS"] == ""
    text = (folder / "tables" / "table1.md").read_text()
    assert "SRResNet-MSE is srresnet, SRGAN-VGG54 is srgan" in text
    assert "| SRGAN-VGG22 | - / 3.78 / - | - / 3.57 / - |" in text


def test_methods_stand_for_rows() -> None:
    assert rows_of(TABLE2, ["srgan", "SRGAN", "HR"]) == {"SRGAN": "SRGAN", "HR": "HR"}  # its own name first
    assert rows_of(TABLE1, ["SRResNet", "srgan-vgg54"]) == {"SRResNet-MSE": "SRResNet", "SRGAN-VGG54": "srgan-vgg54"}
    assert rows_of(SEEDS, ["mine"]) == {}
    assert printed_score("srresnet", "BSD100") == 2.29
    assert printed_score("SRGAN-MSE", "Set5") == 3.77
    assert printed_score("SRGAN-MSE", "BSD100") is None
    assert printed_score("mine", "Set5") is None


def test_scores_with_and_without_each_rule_stand_side_by_side(folder: Path, findings: Findings) -> None:
    found = lines(folder / "tables" / "screening.csv")
    assert len(found) == 10
    for line in found:
        for rule in ("bt500", "p913", "mle"):
            assert float(line[f"{rule} less none"]) == pytest.approx(
                float(line[f"{rule} MOS"]) - float(line["none MOS"])
            )
    notes = (folder / "tables" / "screening.md").read_text()
    assert all(f"{rule}: " in notes for rule in ("bt500", "p913", "mle"))
    assert "left out: nobody" in notes


def test_the_rule_that_was_frozen_makes_the_main_numbers(full: Ratings, tmp_path: Path) -> None:
    study = study_in(tmp_path / "study", sets={"Set5": 3}, screening="mle")
    ratings = rate(study)
    found = find(ratings)
    scores = summary(found)["sets"]["Set5"]["scores"]
    for opinion in found.sets[0].screened["mle"]:
        assert scores[opinion.method]["mean"] == pytest.approx(opinion.score.mean)
    assert opinions_of(ratings, TABLE2).scores["SRGAN", "Set5"] == pytest.approx(scores["srgan"]["mean"])
    text = tables(found)["opinions"][0].markdown()
    assert "screened by mle" in text
    assert "ITU-T P.910" in text


def test_nobody_decides_alone_in_a_panel(findings: Findings, folder: Path) -> None:
    assert findings.decided_alone is None
    assert "Maximum likelihood gives" not in (folder / "report.html").read_text()


def test_raters_are_told_apart(folder: Path, full: Ratings) -> None:
    found = {line["rater"]: line for line in lines(folder / "tables" / "raters.csv")}
    assert list(found) == list(full.raters)
    for rater, line in found.items():
        own = [rating for rating in full.of("main", "retest") if rating.rater == rater]
        assert int(line["votes"]) == len(own) == full.study.ratings_per_rater
        assert line["finished"] == "yes"
        assert float(line["seconds a vote, median"]) == statistics.median(vote.response_ms for vote in own) / 1000
        assert int(line["sittings"]) == 2
        assert int(line["taken back"]) == 1


def test_the_study_is_described(folder: Path, full: Ratings) -> None:
    found = {line["what"]: line["value"] for line in lines(folder / "tables" / "design.csv")}
    assert found["hash"] == full.study.hash
    assert found["votes that count"] == "234"
    assert found["raters who finished"] == "6"
    assert found["sittings"] == "12, from 2 to 2 a rater; 6 pauses"
    assert "Set5: 4 pictures x 5 methods" in found["what is rated"]


def test_reliability_and_order_are_told(folder: Path, findings: Findings) -> None:
    found = {(line["what"], line["measure"]): line for line in lines(folder / "tables" / "reliability.csv")}
    assert found["same rater twice", "pairs of votes"]["value"] == "24"
    assert float(found["different raters", "Krippendorff's alpha, ordinal"]["value"]) == findings.alphas[0].alpha
    order = lines(folder / "tables" / "order.csv")
    assert float(order[0]["value"]) == findings.effects.slope.mean
    assert len(lines(folder / "tables" / "course.csv")) == len(findings.effects.course)


def test_the_hash_is_everywhere(folder: Path, full: Ratings) -> None:
    for path in folder.rglob("*.*"):
        if path.is_file() and path.suffix != ".png" and path.name != "votes-wide.csv":  # whose keys have it
            assert full.study.hash[:16] in path.read_text() or path.name == "flags.csv", path  # which is empty
    for path in (folder / "tables").glob("*.csv"):
        assert {line["study"] for line in lines(path)} <= {full.study.hash[:16]}


def test_simulated_is_said_everywhere(rehearsal: Path) -> None:
    for path in rehearsal.rglob("*"):
        if path.suffix in (".csv", ".jsonl"):
            text = path.read_text().splitlines()
            assert len(text) > 1 or path.stem == "flags", path
            assert all(line.startswith(("SIMULATED", '{"study": "SIMULATED')) for line in text[path.suffix == ".csv" :])
        elif path.suffix == ".md":
            assert path.read_text().startswith("**SIMULATED: "), path
        elif path.suffix == ".tex":
            assert r"\caption{SIMULATED: " in path.read_text(), path
        elif path.suffix == ".json":
            assert "SIMULATED" in path.read_text().splitlines()[1], path
        elif path.suffix == ".svg":
            assert ">SIMULATED<" in path.read_text(), path
    elements = Elements((rehearsal / "report.html").read_text())
    assert {"class": "simulated"} in [fields for tag, fields in elements.found if tag == "p"]
    assert elements.text[elements.text.index("SIMULATED.") + 1].startswith(" Programs cast all of these votes")


def test_people_are_never_called_simulated(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        if path.is_file() and path.suffix != ".png":
            assert "SIMULATED" not in path.read_text(), path


def test_reports_are_not_mixed_in_a_folder(findings: Findings, rehearsal: Path, tmp_path: Path) -> None:
    assert folder_of(Path("study"), simulated=False) != folder_of(Path("study"), simulated=True)
    with pytest.raises(
        OutputError, match=r"holds a report of simulated votes on study [0-9a-f]{16}: name another folder"
    ):
        write_report(findings, rehearsal)
    (tmp_path / "report").write_text("a file")
    with pytest.raises(OutputError, match="report"):
        write_report(findings, tmp_path / "report")


def test_half_a_report_says_whose_it_is(
    findings: Findings, full: Ratings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srgan_study.report.study_report.illustrate", lambda _: {part: [] for part in PARTS})
    (tmp_path / "tables").write_text("a file")
    with pytest.raises(OutputError, match="tables"):
        write_report(findings, tmp_path)
    with pytest.raises(OutputError, match="holds a report of people's votes on study"):
        write_report(find(rate(full.study, 2, simulated=True)), tmp_path)


def test_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    study = study_in(tmp_path / "study", sets={"Set5": 2}, methods=("nearest", "mine", "HR"))
    hostile = tuple(
        type(method)(**{**vars(method), "name": name})
        for method, name in zip(study.methods, ("<script>x</script>", "$title", "HR"), strict=True)
    )
    names = dict(zip((method.name for method in study.methods), (method.name for method in hostile), strict=True))
    stimuli = tuple(
        type(item)(**{**vars(item), "method": names[item.method], "content": f"{item.content}<img src=x>"})
        for item in study.stimuli
    )
    fields = {name: getattr(study, name) for name in study.__dataclass_fields__}
    changed = type(study)(**{**fields, "title": "<b>bold</b>", "methods": hostile, "stimuli": stimuli})
    found = find(rate(changed, 2))
    elements = Elements(page(found, tables(found), {part: [] for part in PARTS}))
    assert not [tag for tag, _ in elements.found if tag in ("script", "img")]
    assert [tag for tag, _ in elements.found].count("b") == 1  # the set in the list of results
    words = " ".join(elements.text)
    assert all(name in words for name in ("<script>x</script>", "$title", "a<img src=x>", "<b>bold</b>"))


def test_nothing_in_the_page_points_out_of_it(folder: Path) -> None:
    found = Elements((folder / "report.html").read_text()).found
    for tag, fields in found:
        assert tag != "script"
        for name in ("src", "href", "action", "srcset", "poster"):
            assert (fields.get(name) or "#").startswith(("#", "data:")), (tag, fields)
        assert not any(name.startswith("on") or name == "style" for name in fields), (tag, fields)
    (policy,) = [fields["content"] or "" for _, fields in found if "http-equiv" in fields]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy


def test_the_summary_is_json_without_numbers_that_json_has_not() -> None:
    assert plain({"a": (np.float64("nan"), float("inf"), np.int64(3), np.bool_(True))}) == {"a": [None, "inf", 3, True]}
    assert to_json({"a": plain(np.float32(0.5))}) == '{\n "a": 0.5\n}\n'


PARTIAL: dict[str, dict[str, Any]] = {
    "raters who stopped": {"raters": 4, "share": 0.5},
    "very few votes": {"raters": 3, "share": 0.1},
    "one rater": {"raters": 1},
    "one vote": {"raters": 1, "share": 0.04},
    "no reference": {"raters": 3, "methods": METHODS[:-1]},
    "one method": {"raters": 3, "methods": ("nearest",), "sets": {"Set5": 6}},
    "one picture": {"raters": 3, "sets": {"Set5": 1}},
}


DRAWN = ("very few votes", "one vote")
"""Those in which figures lack the most."""


@pytest.mark.parametrize("kind", PARTIAL)
def test_a_study_that_is_not_finished_has_a_report(tmp_path: Path, kind: str) -> None:
    options = {"sets": {"Set5": 4}, "methods": METHODS, **PARTIAL[kind]}
    study = study_in(tmp_path / "study", sets=options["sets"], methods=options["methods"])
    ratings = rate(study, options["raters"], share=options.get("share", 1.0))
    found = find(ratings)
    if kind in DRAWN:
        path = write_report(found, tmp_path / "report")
        text, document = path.read_text(), json.loads((path.parent / "summary.json").read_text())
    else:
        text, document = page(found, tables(found), {part: [] for part in PARTS}), json.loads(to_json(summary(found)))
    words = " ".join(Elements(text).text)
    assert "nan" not in words
    assert ("Not finished: " in words) == ("share" in options)
    assert ("No rater has voted on two methods" in words) == (kind in ("one vote", "one method"))
    assert document["votes"] == sum(1 for _ in ratings.of("main"))
    assert bool(document["sets"]["Set5"]["dmos"]) == (kind not in ("no reference", "one method"))


def test_without_votes_there_is_no_report(full: Ratings) -> None:
    with pytest.raises(DataError, match="nobody has rated anything in this study yet: there is a report once"):
        find(rate(full.study, 2, share=0.0))
    with pytest.raises(DataError, match="simulated raters have rated"):
        find(rate(full.study, 2, share=0.0, simulated=True))


def test_the_page_asks_for_nothing_and_is_not_wider_than_a_phone(browser: "Browser", folder: Path) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    report = folder / "report.html"
    for width in (1100, 400):
        opened = browser.new_page(viewport={"width": width, "height": 800})
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


def test_the_banner_stays_in_sight(browser: "Browser", rehearsal: Path) -> None:
    opened = browser.new_page(viewport={"width": 1000, "height": 600})
    opened.goto((rehearsal / "report.html").as_uri())
    banner = opened.locator(".simulated")
    assert banner.inner_text().startswith("SIMULATED. Programs cast all")
    opened.locator("#files").scroll_into_view_if_needed()
    box = banner.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 10
    opened.close()
