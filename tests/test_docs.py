"""The documentation says what is: the tree names every module, the command reference is the commands' own words."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from runs.models import released
from srgan.cli import app
from srgan.paper.verdicts import print_score
from srgan.training.recipes import RECIPES, find
from srgan.training.recipes.overrides import override
from srgan.weights.catalogue import installed

ROOT = Path(__file__).resolve().parents[1]
GUIDES = ("README.md", "docs/training.md", "docs/evaluation.md", "docs/degradations.md", "docs/studies.md")


def commands(page: str) -> list[str]:
    """The command lines of srgan in a page's blocks, and those between backticks that give an option its value."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fenced = re.findall(r"^(?:```|~~~)(\w*)\n(.*?)^(?:```|~~~)$", text, flags=re.DOTALL | re.MULTILINE)
    blocks = "\n".join(block for language, block in fenced if not language)
    return [
        *re.findall(r"^(?:torchrun .* -m )?(srgan .*)$", blocks, flags=re.MULTILINE),
        *re.findall(r"`(srgan [^`]* --\w+ [^`]+)`", text),
    ]


def test_the_tree_names_every_module_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme[readme.index("## The tree") : readme.index("## Licence")]
    folders = ("src", "runs", "docs", "examples")
    modules = {path.name for folder in folders for path in (ROOT / folder).rglob("*.py")}
    modules -= {"__init__.py", "__main__.py"}
    named = set(re.findall(r"\b\w+\.py\b", tree)) - {"__init__.py"}
    assert named == modules


def test_the_command_reference_is_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "docs.generators.cli_page", "--check"], check=False, capture_output=True
    )
    assert check.returncode == 0, check.stderr.decode()


def test_links_of_the_documentation_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page}: {target}"


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("line", [line for page in GUIDES for line in commands(page)])
def test_commands_of_the_guides_are_commands(line: str) -> None:
    """Each option is one of the command's, takes its value, and each recipe and setting exists."""
    command = get_command(app)
    words = shlex.split(line, comments=True)[1:]
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    chosen = command.make_context(line, list(words)).params
    if "recipe" in chosen:
        override(find(chosen["recipe"]), chosen["settings"] or [])


def test_the_guide_names_every_recipe() -> None:
    guide = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    table = guide[guide.index("## The recipes") : guide.index("## What not to expect")]
    named = {name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`(.*?)`", row)}
    assert set(RECIPES) <= named


def test_settings_that_the_guide_changes_exist() -> None:
    guide = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    table = guide[guide.index("| it says") : guide.index("## Stop, and go on")]
    recipe = RECIPES["srgan-vgg22"]
    fields = {name.partition("=")[0] for name in re.findall(r"`(\w+=?\d*)`", table)}
    assert fields
    assert all(hasattr(recipe, field) for field in fields)


def scores(model: str, protocol: str) -> list[tuple[str, str]]:
    """PSNR and SSIM of a model on the three sets, as its card has them and the pages print them."""
    card = installed()[model].card
    found = {score.data: score for score in card.scores if score.protocol == protocol}
    return [
        (print_score("psnr", found[data].psnr), print_score("ssim", found[data].ssim))
        for data in ("Set5", "Set14", "BSD100")
    ]


def test_the_numbers_of_the_pages_are_those_of_the_cards() -> None:
    readme, evaluation = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/evaluation.md"))
    rows = re.findall(r"^\| \**([\w-]+)\** \(ours[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|", readme, flags=re.MULTILINE)
    assert {name for name, *_ in rows} == set(installed())
    for name, *cells in rows:
        assert [cell.strip() for cell in cells] == [" / ".join(pair) for pair in scores(name, "paper")], name
    paper, matlab = scores("srresnet", "paper"), scores("srresnet", "matlab")
    assert f"`srresnet` scores {', '.join(' / '.join(pair) for pair in matlab)}." in readme
    by_paper = f"{paper[0][1]} on Set5 and {paper[1][1]} on Set14 by `paper`"
    assert f"{by_paper}, {matlab[0][1]} and {matlab[1][1]} by `matlab`" in evaluation


def test_the_results_are_of_the_weights_that_are_there() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^Weights, by the first digits of their checksums: (.*)\.$", page, flags=re.MULTILINE)
    assert line.split(", ") == [f"{name} `{model.card.identity}`" for name, model in released().items()]
