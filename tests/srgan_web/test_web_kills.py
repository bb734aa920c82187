"""`srgan web` killed at random moments loses no accepted job; the whole campaign is `python -m runs.web_kills 200`."""

from pathlib import Path

import pytest

from runs.web_kills import campaign


@pytest.mark.slow
def test_a_killed_service_loses_no_accepted_job(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, 4, seed=2)
    assert outcome.accepted
    assert outcome.ends == {"right": len(outcome.accepted)}
