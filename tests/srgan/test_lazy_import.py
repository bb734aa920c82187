"""Public names that are imported when they are used: the same for a type checker and for a program."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import srgan

ROOT = Path(srgan.__file__).resolve().parents[1]
PACKAGES = [
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in sorted(ROOT.rglob("__init__.py"))
    if "lazy_names(" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_what_a_type_checker_takes_it_for(package: str) -> None:
    module = import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    (checked, *_) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    names = {alias.name: str(node.module) for node in imports for alias in node.names}
    assert names
    for name, place in names.items():
        assert getattr(module, name) is getattr(import_module(place), name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert len(PACKAGES) >= 7
    with pytest.raises(AttributeError):
        srgan.photo  # type: ignore[attr-defined]  # noqa: B018
