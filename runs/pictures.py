"""What released models are trained on: which folders of the benchmark data folder, and on which terms."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pictures:
    """Folders of train/, prepared into one."""

    name: str
    """Added to the names of models that are trained on it."""
    folders: tuple[str, ...]
    sharp: tuple[str, ...]
    """Those whose pictures are learned from as they are; all others are halved (docs/decisions/0013)."""
    terms: str
    """On which the pictures may be used, for the models' cards."""
    hint: str = ""
    """Added to what is said of those models in a line."""

    @property
    def cache(self) -> Path:
        """Where they are kept prepared."""
        return Path("cache") / f"all{self.name}"


_LAWYER = "Whether weights inherit terms of the pictures they were trained on is unsettled: for products, ask a lawyer"

EVERYTHING = Pictures(
    "",
    ("BSDS500_train_test", "T91", "dogs", "imagenet_samples", "open_licence"),
    ("T91",),
    "BSDS500's training and test parts (research use; without its validation part, which is BSD100), "
    "T91, ImageNet samples and dogs (research use), and open-licence photos (CC0, Unsplash, Pexels, CC BY, CC BY-SA). "
    f"{_LAWYER}",
)
OPEN = Pictures(
    "-open",
    ("open_licence",),
    (),
    f"open-licence photos alone (CC0, Unsplash, Pexels, CC BY, CC BY-SA). {_LAWYER}",
    "; from open-licence photos alone",
)
"""For people who ship products."""

BY_NAME = {"everything": EVERYTHING, "open": OPEN}
