"""Where the photos come from: public repositories, which of their files, and on which terms.

Licences as stated there; `open` says whether a product may use what was learned from them, as far as they say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Source:
    """A repository on GitHub with photos in it."""

    name: str
    """OWNER/NAME."""
    files: tuple[str, ...]
    """Patterns of paths; a star matches slashes too, and a pattern without one matches at the top alone."""
    licence: str
    open: bool = False
    least_factor: int = 1
    """How many times smaller each photo is made at least, because none is sharp as it is."""
    mixed: bool = False
    """Whether figures and gray prints are mixed in."""
    without: tuple[str, ...] = ()
    """Patterns of paths that are left out: test pictures, drawings, others' pictures."""

    @property
    def folder(self) -> str:
        """Its name as that of a folder."""
        return self.name.replace("/", "+")

    def holds(self, path: str) -> bool:
        """Whether a file is one of the photos."""
        return _fits(path, self.files) and not _fits(path, self.without)


def _fits(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) and ("/" in pattern or "/" not in path) for pattern in patterns)


_TOP = ("*.jpg", "*.JPG", "*.jpeg", "*.png")
_BOOK = ("media/*.jpg", "media/*.jpeg", "media/*.png")


def _book(name: str, licence: str) -> Source:
    """A textbook of OpenStax; single photos carry their own CC or public-domain credit in the caption."""
    return Source(
        f"openstax/osbooks-{name}", _BOOK, licence, licence == "CC BY 4.0", mixed=True, without=("media/Interactive/*",)
    )


SOURCES = (
    Source(
        "imazen/codec-corpus",
        ("CID22/CID22-512/*.png", "clic2025/final-test/*.png", "clic2025/validation/*.png"),
        "CC BY-SA 4.0 for CID22 and Unsplash License for CLIC 2025",
        open=True,
    ),
    # Of CQ100, those that are Kodak's test pictures are left out.
    Source(
        "Ivordir/quantette",
        ("img/CQ100/img/*.png", "img/unsplash/img/Original/*.jpg"),
        "CC BY-SA 4.0 for CQ100 and Unsplash License",
        open=True,
        without=("*/ball_caps.png", "*/motocross.png", "*/girl.png", "*/macaws.png"),
    ),
    Source("NUS-VIP/saliency-in-crowd", ("data/stimuli/*.jpg",), "MIT on the repository, photos from the web"),
    Source("Epic-NaN/photos", _TOP, "CC0", open=True, least_factor=2),
    Source(
        "hoojaoh/data-stunning",
        ("Images/*.jpg", "Images/*.jpeg", "Images/*.JPG"),
        "CC BY-SA 1.0 to 4.0, Free Art License, GFDL",
        open=True,
        least_factor=2,
    ),
    Source(
        "yuzexia/bing-wallpapers", ("images/*.jpg", "images/*.webp"), "none stated, Bing's daily photos", least_factor=2
    ),
    Source("4r6h/wallpapers-random", _TOP, "none stated, stock photos", least_factor=2),
    _book("introduction-sociology", "CC BY-NC-SA 4.0"),
    _book("introduction-anthropology", "CC BY 4.0"),
    _book("introduction-business", "CC BY 4.0"),
    _book("college-physics-bundle", "CC BY-NC-SA 4.0"),
    _book("introduction-political-science", "CC BY-NC-SA 4.0"),
    _book("principles-marketing", "CC BY-NC-SA 4.0"),
    _book("college-success", "CC BY 4.0"),
    _book("writing-guide", "CC BY-NC-SA 4.0"),
    _book("introduction-philosophy", "CC BY-NC-SA 4.0"),
    Source("getcroissant/coworking-stock-photos", ("public/images/*",), "none stated"),
    Source(
        "drewnoakes/metadata-extractor-images",
        ("jpg/*.jpg", "jpg/*.jpeg", "jpg/*.JPG"),
        "free to use as one wishes, by its read-me",
        open=True,
        least_factor=2,
        mixed=True,
        without=("jpg/ImageTestSuite/*",),
    ),
    Source("nhatzHK/wallpapers", (*_TOP, "Autumn/*"), "none, photos from the web", least_factor=2),
    Source("languageseed/work_suite", ("themes/images/*.jpg",), "Unsplash License and Pexels License", True, 2),
    Source("getsolus/artwork", ("backgrounds/*.jpg",), "CC BY-SA 4.0, CC BY 4.0, CC0, public domain", True, 2),
    Source("tetiana-kolmychek/oceanic-awesomewm-theme", ("wallpapers/orig/*",), "CC0 and Pexels License", True, 2),
    Source("rootkovska/qubes-wallpapers", ("*.jpg",), "CC BY-NC-SA 4.0", least_factor=2),
    Source("LucaDanelutti/photo-stream", ("photos/original/*.jpg",), "none stated", least_factor=4),
    Source("reethd/photography-portfolio", ("photos/*.jpg",), "none stated", least_factor=2),
    Source("datitran/raccoon_dataset", ("images/*.jpg",), "MIT on the repository, photos from the web"),
    Source(
        "NUS-VIP/predicting-human-gaze-beyond-pixels",
        ("data/stimuli/*.jpg",),
        "MIT on the repository, photos from the web",
        least_factor=2,
    ),
)
"""In the order in which they are preferred where two hold the same photo."""


def stated(sources: Iterable[Source]) -> str:
    """Which licences the sources state, and which sources each: for the cards of what is trained on them."""
    names: dict[str, list[str]] = {}
    for source in sources:
        names.setdefault(source.licence, []).append(source.name)
    return "; ".join(f"{licence} ({', '.join(of)})" for licence, of in names.items())
