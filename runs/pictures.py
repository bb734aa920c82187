"""What released models are trained on: which folders of the benchmark data folder, and on which terms."""

from dataclasses import dataclass, replace
from pathlib import Path

from runs.photo_sources import SOURCES, stated


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
    selected: tuple[Path, ...] = ()
    """Folders of photos that `photos` took and made sharp, to be learned from as they are."""
    scale: int = 4
    """Factor between an image and the small one that is made of it."""

    @property
    def cache(self) -> Path:
        """Where they are kept prepared."""
        return Path("cache") / (self.name.removeprefix("-") if self.selected else f"all{self.name}")


_OPEN_LICENCES = "CC0, Unsplash, Pexels, CC BY, CC BY-SA"
_OWN = (
    "BSDS500's training and test parts (research use; without its validation part, which is BSD100), "
    f"T91, ImageNet samples and dogs (research use), and open-licence photos ({_OPEN_LICENCES})"
)
_LAWYER = "Whether weights inherit terms of the pictures they were trained on is unsettled: for products, ask a lawyer"

EVERYTHING = Pictures(
    "",
    ("BSDS500_train_test", "T91", "dogs", "imagenet_samples", "open_licence"),
    ("T91",),
    f"{_OWN}. {_LAWYER}",
)
OPEN = Pictures(
    "-open",
    ("open_licence",),
    (),
    f"open-licence photos alone ({_OPEN_LICENCES}). {_LAWYER}",
    "; from open-licence photos alone",
)
"""For people who ship products."""

SELECTED = Path("cache") / "selected"
"""Where `photos` keeps what it takes, those of open licences apart."""

PHOTOS = Pictures(
    "-photos",
    EVERYTHING.folders,
    EVERYTHING.sharp,
    f"{_OWN}; and photos of public repositories, on the terms stated there: {stated(SOURCES)}. {_LAWYER}",
    selected=(SELECTED / "open", SELECTED / "others"),
)
"""For models of photos: the most and the sharpest pictures."""
PHOTOS_X2 = replace(PHOTOS, name="-photos-x2", scale=2)
"""The same for networks that enlarge twice."""
OPEN_PHOTOS = Pictures(
    "-photos-open",
    OPEN.folders,
    OPEN.sharp,
    f"open-licence photos alone ({_OPEN_LICENCES}), those of public repositories on the terms stated there: "
    f"{stated(source for source in SOURCES if source.open)}. {_LAWYER}",
    OPEN.hint,
    selected=(SELECTED / "open",),
)

BY_NAME = {"everything": EVERYTHING, "open": OPEN, "photos": PHOTOS, "photos-open": OPEN_PHOTOS}
