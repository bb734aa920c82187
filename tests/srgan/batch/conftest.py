"""Photos to enlarge in batches."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def make_photos(folder: Path, count: int, *, seed: int = 0) -> Path:
    """Save small photos of noise in a folder and its subfolder `more`, JPEG, PNG and WebP in turns."""
    random = np.random.default_rng(seed)
    (folder / "more").mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = random.integers(0, 256, (8 + number % 5, 12, 3), np.uint8)
        name = f"{'more/' if number % 2 else ''}{number:03}.{('jpg', 'png', 'webp')[number % 3]}"
        Image.fromarray(pixels).save(folder / name, dpi=(300, 300))
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six photos, one that is none, one whose ending is wrong, two of one name, and notes."""
    folder = make_photos(tmp_path / "photos", 6)
    (folder / "broken.jpg").write_bytes(b"no image")
    (folder / "notes.txt").write_text("no image")
    (folder / "wrong.jpg").write_bytes((folder / "more/001.png").read_bytes())
    Image.new("RGB", (4, 4)).save(folder / "wrong.png")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder but hidden ones, by name."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {name.as_posix(): (folder / name).read_bytes() for name in names if not str(name).startswith(".")}
