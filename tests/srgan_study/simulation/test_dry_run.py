"""A dry run through the real server: planted means and bad raters are recovered, and votes are kept apart."""

import asyncio
import json
import sqlite3
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, UsageError
from srgan.progress import NoProgress
from srgan_study.analysis.rater_outliers import flag_raters
from srgan_study.simulation.dry_run import RECORD, DryRun, simulate_votes
from srgan_study.simulation.parameter_recovery import recover_means
from srgan_study.simulation.rater_model import BAD, Kind, PlantedMean, plant
from srgan_study.simulation.simulated_client import Habits, SimulatedClient
from srgan_study.simulation.simulated_means import choose_means
from srgan_study.stimuli.create_study import StudyPlan, create_study
from srgan_study.stimuli.sources import find_sources
from srgan_study.stimuli.stimulus_selection import PAPER_VERSIONS, StimulusSelection, select
from srgan_study.study import Design, Study
from srgan_study.votes.store import SIMULATED, VOTES, Store, read_ratings
from tests.helpers.recorded_progress import RecordedProgress
from tests.helpers.studies_made_up import make_study


def choose(study: Study) -> tuple[PlantedMean, ...]:
    return choose_means(study, {"good": 3.6})


def plan(study: Study, raters: int, bad: tuple[Kind, ...] = (), *, seed: int = 0) -> DryRun:
    return DryRun(plant(study, choose(study), seed=seed), raters, bad, Habits(undo=0.1, reload=0.1, pause=0.1))


@pytest.fixture(scope="module")
def progress() -> RecordedProgress:
    return RecordedProgress()


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory, progress: RecordedProgress) -> Path:
    """A study of 24 versions rated by nine raters, the last three of them bad; eight people were invited before."""
    folder = tmp_path_factory.mktemp("simulation") / "study"
    study = make_study(folder, sets={"Set5": 3, "Set14": 3}, raters=8)
    with Store.open(folder) as store:
        assert len(store.raters()) == 8
    before = (folder / VOTES).read_bytes()
    codes = simulate_votes(folder, plan(study, 9, BAD), progress)
    assert codes == tuple(f"R{number:02}" for number in range(1, 10))
    assert (folder / VOTES).read_bytes() == before
    return folder


def test_every_rater_votes_on_everything_once(rated: Path, progress: RecordedProgress) -> None:
    ratings = read_ratings(rated, simulated=True)
    assert not np.isnan(ratings.table().scores).any()
    assert len(ratings.rows) == 9 * (24 + 3)
    assert [what for what, _ in progress.tasks] == ["simulated votes"]
    assert sum(progress.counts[0]) == progress.tasks[0][1] <= 9 * 27
    assert any(row.revisions for row in ratings.rows)
    assert max(row.sitting for row in ratings.rows) > 1


def test_planted_means_and_bad_raters_are_recovered(rated: Path) -> None:
    ratings = read_ratings(rated, simulated=True)
    means = choose(ratings.study)
    recovered = recover_means(ratings, means, ["R07", "R08", "R09"])
    assert [one.planted for one in recovered] == list(means)
    assert sum(one.inside for one in recovered) >= len(recovered) - 1
    assert all(one.good.n == 6 and one.everyone.n == 9 for one in recovered)
    flags = {(flag.rater, flag.rule) for flag in flag_raters(ratings)}
    assert {("R07", "constant"), ("R08", "correlation"), ("R09", "inverted")} <= flags
    assert {rater for rater, rule in flags if rule in ("constant", "inverted")} == {"R07", "R09"}


def test_everything_is_marked_as_simulated(rated: Path) -> None:
    assert read_ratings(rated, simulated=True).simulated
    record = json.loads((rated / RECORD).read_text())
    assert (record["simulated"], record["raters"][6:]) == (True, list(BAD))
    with sqlite3.connect(rated / SIMULATED) as connection:
        assert connection.execute("SELECT simulated FROM study").fetchone() == (1,)
    assert read_ratings(rated).rows == ()


def test_a_finished_dry_run_is_not_repeated_or_mixed_with_another(rated: Path) -> None:
    before = read_ratings(rated, simulated=True)
    simulate_votes(rated, plan(before.study, 9, BAD), NoProgress())
    for other in (plan(before.study, 9, BAD, seed=1), plan(before.study, 8, BAD), plan(before.study, 9)):
        with pytest.raises(UsageError):
            simulate_votes(rated, other, NoProgress())
    assert read_ratings(rated, simulated=True) == before


def test_votes_without_their_record_are_not_continued(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)
    with Store.open(tmp_path / "study", simulated=True):
        pass
    with pytest.raises(DataError):
        simulate_votes(tmp_path / "study", plan(study, 1), NoProgress())


@pytest.mark.parametrize("interrupt", [True, False])
def test_an_interrupted_dry_run_can_be_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupt: bool
) -> None:
    study = make_study(tmp_path / "study", sets={"Set5": 4}, raters=4)
    dry_run, asked, rate = plan(study, 4), Event(), SimulatedClient._rate

    class Impatient(NoProgress):
        def should_stop(self) -> bool:
            asked.set()
            if interrupt:
                raise KeyboardInterrupt
            return True

    async def wait_to_be_stopped(client: SimulatedClient, state: dict[str, Any]) -> dict[str, Any]:
        await asyncio.to_thread(asked.wait, 60)
        return await rate(client, state)

    monkeypatch.setattr(SimulatedClient, "_rate", wait_to_be_stopped)
    if interrupt:
        with pytest.raises(KeyboardInterrupt):
            simulate_votes(tmp_path / "study", dry_run, Impatient())
    else:
        assert len(simulate_votes(tmp_path / "study", dry_run, Impatient())) == 4
    part = len(read_ratings(tmp_path / "study", simulated=True).rows)
    simulate_votes(tmp_path / "study", dry_run, NoProgress())
    votes = [(row.rater, row.phase, row.stimulus) for row in read_ratings(tmp_path / "study", simulated=True).rows]
    assert part < len(votes) == len(set(votes)) == 4 * (16 + 3)


def test_few_raters_vote_at_once_so_that_files_suffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = make_study(tmp_path / "study", sets={"Set5": 1}, raters=5, calibration=0, practice=0)
    here, most, rate = 0, 0, SimulatedClient.rate_everything

    async def count(client: SimulatedClient) -> None:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await rate(client)
        here -= 1

    monkeypatch.setattr(SimulatedClient, "rate_everything", count)
    monkeypatch.setattr("srgan_study.simulation.dry_run._AT_ONCE", 2)
    simulate_votes(tmp_path / "study", plan(study, 5), NoProgress())
    assert (most, len(read_ratings(tmp_path / "study", simulated=True).rows)) == (2, 5 * 4)


@pytest.mark.parametrize(("raters", "bad", "parameter"), [(1, BAD[:1], "bad"), (0, (), "raters")])
def test_invalid_dry_runs_are_refused(tmp_path: Path, raters: int, bad: tuple[Kind, ...], parameter: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(make_study(tmp_path / "study"), raters, bad)
    assert caught.value.parameter == parameter


@pytest.mark.slow
def test_the_papers_design_is_recovered_from_26_raters(data_folder: Path, tmp_path: Path) -> None:
    """Parts of real images in 12 and 9 versions; few of each set, or this would last minutes."""
    for data, count in {"Set5": 2, "Set14": 1, "BSD100": 1}.items():
        for file in sorted((data_folder / "testsets" / data).glob("*.png"))[:count]:
            write_versions(file, tmp_path / "made", data)
    sources = find_sources([f"{name}={tmp_path / 'made' / name}" for name in PAPER_VERSIONS])
    chosen, _ = select(sources, StimulusSelection(as_in_paper=True))
    samples = data_folder / "train" / "BSDS500_train_test"
    study_plan = StudyPlan(chosen, Design(calibration=2), examples=samples if samples.is_dir() else None)
    study = create_study(study_plan, tmp_path / "study", NoProgress())
    assert study.ratings_per_rater == 2 * 12 + 12 + 9
    means = choose_means(study, {})
    assert {mean.source for mean in means} == {"the paper's"}
    codes = simulate_votes(tmp_path / "study", DryRun(plant(study, means), 26, BAD), NoProgress())
    ratings = read_ratings(tmp_path / "study", simulated=True)
    assert len(ratings.rows) == 26 * (45 + 5)
    recovered = recover_means(ratings, means, codes[-3:])
    assert sum(one.inside for one in recovered) >= 0.8 * len(recovered)  # 95 % of many independent panels
    flags = {(flag.rater, flag.rule) for flag in flag_raters(ratings)}
    assert {("R24", "constant"), ("R25", "correlation"), ("R26", "inverted")} <= flags
    assert {rater for rater, rule in flags if rule in ("constant", "inverted")} <= set(codes[-3:])


def write_versions(file: Path, folder: Path, data: str) -> None:
    """Write an image as each method has it: nearest, bicubic, and blends of bicubic with the original for others."""
    picture = Image.open(file).convert("RGB")
    width, height = (min(side // 4 * 4, 240) for side in picture.size)
    true = picture.crop((0, 0, width, height))
    small = true.resize((width // 4, height // 4), Image.Resampling.BICUBIC)
    smooth = small.resize(true.size, Image.Resampling.BICUBIC)
    for place, name in enumerate(PAPER_VERSIONS):
        made = Image.blend(smooth, true, max(place - 1, 0) / (len(PAPER_VERSIONS) - 2))
        if name == "nearest":
            made = small.resize(true.size, Image.Resampling.NEAREST)
        (folder / name / data).mkdir(parents=True, exist_ok=True)
        made.save(folder / name / data / file.name, compress_level=1)
