"""Enlarge a photo four times: the one named, or a CC0 photo of scikit-image."""

import importlib.util
import subprocess
import sys
from pathlib import Path


def photo() -> Path:
    """Return the photo to enlarge."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    package = importlib.util.find_spec("skimage")
    if package is None or package.origin is None:
        sys.exit("scikit-image, which has the photo, is not installed: make demo PHOTO=photo.jpg")
    return Path(package.origin).parent / "data" / "chelsea.png"


if __name__ == "__main__":
    command = [str(Path(sys.executable).parent / "srgan"), "upscale", str(photo()), "--output", "demo", "--overwrite"]
    sys.exit(subprocess.run(command, check=False).returncode)
