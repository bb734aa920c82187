"""What several tests need: the folder of benchmark data, which is not part of the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The benchmark data folder: `SRGAN_DATA`, else `../shared/data` beside the repository; skips where absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SRGAN_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"no benchmark data at {folder}: set SRGAN_DATA to the folder with testsets/ and golden/")
    return folder
