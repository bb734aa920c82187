"""`make docs`: writes docs/cli.md from what the commands say of themselves.

python docs/reference.py            writes it
python docs/reference.py --check    only says whether it is up to date
"""

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = (
    (),
    ("upscale",),
    ("models",),
    ("train",),
    ("recipes",),
    ("recipes", "show"),
    ("data", "prepare"),
    ("data", "degrade"),
    ("evaluate",),
    ("reproduce",),
    ("reproduce", "table2"),
    ("reproduce", "depth"),
    ("reproduce", "seeds"),
    ("export",),
    ("doctor",),
)
PAGE = Path(__file__).parent / "cli.md"


def page() -> str:
    """The whole page."""
    parts = ["# The commands\n\nWritten by `make docs` from `--help`; what the commands say is what they do.\n"]
    plain = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    for words in COMMANDS:
        command = [str(Path(sys.executable).parent / "srgan"), *words, "--help"]
        said = subprocess.run(command, check=True, capture_output=True, text=True, env=plain).stdout
        lines = "\n".join(line.rstrip() for line in said.strip("\n").splitlines())
        parts.append(f"## {' '.join(('srgan', *words))}\n\n```\n{lines}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md is not what the commands say: run `make docs`")
