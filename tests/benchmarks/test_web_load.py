"""The load run, for a few seconds: it counts answers, and tells right ones from wrong ones."""

import argparse
from pathlib import Path

import pytest

from benchmarks import web_load
from benchmarks.commands import photo
from srgan.images import write


@pytest.mark.slow
def test_answers_under_load_are_those_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_load, "FILES", 3)
    (tmp_path / "photos").mkdir()
    for number in range(web_load.FILES):
        write(tmp_path / "photos" / f"{number:02}.jpg", photo(48 + number, 36))
    web_load.command_rate(tmp_path)
    for jobs in (False, True):
        given = argparse.Namespace(seconds=3.0, clients=6, workers=1, max_waiting=3, jobs=jobs)
        found = web_load.load(tmp_path, given)
        assert found["answers"]["right"] > 0
        assert not {"wrong", "500", "503"} & set(found["answers"])
        assert found["left"] == 0
        (tmp_path / "expected" / "00.jpg").write_bytes(b"another file")
        assert web_load.load(tmp_path, given)["answers"]["wrong"] > 0
        web_load.command_rate(tmp_path)
