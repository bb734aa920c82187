"""A simulated rater sees what a person would see, and does not put up with anything else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from srgan.errors import SrganError, UsageError
from srgan_study.server.server import running
from srgan_study.simulation.rater_model import make_rater, plant
from srgan_study.simulation.simulated_client import Habits, Share, Visit
from srgan_study.simulation.simulated_means import planted_means
from srgan_study.study import Study
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.studies_made_up import make_study

OFTEN = Habits(undo=0.2, reload=0.2, pause=0.2)


def visit(
    folder: Path,
    study: Study,
    *,
    habits: Habits = OFTEN,
    leave: Callable[[], bool] = lambda: False,
    code: str = "R01",
    share: Share | None = None,
    seen: list[str] | None = None,
) -> Visit:
    """One visit of a rater who believes that this study is served."""
    with Store.open(folder, simulated=True) as store:
        token = next(rater.token for rater in store.raters() if rater.code == code)
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in planted_means(study, {})})

    async def go(address: str) -> Visit:
        async def note(answer: httpx.Response) -> None:
            if seen is not None and answer.headers["content-type"] == "image/png":
                seen.append(sha256(await answer.aread()).hexdigest())

        client = httpx.AsyncClient(base_url=address, trust_env=False, event_hooks={"response": [note]})
        part = share or Share()
        made = Visit(client, study, make_rater(planted, code), token, share=part, habits=habits, leave=leave)
        await made.rate_everything()
        return made

    with running(folder, simulated=True) as address:
        return asyncio.run(go(address))


def test_a_rater_rates_everything_with_pauses_slips_and_other_devices(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", warm_up=2, repeats=3, repeat_distance=5, raters=1)
    made = visit(tmp_path / "study", study)
    rows = read_ratings(tmp_path / "study", simulated=True).rows
    assert made.done == len(rows) == 3 + 2 + 20 + 3
    assert sum(row.revisions for row in rows) > 0
    assert max(row.sitting for row in rows) > 1
    assert len({row.client for row in rows}) > 1
    shown = [row.shown_at for row in rows]
    assert shown == sorted(shown)


def test_the_votes_that_stand_are_the_models(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", repeats=3, repeat_distance=5, raters=1)
    visit(tmp_path / "study", study)
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in planted_means(study, {})})
    rater = make_rater(planted, "R01")
    for row in read_ratings(tmp_path / "study", simulated=True).rows:
        assert row.score == rater.scores[row.phase][row.stimulus]
        assert row.response_ms == rater.milliseconds[row.phase][row.stimulus]


def test_raters_share_the_pictures_and_miss_none(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=2)
    seen: tuple[list[str], list[str]] = ([], [])
    for part, pictures in enumerate(seen):
        visit(
            tmp_path / "study",
            study,
            habits=Habits(0, 0, 0),
            code=f"R{part + 1:02}",
            share=Share(part, 2),
            seen=pictures,
        )
    shown = [each.shown.sha256 for each in (*study.stimuli, *study.practice)]
    shown += [each.shown.sha256 for each in study.calibration]
    assert set(shown) == {*seen[0], *seen[1]}
    assert len(seen[0]) + len(seen[1]) <= len(shown) + 2 * 3
    assert min(map(len, seen)) > len(shown) // 4


def test_a_rater_who_left_goes_on_where_they_were(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)
    asked = iter(range(100))
    first = visit(tmp_path / "study", study, leave=lambda: next(asked) >= 9)
    assert first.done is not None
    assert 0 < first.done < 23
    assert len(read_ratings(tmp_path / "study", simulated=True).rows) == first.done
    assert visit(tmp_path / "study", study).done == 23
    votes = [(row.phase, row.stimulus) for row in read_ratings(tmp_path / "study", simulated=True).rows]
    assert len(votes) == len(set(votes)) == 23


def test_another_study_than_the_one_expected_is_noticed_by_its_pictures(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)
    changed = replace(study, design=replace(study.design, seed=1))  # the same pictures, in another order
    with pytest.raises(SrganError, match=r"the server told rater R01 another picture than the study's: .* report it"):
        visit(tmp_path / "study", changed)


def test_a_wrong_size_or_number_is_noticed(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1, calibration=0)
    wide = replace(study.practice[0].shown, width=49)
    larger = replace(study, practice=tuple(replace(each, shown=wide) for each in study.practice))
    with pytest.raises(SrganError, match=r"R01 another picture's size"):
        visit(tmp_path / "study", larger)
    with pytest.raises(SrganError, match=r"that 3 are to be rated and not 2"):
        visit(tmp_path / "study", replace(study, practice=study.practice[:2]))


def test_a_rater_without_a_server_says_so(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)
    planted = plant(study, {(mean.method, mean.data): mean.value for mean in planted_means(study, {})})

    async def go() -> None:
        client = httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False)
        rater = make_rater(planted, "R01")
        await Visit(client, study, rater, "none", share=Share(), habits=Habits(), leave=lambda: False).rate_everything()

    with pytest.raises(SrganError, match=r"the study's server does not answer \(.*\): run the same command again"):
        asyncio.run(go())


def test_habits_that_are_no_chances_are_refused() -> None:
    with pytest.raises(UsageError, match="give numbers from 0 to 1"):
        Habits(undo=1.5)
