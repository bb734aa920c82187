"""The list of pictures of test sets, from which none is learned: made of folders of them.

    python -m runs.known_tests testsets/Set5 testsets/Set14 testsets/BSD100 Urban100 Sun-Hays80 Kodak24

A set is called as its folder, a picture as its file.
"""

import argparse
from pathlib import Path

from srgan.data import known_tests
from srgan.data.prepare import find_pictures, rgb8

LIST = Path(known_tests.__file__).with_suffix(".npz")


def main() -> None:
    """Write the list that is shipped anew."""
    parser = argparse.ArgumentParser(prog="python -m runs.known_tests", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="one for each test set")
    folders: list[Path] = parser.parse_args().folders
    files = {f"{folder.name}/{path.stem}": path for folder in folders for path in find_pictures([folder])}
    known_tests.write_known_tests(LIST, {name: rgb8(path) for name, path in files.items()})


if __name__ == "__main__":
    main()
