"""Which models the runs have made: those that come with srgan, and comparisons, which only the repository keeps.

What nobody enlarges photos with would make `pip install srgan` three times as large (docs/decisions/0018).
"""

from pathlib import Path

from srgan.weights.catalogue import Model, find, shipped

COMPARISONS = Path(__file__).parent / "comparisons"
"""The files of models that show what single losses do."""


def released() -> dict[str, Model]:
    """All of them, by name.

    Raises:
        ModelError: if a card cannot be read.
    """
    return shipped() | {path.stem: find(path) for path in sorted(COMPARISONS.glob("*.onnx"))}
