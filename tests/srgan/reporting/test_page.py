"""Pages: text is escaped, and the policy names what the page runs and nothing else."""

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from srgan.errors import DataError
from srgan.reporting import page
from srgan.reporting.page import data_url, render, render_page
from tests.helpers.elements import Elements

TEMPLATE = '{% extends "base.html" %}{% block main %}<p>{{ words }}</p>{% endblock %}'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a template of a page, and one that lacks a value."""
    (tmp_path / "made_up_pages").mkdir()
    (tmp_path / "made_up_pages" / "__init__.py").touch()
    (tmp_path / "made_up_pages" / "page.html").write_text(TEMPLATE)
    (tmp_path / "made_up_pages" / "lacking.html").write_text("{{ absent }}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_up_pages", raising=False)
    page._environment.cache_clear()
    return "made_up_pages"


@pytest.mark.parametrize("script", [True, False])
def test_a_page_names_its_style_and_script_by_checksum(package: str, script: bool) -> None:
    text = render_page(package, "page.html", title="<T>", subtitle="S", version="1", script=script, words="a & <b>")
    elements = Elements(text)
    (policy,) = (fields["content"] or "" for _, fields in elements.found if "http-equiv" in fields)
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'"
    assert ("script-src" in parts) == script == ("script" in [tag for tag, _ in elements.found])
    for tag in ("style", "script") if script else ("style",):
        inside = text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        checksum = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert parts[f"{tag}-src"] == f"'sha256-{checksum}'"
    assert "<T>" in elements.text
    assert "a & <b>" in elements.text


def test_a_value_that_is_not_given_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError):
        render(package, "lacking.html")


def test_without_jinja_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markupsafe", None)
    with pytest.raises(DataError, match=r"pip install 'srgan\[evaluate\]'"):
        render("srgan.reporting", "templates/table.html")


def test_data_url() -> None:
    assert data_url("image/png", b"abc") == "data:image/png;base64,YWJj"
