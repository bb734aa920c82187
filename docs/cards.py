"""`make docs`: writes docs/models.md from the cards of the released models, and pictures of what they do badly.

python docs/cards.py            writes the page, and the pictures of weights that it did not name yet
python docs/cards.py --redraw   writes all pictures
python docs/cards.py --check    only says whether the page is up to date
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docs.subjects import WHAT_IS_SEEN, failures, packed, subjects
from runs.models import released
from srgan.cli.console import count, storage
from srgan.files import write_bytes
from srgan.metrics import PROTOCOLS
from srgan.upscale.upscaler import Upscaler
from srgan.weights.card import Card, Score
from srgan.weights.catalogue import Model

FOLDER = Path(__file__).parent
PAGE = FOLDER / "models.md"
SETS = ("Set5", "Set14", "BSD100")
FIRST = ("srresnet", "srgan", "srresnet-photo", "srgan-photo")
"""What most people use, in this order; `-open` behind a name: from open-licence photos alone."""

_HEAD = """\
# The models

Written by `make docs` from the models' cards; `srgan models NAME` says the same of one. Those for comparison
lie in `runs/comparisons` and do not come with srgan: `--model runs/comparisons/NAME.json`.
"""
_SCORES = """\
Scores are means over a set, PSNR [dB] / SSIM, x4; `pytest tests/weights/test_scores.py` measures them again, of some
models those of Set5 alone; `python docs/results.py` measures all. The SSIMs of the two protocols must not be compared
with each other. What the numbers mean, and what they do not: [evaluation.md](evaluation.md).
"""
_PICTURES = """\
The pictures show what models do badly: drawings of our own, made four times smaller and enlarged again. Their rows,
from the top down:
"""


def order(card: Card) -> tuple[int, int, str]:
    """Where a card stands: those that most people use, the same from open photos, comparisons, baselines."""
    plain = card.name.removesuffix("-open")
    if plain in FIRST:
        return int(plain != card.name), FIRST.index(plain), card.name
    return 3 if card.summary.startswith("Baseline") else 2, 0, card.name


def page(cards: Iterable[Card]) -> str:
    """The whole page."""
    ordered = sorted(cards, key=order)
    listed = [(f"[{card.name}](#{card.name})", card.summary, card.licence) for card in ordered]
    models = _table(("model", "what it is", "licence"), listed)
    kinds = "".join(f"- **{kind}**: {words}\n" for kind, words in WHAT_IS_SEEN.items())
    return "\n".join((_HEAD, models, _SCORES, _PICTURES, kinds, *map(_section, ordered)))


def picture(card: Card) -> Path:
    """Where the picture of a model's failures lies."""
    return FOLDER / "failures" / f"{card.name}.png"


def _section(card: Card) -> str:
    """All that is said of a model."""
    training = card.training
    size = storage(sum(file.size for file in card.files.values()))
    arguments = ", ".join(f"{key}={value}" for key, value in card.arguments.items())
    network = f"{card.architecture} {arguments}".strip()
    recipe = [f"{key}: {value}" for key, value in training.recipe.items()] or ["not recorded"]
    return f"""\
## {card.name}

{card.summary}

- **Known failures**: {card.limits}
- **Licence**: {card.licence}
- **Trained on**: {training.data}
- **Training**: {count(training.updates, "update")} in {training.hours:g} hours on {training.machine}
- **Network**: {network}; {2 * card.multiply_adds / 1e6:.2f} million operations a pixel of the photo, {size}
- **Identity**: version {card.version}, `{card.identity}`

{_scores(card.scores)}
{_samples(card)}![Failures of {card.name}: {", ".join(WHAT_IS_SEEN)}]({picture(card).relative_to(FOLDER).as_posix()})

<details><summary>Recipe</summary>

```
{chr(10).join(recipe)}
```

</details>
"""


def _samples(card: Card) -> str:
    """The sheet of photos, for the models that are for photos."""
    if not card.name.endswith("-photo"):
        return ""
    return (
        "A face, fur, leaves, sky, text and night, made four times smaller and saved as JPEG of quality 60, by\n"
        "`python docs/photos.py`:\n\n![Six photos enlarged by the photo models](photo-samples.jpg)\n\n"
    )


def _scores(scores: tuple[Score, ...]) -> str:
    """A row for each protocol."""
    found = {(score.protocol, score.data): f"{score.psnr:.2f} / {score.ssim:.4f}" for score in scores}
    rows = [(protocol, *(found.get((protocol, data), "-") for data in SETS)) for protocol in PROTOCOLS]
    return _table(("protocol", *SETS), rows)


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def draw(models: Iterable[Model]) -> None:
    """Write the pictures of what models do badly."""
    drawn = subjects()
    for model in models:
        upscaler = Upscaler(model.folder / f"{model.card.name}.json", precision="fp32")
        write_bytes(picture(model.card), packed(failures(drawn, model.card.name, upscaler)))


def main() -> None:
    models = released()
    cards = [model.card for model in models.values()]
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        if before != page(cards):
            sys.exit("docs/models.md is not what the cards say: run `make docs`")
        return
    # A picture is as old as its weights: drawn on another computer it would differ in some bytes, and in nothing else.
    known = "" if "--redraw" in sys.argv else before
    drawn = [card.name for card in cards if f"`{card.identity}`" in known and picture(card).exists()]
    if new := [model for name, model in models.items() if name not in drawn]:
        draw(new)
    for left_over in set((FOLDER / "failures").glob("*.png")) - set(map(picture, cards)):
        left_over.unlink()
    write_bytes(PAGE, page(cards).encode())


if __name__ == "__main__":
    main()
