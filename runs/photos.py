"""Take the sharp photos of public repositories, each made as much smaller as it needs to be sharp, and prepare them.

    python -m runs.photos FOLDER

FOLDER holds a folder OWNER+NAME for every source of `photo_sources`: the files, or its git directory, bare or not, or
one of these two in a folder `repo`. What is taken stands in cache/selected, with a list of it in photos.tsv; the
prepared pictures are those of `pictures.PHOTOS` and `pictures.OPEN_PHOTOS`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from runs.photo_quality import fingerprint
from runs.photo_selection import select
from runs.pictures import OPEN_PHOTOS, PHOTOS, SELECTED
from runs.releasing import console, data_folder, prepared
from srgan.data.prepare import find_pictures


def own() -> Iterator[int]:
    """Fingerprints of the project's own training pictures."""
    for path in find_pictures([data_folder() / "train"]):
        with Image.open(path) as picture:
            yield fingerprint(picture)


def main() -> None:
    """Select unless that is done, and prepare."""
    parser = argparse.ArgumentParser(prog="python -m runs.photos", description=__doc__)
    parser.add_argument("folder", type=Path, help="with a folder OWNER+NAME for every source")
    parser.add_argument("--processes", type=int, default=1)
    choices = parser.parse_args()
    if not (SELECTED / "photos.tsv").is_file():
        counts = select(choices.folder, SELECTED, own(), processes=choices.processes)
        for source, reasons in counts.items():
            left_out = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common() if reason and count)
            console.print(f"{source.name}: {reasons['']} taken; left out: {left_out}")
    for pictures in (PHOTOS, OPEN_PHOTOS):
        console.print(f"{pictures.cache}: prepared", prepared(pictures))


if __name__ == "__main__":
    main()
