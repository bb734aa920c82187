"""Documentation: generated pages are up to date, links lead somewhere, numbers are those of the cards."""

import re
from pathlib import Path

from docs.generators import cli_page, code_tree
from runs.models import released
from srgan.training.recipes import RECIPES
from srgan.weights.catalogue import installed

ROOT = Path(__file__).resolve().parents[1]


def test_generated_pages_are_up_to_date() -> None:
    assert cli_page.PAGE.read_text(encoding="utf-8") == cli_page.page(), "run `make docs`"
    text = code_tree.PAGE.read_text(encoding="utf-8")
    assert text == code_tree.page(text), "run `make docs`"


def test_links_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page}: {target}"


def test_files_that_contributing_names_exist() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| to ... |")[2].partition("\n\n")[0]
    assert table.count("\n") == 11, "ten questions"
    for row in table.splitlines()[2:]:
        names = re.findall(r"`((?:[\w]+/)*[\w.]+(?:/|\.py|\.md))`", row)
        for name in names:
            if "NAME" not in name and "COMMAND" not in name:
                assert any((folder / name).exists() for folder in (ROOT, ROOT / "src" / "srgan")), name


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_guide_names_every_recipe() -> None:
    guide = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    table = guide[guide.index("## The recipes") : guide.index("## What not to expect")]
    named = {name for row in table.splitlines() if row.startswith("| `") for name in re.findall(r"`(.*?)`", row)}
    assert set(RECIPES) <= named


def test_settings_that_the_guide_changes_exist() -> None:
    guide = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    table = guide[guide.index("| warning") : guide.index("## Stop and resume")]
    fields = {name.partition("=")[0] for name in re.findall(r"`(\w+=?\d*)`", table)}
    assert fields
    assert fields <= set(RECIPES["srgan-vgg22"].flat())


def scores(model: str, protocol: str, data: str) -> str:
    """Return the PSNR and SSIM of a model on a set as the pages print them."""
    (score,) = [one for one in installed()[model].card.scores if (one.protocol, one.data) == (protocol, data)]
    return f"{score.psnr:.2f} / {f'{score.ssim:.4f}'.removeprefix('0')}"


def test_the_numbers_of_the_pages_are_those_of_the_cards() -> None:
    readme, evaluation = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/evaluation.md"))
    assert f"`srresnet` scores {scores('srresnet', 'paper', 'Set5')} PSNR [dB] / SSIM" in readme
    ssim = {(protocol, data): scores("srresnet", protocol, data).split()[2]
            for protocol in ("paper", "matlab") for data in ("Set5", "Set14")}  # fmt: skip
    by_paper = f"{ssim['paper', 'Set5']} on Set5 and {ssim['paper', 'Set14']} on Set14 by `paper`"
    assert f"{by_paper}, {ssim['matlab', 'Set5']} and {ssim['matlab', 'Set14']} by `matlab`" in evaluation


def test_the_results_are_of_the_present_weights() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^Weights, by the first digits of their checksums: (.*)\.$", page, flags=re.MULTILINE)
    assert line.split(", ") == [f"{name} `{model.card.identity}`" for name, model in released().items()]
