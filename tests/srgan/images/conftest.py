"""What several tests of images need: exiftool as an independent reader."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def exiftool() -> Callable[[Path], dict[str, Any]]:
    """A function that gives what exiftool reads in a file: values by `group:tag`."""
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed (libimage-exiftool-perl)")

    def read(path: Path) -> dict[str, Any]:
        command = ["exiftool", "-json", "-G1", "-a", "-u", "-n", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        found: dict[str, Any] = json.loads(result.stdout)[0]
        return found

    return read
