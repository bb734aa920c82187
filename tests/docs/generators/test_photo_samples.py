"""The photos of README and docs/models.md show what the shipped weights make."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from docs.generators.photo_samples import PHOTO, SAMPLES, jpeg, name_weights


@pytest.mark.parametrize("path", [PHOTO, SAMPLES], ids=lambda path: path.name)
def test_the_photos_were_made_with_the_shipped_weights(path: Path) -> None:
    with Image.open(path) as photo:
        assert photo.info["comment"].decode() == name_weights(), "run python -m docs.generators.photo_samples"


def test_a_comment_leaves_the_image_as_it_is(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    (tmp_path / "a.jpg").write_bytes(jpeg(image))
    with Image.open(tmp_path / "a.jpg") as photo:
        assert (photo.size, photo.info["comment"].decode()) == ((32, 24), name_weights())
        assert np.abs(np.asarray(photo.convert("RGB")).astype(int) - image).mean() < 20
