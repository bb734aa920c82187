"""The command line in tests: what its fixtures are, and what commands import in a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
"""Runs a command: `srgan("models", "--json")`."""
Make = Callable[..., Path]
"""Saves a photo: `make("photos/a.jpg", size=(12, 8))`."""

_COMMANDS = """
import json, sys
from srgan.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["srgan", *words]
    try:
        main()
    except SystemExit as end:
        assert not end.code, words
print(*(name for name, module in sys.modules.items() if module), file=sys.stderr)
"""


def run_commands(*lines: str, before: str = "", **variables: str) -> set[str]:
    """Run commands that must succeed, one after the other in one new process.

    Args:
        lines: words of each command, as "models --json".
        before: Python code to run first.
        variables: additional environment variables.

    Returns:
        Names of the modules that were imported.
    """
    command = [sys.executable, "-c", before + _COMMANDS, json.dumps([line.split() for line in lines])]
    environment = {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8", **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())
