"""A rehearsal through the real server: planted means and bad raters are found, and nobody's votes are mixed up."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan.errors import DataError, UsageError
from srgan_study.analysis.rater_outliers import flags
from srgan_study.simulation.dry_run import RECORD, Rehearsal, rehearse
from srgan_study.simulation.parameter_recovery import recovered, table
from srgan_study.simulation.rater_model import Kind, plant
from srgan_study.simulation.simulated_client import Habits
from srgan_study.simulation.simulated_means import Mean, planted_means
from srgan_study.stimuli.create_study import StudyPlan, create_study
from srgan_study.stimuli.sources import find_sources
from srgan_study.stimuli.stimulus_selection import StimulusSelection, select
from srgan_study.study import Design, Study
from srgan_study.votes.store import SIMULATED, VOTES, Store, read_ratings
from tests.helpers.studies_made_up import make_study

OFTEN = Habits(undo=0.1, reload=0.1, pause=0.1)


class Listener:
    """Hears of progress."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def say(self, line: str) -> None:
        pass

    def count(self, what: str, done: int, whole: int) -> None:
        self.told.append((done, whole))


def plan(study: Study, raters: int, bad: tuple[Kind, ...] = (), *, seed: int = 0) -> tuple[tuple[Mean, ...], Rehearsal]:
    means = planted_means(study, {"good": 3.6})
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in means}, seed=seed)
    return means, Rehearsal(planted, raters, bad, OFTEN)


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Mean, ...], Listener]:
    """A study of 24 versions that nine raters rated, the last three of whom are bad; people were invited before."""
    folder = tmp_path_factory.mktemp("simulation") / "study"
    study = make_study(folder, sets={"Set5": 3, "Set14": 3}, raters=9)
    with Store.open(folder) as store:
        assert len(store.raters()) == 9
    before = (folder / VOTES).read_bytes()
    means, rehearsal = plan(study, 9, ("constant", "random", "inverted"))
    listener = Listener()
    codes = rehearse(folder, rehearsal, listener)
    assert codes == tuple(f"R{number:02}" for number in range(1, 10))
    assert (folder / VOTES).read_bytes() == before
    return folder, means, listener


def test_everybody_voted_on_everything_once(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder, _, listener = rated
    ratings = read_ratings(folder, simulated=True)
    assert not np.isnan(ratings.table().scores).any()
    assert len(ratings.rows) == 9 * (24 + 3)
    assert listener.told[-1] == (9 * 27, 9 * 27)
    assert any(row.revisions for row in ratings.rows)
    assert max(row.sitting for row in ratings.rows) > 1


def test_the_planted_means_lie_in_the_intervals(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder, means, _ = rated
    ratings = read_ratings(folder, simulated=True)
    bad = ["R07", "R08", "R09"]
    found = recovered(ratings, means, bad)
    assert [one.planted for one in found] == list(means)
    assert sum(one.inside for one in found) >= len(found) - 1
    assert all(one.good.n == 6 and one.everyone.n == 9 for one in found)
    text = table(found, ratings, bad).markdown()
    assert text.startswith("**SIMULATED opinion scores")
    assert "| Set5 | HR | 4.32 | the paper's |" in text
    assert "cast by programs" in text


def test_the_bad_raters_are_flagged(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    found = {(flag.rater, flag.rule) for flag in flags(read_ratings(rated[0], simulated=True))}
    assert {("R07", "constant"), ("R08", "correlation"), ("R09", "inverted")} <= found
    assert {rater for rater, rule in found if rule in ("constant", "inverted")} == {"R07", "R09"}


def test_all_that_is_kept_says_that_it_is_simulated(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder = rated[0]
    assert read_ratings(folder, simulated=True).simulated
    record = json.loads((folder / RECORD).read_text())
    assert record["simulated"] is True
    assert record["what"].startswith("SIMULATED")
    assert record["raters"][6:] == ["constant", "random", "inverted"]
    with sqlite3.connect(folder / SIMULATED) as connection:
        assert connection.execute("SELECT simulated FROM study").fetchone() == (1,)
    assert read_ratings(folder).rows == ()


def test_simulated_votes_cannot_be_passed_off_as_peoples(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder = rated[0]
    people = folder / VOTES
    kept = people.read_bytes()
    try:
        people.write_bytes((folder / SIMULATED).read_bytes())
        with pytest.raises(DataError, match="holds votes of programs"):
            read_ratings(folder)
    finally:
        people.write_bytes(kept)


def test_a_rehearsal_that_is_done_is_not_done_again(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder = rated[0]
    before = read_ratings(folder, simulated=True)
    study = before.study
    rehearse(folder, plan(study, 9, ("constant", "random", "inverted"))[1], Listener())
    assert read_ratings(folder, simulated=True) == before


def test_another_rehearsal_is_not_mixed_with_the_first(rated: tuple[Path, tuple[Mean, ...], Listener]) -> None:
    folder = rated[0]
    study = read_ratings(folder, simulated=True).study
    kinds: tuple[Kind, ...] = ("constant", "random", "inverted")
    for other in (plan(study, 9, kinds, seed=1)[1], plan(study, 8, kinds)[1], plan(study, 9)[1]):
        with pytest.raises(UsageError, match=r"holds another rehearsal, .* name another folder with -o"):
            rehearse(folder, other, Listener())


def test_votes_without_their_record_are_not_gone_on_with(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)
    with Store.open(tmp_path / "study", simulated=True):
        pass
    with pytest.raises(DataError, match=r"simulation.json cannot be read, .* delete .*simulated.sqlite"):
        rehearse(tmp_path / "study", plan(study, 1)[1], Listener())


def test_an_interruption_lets_the_rest_be_done_later(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"Set5": 8}, raters=4)
    rehearsal = plan(study, 4)[1]

    class Impatient(Listener):
        def count(self, what: str, done: int, whole: int) -> None:
            super().count(what, done, whole)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rehearse(tmp_path / "study", rehearsal, Impatient())
    part = len(read_ratings(tmp_path / "study", simulated=True).rows)
    listener = Listener()
    rehearse(tmp_path / "study", rehearsal, listener)
    votes = [(row.rater, row.phase, row.stimulus) for row in read_ratings(tmp_path / "study", simulated=True).rows]
    assert part <= len(votes) == len(set(votes)) == 4 * (32 + 3)


def test_more_raters_than_the_design_has_are_invited(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", sets={"Set5": 1}, raters=2)
    assert rehearse(tmp_path / "study", plan(study, 3)[1], Listener()) == ("R01", "R02", "R03")
    assert read_ratings(tmp_path / "study", simulated=True).raters == ("R01", "R02", "R03")


def test_a_rehearsal_of_bad_raters_alone_is_refused(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    with pytest.raises(UsageError, match="leaves no good rater among 1: give more --raters"):
        plan(study, 1, ("random",))
    with pytest.raises(UsageError, match="--raters is 0"):
        plan(study, 0)


@pytest.mark.slow
def test_the_papers_design_is_recovered_from_26_raters(data_folder: Path, tmp_path: Path) -> None:
    """Parts of real pictures in 12 and 9 versions; few of each set, or this would last minutes."""
    counts = {"Set5": 2, "Set14": 1, "BSD100": 1}
    for data, count in counts.items():
        for file in sorted((data_folder / "testsets" / data).glob("*.png"))[:count]:
            write_versions(file, tmp_path / "made", data)
    sources = find_sources([f"{name}={tmp_path / 'made' / name}" for name in METHODS])
    chosen, notes = select(sources, StimulusSelection(as_in_paper=True))
    assert notes == ()
    samples = data_folder / "train" / "BSDS500_train_test"
    design = Design(calibration=2)
    study = create_study(
        StudyPlan(chosen, design, examples=samples if samples.is_dir() else None), tmp_path / "study", Listener()
    )
    assert study.ratings_per_rater == 2 * 12 + 12 + 9
    means = planted_means(study, {})
    assert {mean.source for mean in means} == {"the paper's"}
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in means})
    codes = rehearse(tmp_path / "study", Rehearsal(planted, 26, ("constant", "random", "inverted")), Listener())
    ratings = read_ratings(tmp_path / "study", simulated=True)
    assert len(ratings.rows) == 26 * (45 + 5)
    found = recovered(ratings, means, codes[-3:])
    assert sum(one.inside for one in found) >= 0.8 * len(found)  # 95 % of many independent panels
    marks = {(flag.rater, flag.rule) for flag in flags(ratings)}
    assert {("R24", "constant"), ("R25", "correlation"), ("R26", "inverted")} <= marks
    assert {rater for rater, rule in marks if rule in ("constant", "inverted")} <= set(codes[-3:])


def write_versions(file: Path, folder: Path, data: str) -> None:
    """A picture as each method has it: nearest and bicubic, and blends of bicubic with the true one for the others."""
    picture = Image.open(file).convert("RGB")
    width, height = (min(side // 4 * 4, 240) for side in picture.size)
    true = picture.crop((0, 0, width, height))
    small = true.resize((width // 4, height // 4), Image.Resampling.BICUBIC)
    smooth = small.resize(true.size, Image.Resampling.BICUBIC)
    for place, name in enumerate(METHODS):
        made = Image.blend(smooth, true, max(place - 1, 0) / (len(METHODS) - 2))
        if name == "nearest":
            made = small.resize(true.size, Image.Resampling.NEAREST)
        (folder / name / data).mkdir(parents=True, exist_ok=True)
        made.save(folder / name / data / file.name, compress_level=1)


METHODS = (
    *("nearest", "bicubic", "SRCNN", "SelfExSR", "DRCN", "ESPCN"),
    *("SRResNet-MSE", "SRResNet-VGG22", "SRGAN-MSE", "SRGAN-VGG22", "SRGAN-VGG54", "HR"),
)
