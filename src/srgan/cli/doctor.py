"""`srgan doctor`: whether srgan is well on this computer, and what to do if not."""

from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from typing import Annotated

import typer

from srgan.cli.console import count, failures, printable, show, show_json
from srgan.cli.diagnostics import INSTALL_AGAIN, Finding

EPILOG = """\
Every line begins with ok or PROBLEM, and a problem ends with its remedy. Exit code: 0 all well, 1 something is wrong.
"""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Report as a JSON document.")] = False,
) -> None:
    """Check that everything works here, and how fast."""
    with failures(as_json=as_json):
        findings: list[Finding] = []
        for finding in _findings():
            findings.append(finding)
            if not as_json:
                show(printable(finding.line))
        problems = sum(not finding.ok for finding in findings)
        if as_json:
            show_json({"ok": not problems, "findings": [{"ok": one.ok, **asdict(one)} for one in findings]})
        else:
            show(f"{count(problems, 'problem')} found." if problems else "All is well.")
        if problems:
            raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    """All findings; of libraries that cannot even be loaded, that alone."""
    try:
        import_module("srgan.engines.openvino")
        from srgan.cli.checks import all_findings
    except (ImportError, OSError) as error:  # an OSError is how a missing libvips shows
        yield Finding("libraries", f"they cannot be loaded ({error})", INSTALL_AGAIN)
        return
    yield from all_findings()
