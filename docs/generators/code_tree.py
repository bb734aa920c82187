"""Write the tree of CONTRIBUTING.md: every module with the first line of its docstring.

python -m docs.generators.code_tree            writes it
python -m docs.generators.code_tree --check    only reports whether it is up to date
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from docs.generators.page_parts import Marks
from srgan.files import write_bytes

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
FOLDERS = ("src/srgan", "src/srgan_study", "src/srgan_web", "runs", "docs/generators", "benchmarks", "examples")
_WIDTH = 140


def tree() -> str:
    """Return the tree as text, a line for each folder and module."""
    return "\n".join(line for folder in FOLDERS for line in _lines(ROOT / folder, folder, 0))


def _lines(path: Path, name: str, depth: int) -> Iterator[str]:
    yield _line(f"{name}/", path / "__init__.py", depth)
    inside = sorted(path.iterdir(), key=lambda inner: (inner.is_dir(), inner.name))
    for inner in inside:
        if inner.is_dir() and any(inner.rglob("*.py")):
            yield from _lines(inner, inner.name, depth + 1)
        elif inner.suffix == ".py" and inner.name not in ("__init__.py", "__main__.py"):
            yield _line(inner.name, inner, depth + 1)


def _line(name: str, module: Path, depth: int) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) if module.exists() else None
    summary = (docstring or "").partition("\n")[0]
    indented = "  " * depth + name
    line = f"{indented:30}{summary}".rstrip()
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3].rsplit(" ", 1)[0] + " ..."


def page(before: str) -> str:
    """Return the page with the tree between its marks."""
    return Marks("tree").replace(before, f"```\n{tree()}\n```")


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    if "--check" not in sys.argv:
        write_bytes(PAGE, page(text).encode())
    elif text != page(text):
        sys.exit("the tree of CONTRIBUTING.md is out of date: run `make docs`")
