"""`srgan upscale --on ray`: what needs no Ray; Ray itself is in tests/srgan/batch/test_ray.py."""

import json
from collections.abc import Callable

import pytest

from srgan.cli import batch
from srgan.errors import SrganError
from tests.helpers.command_line import Make, Run


def test_a_dry_run_accounts_for_every_file(srgan: Run, make: Make) -> None:
    make("photos/a.jpg")
    make("photos/more/b.png")
    result = srgan("upscale", "photos", "-r", "-o", "large", "--on", "ray", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["inputs"], found["left"], found["done"]) == (2, 2, 0)
    assert "2 files: 2 to enlarge" in srgan("upscale", "photos", "-ro", "large", "--on", "ray", "--dry-run").stdout


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (2, "upscale photos more [--on] ray -o large"),
        (2, "upscale photos [--on] ray"),
        (2, "upscale [ftp://host/photos] --on ray -o large"),
        (2, "upscale [s3://bucket/photos] -o large"),
        (2, "upscale photos -o [s3://bucket/large] --json"),
        (1, "upscale [absent] --on ray -o large --json"),
        (1, "upscale photos --on ray -o large --model [nobody]"),
        (1, "upscale [gs://]bucket/photos --on ray -o large"),
    ],
)
def test_bad_input_is_one_line(code: int, line: str, refusal: Callable[[int, str], str], make: Make) -> None:
    make("photos/a.jpg")
    make("more/a.jpg")
    refusal(code, line)


def test_a_missing_extra_is_one_line(
    refusal: Callable[[int, str], str], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*packages: str, extra: str) -> None:
        raise SrganError(f"this needs {packages[0]}: pip install 'srgan[{extra}]'")

    make("photos/a.jpg")
    monkeypatch.setattr(batch, "need_packages", missing)
    assert "srgan[ray]" in refusal(1, "upscale photos --on ray -o large")
