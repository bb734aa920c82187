"""Write docs/images/photo.jpg, the photo of README, and docs/images/photo-samples.jpg, six photos by the photo models.

    python -m docs.generators.photo_samples

The photos are those of scikit-image, by NASA and SpaceX or in the public domain (CC0). Each is downscaled by four,
saved as JPEG, and enlarged again. The files' comments name the weights, so that a test sees when they are out of date.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data

from srgan.data.compression import Compression, compress
from srgan.files import write_bytes
from srgan.images.resize import imresize
from srgan.images.vips import pyvips
from srgan.reporting.contact_sheet import sheet
from srgan.upscale.upscaler import Upscaler
from srgan.weights.catalogue import installed

Pixels = NDArray[np.uint8]

FOLDER = Path(__file__).resolve().parents[1] / "images"
PHOTO, SAMPLES = FOLDER / "photo.jpg", FOLDER / "photo-samples.jpg"
SCALE, QUALITY = 4, 60
COMMANDS = {"srresnet-photo": "srgan upscale", "srgan-photo": "srgan upscale --photo-real"}
"""Photo models and the commands that use them; those that are not installed are left out."""


@dataclass(frozen=True)
class Sample:
    """A part of a photo to show, in pixels of the whole photo."""

    name: str
    photo: str
    """A function of `skimage.data`."""
    top: int
    left: int
    side: int = 176


SHOWN = Sample("fur", "chelsea", 40, 120, 232)
"""The photo of README."""
ALL = (
    Sample("face", "astronaut", 36, 136),
    Sample("fur", "chelsea", 40, 120),
    Sample("leaves of grass", "grass", 200, 120),
    Sample("sky", "rocket", 40, 180),
    Sample("text", "page", 8, 130),
    Sample("night", "hubble_deep_field", 300, 400),
)
"""One of each kind."""


def small_and_high(sample: Sample) -> tuple[Pixels, Pixels]:
    """Return a damaged, downscaled photo, and the photo cropped to a multiple of the scale."""
    photo = getattr(data, sample.photo)()
    photo = np.repeat(photo[:, :, None], 3, axis=2) if photo.ndim == 2 else photo[:, :, :3]
    high = np.ascontiguousarray(photo[: photo.shape[0] // SCALE * SCALE, : photo.shape[1] // SCALE * SCALE])
    return compress(imresize(high, 1 / SCALE, border="replicate"), Compression("jpeg", QUALITY)), high


def row(sample: Sample, models: list[Upscaler]) -> list[Pixels]:
    """Return the part to show: repeated pixels, bicubic, enlarged by each model, original."""
    low, high = small_and_high(sample)
    enlarged = [low.repeat(SCALE, axis=0).repeat(SCALE, axis=1), imresize(low, size=high.shape[:2])]
    enlarged += [model.upscale(low).astype(np.uint8) for model in models]
    rows, columns = (slice(start, start + sample.side) for start in (sample.top, sample.left))
    return [image[rows, columns] for image in (*enlarged, high)]


def name_weights() -> str:
    """Return the photo models with the first digits of their checksums, as in docs/results.md."""
    known = installed()
    return ", ".join(f"{name} {known[name].card.identity}" for name in COMMANDS if name in known)


def jpeg(image: Pixels) -> bytes:
    """Return an image as a JPEG file of quality 88 with full chroma, whose comment names the weights."""
    made: bytes = pyvips.Image.new_from_array(image).jpegsave_buffer(Q=88, subsample_mode="off", keep="none")
    comment = name_weights().encode()
    return made[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + made[2:]


def main() -> None:
    known = installed()
    names = [name for name in COMMANDS if name in known]
    models = [Upscaler(name, precision="fp32") for name in names]
    shown = row(SHOWN, models)
    titles = [f"JPEG of quality {QUALITY}", "bicubic", *(COMMANDS[name] for name in names), "original"]
    write_bytes(PHOTO, jpeg(sheet(titles, [shown])))
    rows = [row(sample, models) for sample in ALL]
    titles = [f"JPEG {QUALITY}", "bicubic", *names, "original"]
    captions = [[sample.name, *[""] * (len(titles) - 1)] for sample in ALL]
    write_bytes(SAMPLES, jpeg(sheet(titles, rows, captions)))


if __name__ == "__main__":
    main()
