"""`make docs`: writes docs/degradations.md from the mixes themselves, and draws what they do.

python docs/degradations.py            writes the page, and the image if the page has changed
python docs/degradations.py --redraw   writes both
python docs/degradations.py --check    only says whether the page is up to date
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from skimage.data import chelsea

from srgan.data.degradations import degrade, seeded
from srgan.data.mixes import EVERYDAY, MIXES, Mix, Range
from srgan.files import write_bytes
from srgan.reporting.contact_sheet import Pixels, sheet, write_sheet

PAGE = Path(__file__).parent / "degradations.md"
IMAGE = PAGE.with_suffix(".png")
SCALE, SEEDS = 4, 4

_TOP, _LEFT, _SIDE = 12, 22, 56  # what is shown of the cat, in low-resolution pixels
_FACTOR = 3

_HEAD = """\
# Degradations

Written by `make docs` from `src/srgan/data/mixes.py`.

Benchmarks are made of clean images, reduced by one filter. What people have was blurred by a lens, made smaller by a
program, has noise, and was saved as JPEG once or twice; a network that never saw such images enlarges their faults.
A mix is a recipe for such damage. What it does to an image is drawn at random, from the ranges below.
"""
_ROUNDS = """\
An image goes through the rounds of its mix; in each there is blur, then resizing, then noise, then a lossy file. The
last round ends at the final size, that of the low-resolution image, in whose pixels lengths are counted. Pixels stay
where they were: no mix shifts an image (`pytest tests/data/test_degradations.py`).
"""
_NOTES = """\
- **Resizing** is cubic, linear, by areas or Lanczos, each as often as the others, always against aliasing.
- **Kernels of every shape** are rotated and of unequal width, flat-topped or heavy-tailed; one in ten is a sinc, whose
  edges ring.
- **Noise** is Gaussian or Poisson, whose variance grows with brightness; its deviation is given in levels of 255, of
  Poisson noise at white. Gray noise is the same in all colours.
- **Files** are made by libjpeg and libwebp, and read again. 4:2:0 is JPEG whose colours have half the width and height.
"""
_USE = """\
Rounds of blur, resizing, noise and compression, and kernels of every shape, are those of Wang et al. 2021
(Real-ESRGAN) and Zhang et al. 2021 (BSRGAN), with milder ranges but in `hard`.

Make damaged images to try programs on, judge methods on such, and train a network on them:

```
srgan data degrade photos --mix messenger -o small
srgan evaluate srresnet --sets Set14 --input messenger
srgan train srresnet-mse-quick --data photos --set degradation=everyday
```

The same seed gives the same damage: in training that of the run and the update, in `srgan data degrade` that of
`--seed` and the image's name, in `srgan evaluate` the names of set, image and mix
([evaluation.md](evaluation.md#damaged-inputs)).
"""


def page() -> str:
    """Return the text of docs/degradations.md."""
    rounds = [(_title(mix, number), one) for mix in MIXES.values() for number, one in enumerate(mix.rounds, start=1)]
    settings = {
        "blur": [_often(one.blur_share, f"{_range(one.blur)} px") for _, one in rounds],
        "kernels": ["of every shape" if one.any_kernel else "upright Gaussians" for _, one in rounds],
        "size, of the final": [_range(one.size) for _, one in rounds],
        "noise": [_often(one.noise_share, _range(one.noise)) for _, one in rounds],
        "of it gray": [_share(one.gray_share) if one.noise_share else "-" for _, one in rounds],
        "of it Poisson": [_share(one.poisson_share) if one.noise_share else "-" for _, one in rounds],
        "lossy file, quality": [_often(one.lossy_share, _range(one.quality)) for _, one in rounds],
        "of these WebP": [_share(one.webp_share) for _, one in rounds],
        "of JPEG 4:2:0": [_share(one.subsampled_share) for _, one in rounds],
    }
    mixes = [(f"`{mix.name}`", mix.summary, _share(EVERYDAY[mix.name])) for mix in MIXES.values()]
    return "\n".join(
        (
            _HEAD,
            _table(("mix", "what it is", "of `everyday`"), mixes),
            "`everyday` draws one of them for each image, as often as the last column says.\n",
            f"![The same image, clean and damaged by each mix, by {SEEDS} seeds]({IMAGE.name})\n",
            "A crop of Chelsea, photographed by Stéfan van der Walt (CC0), four times smaller; each row is a mix.\n",
            _ROUNDS,
            _table(("", *(title for title, _ in rounds)), [(name, *cells) for name, cells in settings.items()]),
            _NOTES,
            _USE,
        )
    )


def _title(mix: Mix, number: int) -> str:
    return f"`{mix.name}`" + (f", round {number}" if len(mix.rounds) > 1 else "")


def _often(share: float, what: str) -> str:
    return f"{_share(share)}: {what}" if share else "-"


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _range(limits: Range | tuple[int, int]) -> str:
    return f"{limits[0]:g}" if limits[0] == limits[1] else f"{limits[0]:g} to {limits[1]:g}"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, ("---",) * len(header), *rows))


def drawing() -> Pixels:
    """Return the sheet of what each mix does to a photo, (H, W, 3) uint8: columns are seeds."""
    photo = chelsea()
    high = photo[: photo.shape[0] // SCALE * SCALE, : photo.shape[1] // SCALE * SCALE]
    columns = [f"seed {seed}" for seed in range(SEEDS)]
    mixes = [mix for mix in MIXES.values() if mix.rounds]
    rows = [
        [_shown(degrade(high, mix, scale=SCALE, random=seeded(mix.name, column))) for column in columns]
        for mix in mixes
    ]
    clean = _shown(degrade(high, MIXES["clean"], scale=SCALE, random=seeded()))
    return sheet(
        ["clean", *columns],
        [[clean, *row] for row in rows],
        [["", *[mix.name] * SEEDS] for mix in mixes],
    )


def _shown(low: Pixels) -> Pixels:
    part = low[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE]
    return part.repeat(_FACTOR, axis=0).repeat(_FACTOR, axis=1)


def main() -> None:
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        if before != page():
            sys.exit("docs/degradations.md is not what the mixes are: run `make docs`")
        return
    if before != page() or not IMAGE.exists() or "--redraw" in sys.argv:
        write_sheet(IMAGE, drawing())
        write_bytes(PAGE, page().encode())


if __name__ == "__main__":
    main()
