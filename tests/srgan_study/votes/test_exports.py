"""Exports of votes: nothing is lost, sureal reads them, and simulated ones say so in every line."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srgan_study.analysis.screening import screen
from srgan_study.votes.exports import keys_csv, long_csv, mark, sureal_json, votes_jsonl, wide_csv
from srgan_study.votes.ratings import Ratings
from tests.helpers.panel import METHODS, rate, study_in
from tests.helpers.votes import study_of


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    return rate(study_in(tmp_path_factory.mktemp("full") / "study", repeats=4))


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_long_csv_has_every_vote_with_all_that_is_known(full: Ratings) -> None:
    found = lines(long_csv(full))
    assert len(found) == len(full.rows) == 6 * (3 + 35 + 4)
    assert list(found[0])[:11] == [
        "study_id", "rater", "session", "seq", "phase", "content", "dataset", "method", "repeat", "score",
        "shown_at_utc",
    ]  # fmt: skip
    for line, rating in zip(found, full.rows, strict=True):
        rated = (full.study.practice if rating.phase == "practice" else full.study.stimuli)[rating.stimulus]
        assert (line["rater"], line["phase"], int(line["score"])) == (rating.rater, rating.phase, rating.score)
        assert (line["dataset"], line["content"], line["method"]) == (rated.data, rated.content, rated.method)
        assert line["image_sha256"] == rated.shown.sha256
        assert line["repeat"] == ("2" if rating.phase == "retest" else "1")
    assert {line["study_id"] for line in found} == {full.study.hash[:16]}


def test_the_wide_csv_is_the_table_of_the_main_phase(full: Ratings) -> None:
    found, keys = lines(wide_csv(full)), lines(keys_csv(full))
    scores = np.array([[float(line[rater]) for line in found] for rater in full.raters])
    assert np.array_equal(scores, full.table().scores)
    assert [line["PVS_ID"] for line in found] == [line["PVS_ID"] for line in keys]
    assert {line["PVS_ID"] for line in found} == {
        f"{data}_SRC{source:02}_HRC{method:02}"
        for data, sources in (("Set5", 4), ("Set14", 3))
        for source in range(1, sources + 1)
        for method in range(1, 6)
    }
    assert {key["PVS_ID"][-2:]: key["method"] for key in keys} == {f"0{n}": name for n, name in enumerate(METHODS, 1)}
    alike = rate(study_of({"a b": 1, "ab": 1, "_": 1}), 2)  # sets alike in letters have names of their own
    assert len({line["PVS_ID"] for line in lines(wide_csv(alike))}) == 12


def test_a_missing_vote_is_an_empty_field_and_no_entry(full: Ratings) -> None:
    some = rate(full.study, 3, share=0.3)
    empty = sum(not value for line in lines(wide_csv(some)) for value in line.values())
    assert empty == int(np.isnan(some.table().scores).sum()) > 0
    document = json.loads(sureal_json(some))
    given = [scores for video in document["dis_videos"] for scores in video["os"].values()]
    cast = sum(1 for _ in some.of("main", "retest"))
    assert sum(len(scores) if isinstance(scores, list) else 1 for scores in given) == cast
    assert all(video["os"] for video in document["dis_videos"])


def test_json_lines_give_the_votes_back(full: Ratings) -> None:
    found = [json.loads(line) for line in votes_jsonl(full).splitlines()]
    for line, rating in zip(found, full.rows, strict=True):
        assert {name: line[name] for name in vars(rating)} == vars(rating)
        assert next(iter(line)) == "study"


def test_simulated_votes_say_so_in_every_line(full: Ratings) -> None:
    simulated = replace(full, simulated=True)
    for export in (long_csv, wide_csv, keys_csv, votes_jsonl, sureal_json):
        assert "SIMULATED" not in export(full)
    assert mark(simulated) == f"SIMULATED-{full.study.hash[:16]}"
    for text in (long_csv(simulated), wide_csv(simulated), keys_csv(simulated)):
        assert all(line.startswith("SIMULATED") for line in text.splitlines()[1:])
    assert all("SIMULATED" in json.loads(line)["study"] for line in votes_jsonl(simulated).splitlines())
    document = json.loads(sureal_json(simulated))
    assert (document["simulated"], document["dataset_name"].startswith("SIMULATED")) == (True, True)


def test_sureals_file_names_contents_and_lists_repeats(full: Ratings) -> None:
    document = json.loads(sureal_json(full))
    paths = {video["content_id"]: video["path"] for video in document["ref_videos"]}
    assert list(paths) == list(range(7))
    assert len({video["asset_id"] for video in document["dis_videos"]}) == len(document["dis_videos"]) == 35
    for video in document["dis_videos"]:
        assert (paths[video["content_id"]] == video["path"]) == (video["method"] == "HR")
    again = [video for video in document["dis_videos"] if isinstance(video["os"]["R01"], list)]
    assert [video["asset_id"] for video in again] == list(full.study.retest)
    first, second = ({r.rater: r.score for r in full.of(phase) if r.stimulus == again[0]["asset_id"]}
                     for phase in ("main", "retest"))  # fmt: skip
    assert again[0]["os"] == {rater: [first[rater], second[rater]] for rater in full.raters}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # it divides by zero where all votes are equal
@pytest.mark.parametrize("kind", ["plain", "repeats", "no reference", "sparse"])
def test_sureal_reads_every_kind_of_study(tmp_path: Path, kind: str) -> None:
    """MOS and maximum likelihood by sureal from the exported file equal ours, and sureal recognises the reference."""
    routine = pytest.importorskip("sureal.routine")
    models = pytest.importorskip("sureal.subjective_model")
    methods = METHODS[:-1] if kind == "no reference" else METHODS
    study = study_in(tmp_path / "study", methods=methods, repeats=3 * (kind == "repeats"))
    ratings = rate(study, 8 if kind == "plain" else 5, share=0.6 if kind == "sparse" else 1.0)
    path = tmp_path / "sureal.json"
    path.write_text(sureal_json(ratings))
    chosen: list[Any] = [models.MosModel]
    chosen += [models.SubjectMLEModelProjectionSolver2] if kind == "plain" else []
    dataset, _, (mos, *likely) = routine.run_subjective_models(str(path), chosen)
    rated = {rating.stimulus for rating in ratings.of("main", "retest")}
    assert len(mos["quality_scores"]) == len(rated)
    reader = pytest.importorskip("sureal.dataset_reader").RawDatasetReader(dataset)
    assert sum(reader.disvideo_is_refvideo) == len({s for s in rated if study.stimuli[s].method == "HR"})
    if kind == "plain":
        table = ratings.table()
        assert mos["quality_scores"] == pytest.approx(table.scores.mean(axis=0))
        assert likely[0]["quality_scores"] == pytest.approx(screen(table, "mle").scores, abs=1e-4)
