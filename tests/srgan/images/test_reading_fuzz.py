"""Damaged files: whatever is in them, a picture or one clear line comes out, soon, and nothing reaches the terminal."""

import random
import time

import pytest

from srgan.errors import PictureError
from srgan.images.image import read
from tests.helpers.mutations import FORMATS, mutated, samples

MUTATIONS = 500


def _refusal(data: bytes) -> str:
    try:
        read(data)
    except PictureError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("format", FORMATS)
def test_mutations(format: str, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(format)
    intact = samples(format)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(MUTATIONS):
        data = mutated(chance.choice(intact), chance)
        began = time.process_time()
        message = _refusal(data)
        assert time.process_time() - began < 10, message
        assert "\n" not in message
        assert len(message) < 300
        outcomes["refused" if message else "read"] += 1
    assert min(outcomes.values()) > MUTATIONS // 20, outcomes
    assert capfd.readouterr() == ("", "")
