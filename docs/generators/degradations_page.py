"""Write docs/degradations.md from the mixes, and its image.

python -m docs.generators.degradations_page            writes the page, and the image if the page has changed
python -m docs.generators.degradations_page --redraw   writes both
python -m docs.generators.degradations_page --check    only reports whether the page is up to date
"""

import sys
from pathlib import Path

from skimage.data import chelsea

from docs.generators.page_parts import markdown_table
from srgan.data.degradations import degrade, seeded
from srgan.data.mixes import EVERYDAY, MIXES, Mix, Range
from srgan.files import write_bytes
from srgan.reporting.contact_sheet import Pixels, sheet, write_sheet

FOLDER = Path(__file__).resolve().parents[1]
PAGE, IMAGE = FOLDER / "degradations.md", FOLDER / "images" / "degradations.png"
SCALE, SEEDS = 4, 3

_TOP, _LEFT, _SIDE = 12, 22, 56  # the part of the photo that is shown, in low-resolution pixels
_FACTOR = 3

_HEAD = """\
# Degradations

Written by `make docs` from `src/srgan/data/mixes.py`.

Benchmarks consist of clean images, downscaled by one filter. Everyday photos were blurred by a lens, downscaled by a
program, have noise, and were saved as JPEG once or twice; a network that was not trained on such images enlarges their
faults. A mix is a recipe for such damage; its parameters are drawn at random from the ranges below.
"""
_ROUNDS = """\
An image goes through the rounds of its mix; each consists of blur, resizing, an unsharp mask, noise and a lossy file,
in this order. The last round ends at the final size, that of the low-resolution image; lengths are in its pixels. No
mix shifts an image (`pytest tests/srgan/data/test_degradations.py`).
"""
_NOTES = """\
- **Resizing** is cubic, linear, area or Lanczos, with equal probability and always with antialiasing.
- **Random kernels** are anisotropic and rotated, flat-topped or heavy-tailed; one in ten is a sinc, whose edges ring.
- **Noise** is Gaussian or Poisson (variance proportional to brightness); standard deviations are in levels of 255, for
  Poisson noise at white. Gray noise is the same in all colours.
- **Lossy files** are written by libjpeg and libwebp, and read again. 4:2:0 is JPEG with chroma of half the width and
  height.
"""
_USE = """\
Rounds of blur, resizing, noise and compression, and random kernels, follow Wang et al. 2021 (Real-ESRGAN) and Zhang et
al. 2021 (BSRGAN), with milder ranges except in `hard`.

To make damaged images, evaluate methods on them, and train a network on them:

```
srgan data degrade photos --mix messenger -o small
srgan evaluate srresnet --sets Set14 --input messenger
srgan train srresnet-mse-quick --data photos --set degradation=everyday
```

Damage is reproducible. It depends on seed and update in training, on `--seed` and the image's name in
`srgan data degrade`, and on the names of set, image and mix in `srgan evaluate`
([evaluation.md](evaluation.md#damaged-inputs)).
"""


def page() -> str:
    """Return the text of the page."""
    rounds = [(_title(mix, number), one) for mix in MIXES.values() for number, one in enumerate(mix.rounds, start=1)]
    settings = {
        "": [title for title, _ in rounds],
        "blur": [_describe(one.blur_share, f"{_range(one.blur)} px") for _, one in rounds],
        "kernels": ["random" if one.any_kernel else "Gaussian" for _, one in rounds],
        "size, relative to the final": [_range(one.size) for _, one in rounds],
        "bicubic filter, else any of four": [_share(one.bicubic_share) for _, one in rounds],
        "unsharp mask": [_describe(one.sharpened_share, _range(one.sharpening)) for _, one in rounds],
        "noise": [_describe(one.noise_share, _range(one.noise)) for _, one in rounds],
        "gray noise": [_share(one.gray_share) if one.noise_share else "-" for _, one in rounds],
        "Poisson noise": [_share(one.poisson_share) if one.noise_share else "-" for _, one in rounds],
        "lossy file, quality": [_describe(one.lossy_share, _range(one.quality)) for _, one in rounds],
        "WebP": [_share(one.webp_share) for _, one in rounds],
        "JPEG with 4:2:0": [_share(one.subsampled_share) for _, one in rounds],
    }
    mixes = [(f"`{mix.name}`", mix.summary, _share(EVERYDAY[mix.name])) for mix in MIXES.values()]
    return "\n".join(
        (
            _HEAD,
            markdown_table([("mix", "description", "share of `everyday`"), *mixes]),
            "`everyday` draws one of them for each image, with the probability in the last column.\n",
            f"![The same image, clean and damaged by each mix, with {SEEDS} seeds](images/{IMAGE.name})\n",
            "A crop of Chelsea, photographed by Stéfan van der Walt (CC0), downscaled by four; each row is a mix.\n",
            _ROUNDS,
            markdown_table([(name, *cells) for name, cells in settings.items()]),
            _NOTES,
            _USE,
        )
    )


def _title(mix: Mix, number: int) -> str:
    return f"`{mix.name}`" + (f", round {number}" if len(mix.rounds) > 1 else "")


def _describe(share: float, what: str) -> str:
    return f"{_share(share)}: {what}" if share else "-"


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _range(limits: Range | tuple[int, int]) -> str:
    return f"{limits[0]:g}" if limits[0] == limits[1] else f"{limits[0]:g} to {limits[1]:g}"


def drawing() -> Pixels:
    """Return a sheet of a photo damaged by each mix, (H, W, 3) uint8: a row for each mix, a column for each seed."""
    photo = chelsea()
    high = photo[: photo.shape[0] // SCALE * SCALE, : photo.shape[1] // SCALE * SCALE]
    columns = [f"seed {seed}" for seed in range(SEEDS)]
    mixes = [mix for mix in MIXES.values() if mix.rounds]
    rows = [
        [_crop(degrade(high, mix, scale=SCALE, random=seeded(mix.name, column))) for column in columns] for mix in mixes
    ]
    clean = _crop(degrade(high, MIXES["clean"], scale=SCALE, random=seeded()))
    return sheet(
        ["clean", *columns],
        [[clean, *row] for row in rows],
        [["", *[mix.name] * SEEDS] for mix in mixes],
    )


def _crop(low: Pixels) -> Pixels:
    part = low[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE]
    return part.repeat(_FACTOR, axis=0).repeat(_FACTOR, axis=1)


def main() -> None:
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        if before != page():
            sys.exit("docs/degradations.md does not match the mixes: run `make docs`")
        return
    if before != page() or not IMAGE.exists() or "--redraw" in sys.argv:
        write_sheet(IMAGE, drawing())
        write_bytes(PAGE, page().encode())


if __name__ == "__main__":
    main()
