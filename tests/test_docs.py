"""The documentation says what is: the tree names every module, the command reference is the commands' own words."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_tree_names_every_module_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme[readme.index("## The tree") : readme.index("## Licence")]
    modules = {path.name for path in (ROOT / "src").rglob("*.py")} - {"__init__.py", "__main__.py"}
    named = set(re.findall(r"\b\w+\.py\b", tree)) - {"__init__.py", "demo.py", "srresnet.py"}
    assert named == modules


def test_the_command_reference_is_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "docs" / "reference.py", "--check"], check=False, capture_output=True
    )
    assert check.returncode == 0, check.stderr.decode()


def test_links_of_the_documentation_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page}: {target}"


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
