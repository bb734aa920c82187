"""Damaged weight files are refused in a line, or are networks that can be run; none harms the process."""

from collections import Counter
from pathlib import Path

import pytest

from runs.mutated_weights import FAULTS, KINDS, campaign, judge, mutation, samples

COUNT = 100


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_damaged_files_do_no_harm() -> None:
    outcomes = list(campaign(COUNT))
    assert [number for number, *_ in outcomes] == list(range(COUNT))
    assert [one for one in outcomes if one[2] in FAULTS] == []
    counts = Counter(outcome for _, _, outcome, _ in outcomes)
    assert min(counts["taken"], counts["refused"]) > COUNT // 10


@pytest.mark.parametrize("kind", KINDS)
def test_intact_files_are_taken_and_faults_are_seen(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for contents in samples(kind):
        assert judge(kind, contents, tmp_path) == ("taken", "")
    assert judge(kind, b"none", tmp_path)[0] == "refused"

    def fail(*_: object, **__: object) -> None:
        raise KeyError("a fault")

    for reader in ("recognise_file", "read_foreign"):
        monkeypatch.setattr(f"runs.mutated_weights.{reader}", fail)
    assert judge(kind, samples(kind)[0], tmp_path)[0] == "crash"


def test_files_depend_on_seed_and_number_alone() -> None:
    assert mutation(3, 1) == mutation(3, 1)
    assert len({mutation(number, seed) for number in (3, 13) for seed in (1, 2)}) == 4
