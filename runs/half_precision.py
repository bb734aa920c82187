"""Conversion of models of three files into models of one: docs/decisions/0023.

    python -m runs.half_precision FOLDER...

Each `.onnx` with a `.json` card and `.safetensors` weights is written anew as one `.onnx` file with weights in
float16; then card and weights are removed. Text of the card is kept, identity and self-test are made anew.
"""

import sys
from pathlib import Path

from srgan.models import ARCHITECTURES
from srgan.models.release.state_dict import trained_weights
from srgan.training.release import export
from srgan.weights.card import Card
from srgan.weights.catalogue import find


def convert(card_path: Path) -> Card:
    """Convert the model of a card; return its new card."""
    model = find(card_path)
    network = ARCHITECTURES[model.card.architecture](**model.card.arguments)
    network.load_state_dict(trained_weights(model))
    card = export(network.eval(), model.card, card_path.parent)
    for suffix in (".json", ".safetensors"):
        card_path.with_suffix(suffix).unlink(missing_ok=True)
    return card


def main() -> None:
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).glob("*.json")):
            before = path.with_suffix(".onnx").stat().st_size + path.with_suffix(".safetensors").stat().st_size
            card = convert(path)
            after = path.with_suffix(".onnx").stat().st_size
            sys.stderr.write(f"{card.name}: {before:,} to {after:,} bytes, {card.identity}\n")


if __name__ == "__main__":
    main()
