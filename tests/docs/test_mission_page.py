"""docs/mission.md: each command, script and recipe exists, and each score is one of docs/results.md or of the paper."""

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from srgan.paper.published import TABLE1, TABLE2
from srgan.training.recipes import RECIPES
from tests.helpers.commands import check_command

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "mission.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| described")]
COMMANDS = sorted(set(re.findall(r"`(srgan \w[^`]*)`", PAGE)))


def test_every_row_has_a_thing_a_command_and_a_result() -> None:
    assert len(ROWS) > 30
    for row in ROWS:
        described, command, measured = (cell.strip() for cell in row.strip("|").split("|"))
        assert described
        assert measured
        assert re.search(r"`(srgan|jupyter) |\]\(\w+\.md\)", command), row


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_exists(line: str) -> None:
    check_command(line)
    words = shlex.split(line)
    recipe = {"train": 2, "recipes": 3}.get(words[1])
    assert recipe is None or words[recipe] in RECIPES


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`python -m ([\w.]+)", PAGE))))
def test_the_script_exists(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


def test_the_scores_are_those_of_the_results() -> None:
    results = (DOCS / "results.md").read_text(encoding="utf-8")
    printed = {
        f"{scores['psnr']} / {str(scores['ssim']).removeprefix('0')}"
        for table in (TABLE1, TABLE2)
        for scores in table.scores.values()
    }
    found = re.findall(r"\d+\.\d+ / \.\d+", PAGE)
    assert len(found) > 20
    assert [score for score in found if score not in results and score not in printed] == []
