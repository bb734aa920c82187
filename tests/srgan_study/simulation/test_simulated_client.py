"""A simulated rater does what a browser does, and refuses wrong responses."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from srgan.errors import SrganError
from srgan_study.server.server import running
from srgan_study.simulation.rater_model import SimulatedRater, make_rater, plant
from srgan_study.simulation.simulated_client import Habits, SimulatedClient
from srgan_study.simulation.simulated_means import choose_means
from srgan_study.study import Study
from srgan_study.votes.store import Store, read_ratings
from tests.helpers.studies_made_up import make_study

OFTEN = Habits(undo=0.2, reload=0.2, pause=0.2)


def simulate(study: Study, code: str = "R01") -> SimulatedRater:
    return make_rater(plant(study, choose_means(study, {})), code)


def visit(
    folder: Path,
    study: Study,
    *,
    code: str = "R01",
    habits: Habits = OFTEN,
    share: tuple[int, int] = (0, 1),
) -> tuple[SimulatedClient, list[str]]:
    """Rate a served study as if it were the given one; return the client and checksums of the images it loaded."""
    images: list[str] = []
    with Store.open(folder, simulated=True) as store:
        token = next(rater.token for rater in store.raters() if rater.code == code)

    async def note(response: httpx.Response) -> None:
        if response.headers["content-type"] == "image/png":
            images.append(sha256(await response.aread()).hexdigest())

    async def rate(address: str) -> SimulatedClient:
        http = httpx.AsyncClient(base_url=address, trust_env=False, event_hooks={"response": [note]})
        client = SimulatedClient(http, study, simulate(study, code), token, habits, share)
        await client.rate_everything()
        return client

    with running(folder, simulated=True) as address:
        return asyncio.run(rate(address)), images


def test_a_rater_casts_the_models_votes_with_pauses_undos_and_reloads(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", warm_up=2, repeats=3, repeat_distance=5, raters=1)
    client, _ = visit(tmp_path / "study", study)
    rows = read_ratings(tmp_path / "study", simulated=True).rows
    assert client.cast == len(rows) == 3 + 2 + 20 + 3
    assert sum(row.revisions for row in rows) > 0
    assert max(row.sitting for row in rows) > 1
    assert len({row.client for row in rows}) > 1
    shown = [row.shown_at for row in rows]
    assert shown == sorted(shown)
    rater = simulate(study)
    for row in rows:
        assert row.score == rater.scores[row.phase][row.stimulus]
        assert row.response_ms == rater.milliseconds[row.phase][row.stimulus]


def test_raters_share_the_images_and_load_all(tmp_path: Path) -> None:
    study, never = make_study(tmp_path / "study", raters=2), Habits(0, 0, 0)
    loaded = [
        visit(tmp_path / "study", study, code=f"R0{part + 1}", habits=never, share=(part, 2))[1] for part in (0, 1)
    ]
    images = [each.shown.sha256 for part in (study.stimuli, study.practice, study.calibration) for each in part]
    assert set(images) == {*loaded[0], *loaded[1]}
    assert len(loaded[0]) + len(loaded[1]) <= len(images) + 2 * 3
    assert min(map(len, loaded)) > len(images) // 4


def test_wrong_images_sizes_and_counts_are_noticed(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1, calibration=0)
    wide = replace(study.practice[0].shown, width=49)
    changes = {
        "another image": replace(study, design=replace(study.design, seed=1)),  # the same images in another order
        "size": replace(study, practice=tuple(replace(each, shown=wide) for each in study.practice)),
        "3 ratings in total, not 2": replace(study, practice=study.practice[:2]),
    }
    for problem, changed in changes.items():
        with pytest.raises(SrganError, match=problem):
            visit(tmp_path / "study", changed)


def test_a_missing_server_is_reported(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", raters=1)

    async def rate() -> None:
        http = httpx.AsyncClient(base_url="http://127.0.0.1:9", trust_env=False)
        await SimulatedClient(http, study, simulate(study), "none", habits=Habits()).rate_everything()

    with pytest.raises(SrganError):
        asyncio.run(rate())
