"""HTML pages from Jinja templates: self-contained files that load nothing and run no script but their own.

A page's template extends `base.html` of this package and fills its blocks `banner`, `navigation`, `main` and `data`.
All text is escaped; the Content-Security-Policy names the page's own style and script by their checksums.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from srgan.errors import DataError

if TYPE_CHECKING:
    from jinja2 import Environment

STYLE, SCRIPT = "report.css", "report.js"


def render_page(
    package: str, template: str, *, title: str, subtitle: str, version: str, script: bool = False, **values: Any
) -> str:
    """Return a self-contained HTML page.

    Args:
        package: the package that holds the template.
        template: its path in the package; it begins with `{% extends "base.html" %}`.
        title: of the page.
        subtitle: the paragraph below the title.
        version: of srgan, named as the page's generator.
        script: whether the page runs `report.js`, which sorts the scores and compares images.
        values: what the template names. Tables are shown by `{{ table.html() }}`, plots by `{{ drawing.html() }}`.

    Raises:
        DataError: if jinja2 is not installed.
    """
    style, code = _read(STYLE), _read(SCRIPT) if script else ""
    policy = (
        f"default-src 'none'; img-src data:; style-src {_checksum(style)}; "
        + (f"script-src {_checksum(code)}; " if script else "")
        + "base-uri 'none'; form-action 'none'"
    )
    values |= {"policy": policy, "style": style, "script": code}
    return render(package, template, title=title, subtitle=subtitle, version=version, **values)


def render(package: str, template: str, **values: Any) -> str:
    """Return a template of a package filled with values; templates do not escape what it returns again.

    Raises:
        DataError: if jinja2 is not installed.
    """
    try:
        from markupsafe import Markup

        environment = _environment(package)
    except ImportError as error:
        raise DataError("pages need jinja2: pip install 'srgan[evaluate]'") from error
    return Markup(environment.get_template(template).render(**values))


@cache
def _environment(package: str) -> "Environment":
    """Return templates found in a package or in those of this one; a name without value is an error."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader(package, ""), PackageLoader("srgan.reporting")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["typeset"] = _typeset
    return environment


def data_url(kind: str, data: bytes) -> str:
    """Return data of a MIME type such as "image/webp" as a `data:` URL."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _typeset(text: str) -> str:
    """Return a printed number with a minus sign and an infinity sign instead of "-" and "inf"."""
    return re.sub(r"-(?=[.\d])", "\N{MINUS SIGN}", text).replace("inf", "\N{INFINITY}")


def _read(name: str) -> str:
    return files("srgan.reporting").joinpath("templates", name).read_text("utf-8")


def _checksum(text: str) -> str:
    """Return the text between two tags as a Content-Security-Policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
