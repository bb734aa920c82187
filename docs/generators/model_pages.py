"""Write docs/models.md from the cards of the released models, and the images of docs/failure_cases.

python -m docs.generators.model_pages            writes the page, and the images of weights that it did not list yet
python -m docs.generators.model_pages --redraw   writes all images
python -m docs.generators.model_pages --check    only reports whether the page is up to date
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from docs.generators.failure_cases import DESCRIPTIONS, draw_cases, encode_palette, failure_sheet
from docs.generators.page_parts import markdown_table
from runs.models import released
from srgan.cli.console import count, storage
from srgan.files import write_bytes
from srgan.metrics import PROTOCOLS
from srgan.upscale.upscaler import Upscaler
from srgan.weights.card import Card, CardScore
from srgan.weights.catalogue import Model

FOLDER = Path(__file__).resolve().parents[1]
PAGE = FOLDER / "models.md"
SETS = ("Set5", "Set14", "BSD100")
FIRST = ("srresnet", "srgan", "srresnet-photo", "srgan-photo")
"""The most useful models, in this order; a suffix `-open` means trained on open-licence photos only."""

_HEAD = """\
# The models

Written by `make docs` from the models' cards; `srgan models NAME` shows one. Models for comparison are in
`runs/comparisons` and not part of the package: use them with `--model runs/comparisons/NAME.onnx`.
"""
_SCORES = """\
Scores are means over a test set, PSNR [dB] / SSIM, at the scale of the model, x4 where nothing else is said.
`pytest tests/srgan/weights/test_scores.py` measures them again (for some models only on Set5), and
`python -m docs.generators.results_page` measures all of them. SSIM values of the two protocols cannot be compared.
What the numbers mean, and what they do not: [evaluation.md](evaluation.md).
"""
_PICTURES = """\
The images show weaknesses: drawings downscaled by four and enlarged again. Rows from top to bottom:
"""


def order(card: Card) -> tuple[int, int, str]:
    """Return the sort key: most useful models, the same from open photos, comparisons, baselines."""
    plain = card.name.removesuffix("-open")
    if plain in FIRST:
        return int(plain != card.name), FIRST.index(plain), card.name
    return 3 if card.summary.startswith("Baseline") else 2, 0, card.name


def page(cards: Iterable[Card]) -> str:
    """Return the text of the page."""
    ordered = sorted(cards, key=order)
    listed = [(f"[{card.name}](#{card.name})", card.summary, card.licence) for card in ordered]
    models = markdown_table([("model", "description", "licence"), *listed])
    kinds = "".join(f"- **{kind}**: {words}\n" for kind, words in DESCRIPTIONS.items())
    return "\n".join((_HEAD, models, _SCORES, _PICTURES, kinds, *map(_section, ordered)))


def picture(card: Card) -> Path:
    """Return the path of a model's image."""
    return FOLDER / "failure_cases" / f"{card.name}.png"


def _section(card: Card) -> str:
    """Return the section of a model."""
    training = card.training
    size = storage(sum(file.size for file in card.files.values()))
    arguments = ", ".join(f"{key}={value}" for key, value in card.arguments.items())
    network = f"{card.architecture} {arguments}".strip()
    recipe = [f"{key}: {value}" for key, value in training.recipe.items() if key != "summary"] or ["not recorded"]
    return f"""\
## {card.name}

{card.summary}

- **Weaknesses**: {card.limits}
- **Licence**: {card.licence}
- **Trained on**: {training.data}
- **Training**: {count(training.updates, "update")} in {training.hours:g} hours on {training.machine}
- **Network**: {network}; {2 * card.multiply_adds / 1e6:.2f} million operations per pixel of the photo, {size}
- **Identity**: version {card.version}, `{card.identity}`

{_scores(card.scores)}
{_samples(card)}![Weaknesses of {card.name}: {", ".join(DESCRIPTIONS)}]({picture(card).relative_to(FOLDER).as_posix()})

<details><summary>Recipe</summary>

```
{chr(10).join(recipe)}
```

</details>
"""


def _samples(card: Card) -> str:
    """Return the sample photos, for photo models."""
    if not card.name.endswith("-photo"):
        return ""
    return (
        "A face, fur, grass, sky, text and stars, downscaled by four and saved as JPEG of quality 60, by\n"
        "`python -m docs.generators.photo_samples`:\n\n"
        "![Six photos enlarged by the photo models](images/photo-samples.jpg)\n\n"
    )


def _scores(scores: tuple[CardScore, ...]) -> str:
    """Return the table of scores, a row for each protocol."""
    found = {(score.protocol, score.data): f"{score.psnr:.2f} / {score.ssim:.4f}" for score in scores}
    rows = [(protocol, *(found.get((protocol, data), "-") for data in SETS)) for protocol in PROTOCOLS]
    return markdown_table([("protocol", *SETS), *rows])


def draw(models: Iterable[Model]) -> None:
    """Write the images of models' weaknesses."""
    cases = draw_cases()
    for model in models:
        upscaler = Upscaler(model.folder / f"{model.card.name}.onnx", precision="fp32")
        write_bytes(picture(model.card), encode_palette(failure_sheet(cases, model.card.name, upscaler)))


def main() -> None:
    models = released()
    cards = [model.card for model in models.values()]
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" in sys.argv:
        if before != page(cards):
            sys.exit("docs/models.md does not match the cards: run `make docs`")
        return
    # Images are kept for as long as the weights: another computer would change some bytes and nothing visible.
    known = "" if "--redraw" in sys.argv else before
    drawn = [card.name for card in cards if f"`{card.identity}`" in known and picture(card).exists()]
    if new := [model for name, model in models.items() if name not in drawn]:
        draw(new)
    for left_over in set((FOLDER / "failure_cases").glob("*.png")) - set(map(picture, cards)):
        left_over.unlink()
    write_bytes(PAGE, page(cards).encode())


if __name__ == "__main__":
    main()
