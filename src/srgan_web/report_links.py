"""Reports of evaluations and studies that lie in a folder: found, and read for the page."""

import html
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from srgan.errors import UsageError

NAME = "report.html"
_DEPTH, _MOST = 4, 500  # folders below the root, and reports
_HEAD = 65536  # bytes in which the title is looked for
_TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_SIGNS = {"summary.json": "study", "results.json": "evaluation"}  # what lies beside the reports of both


@dataclass(frozen=True)
class ReportLink:
    """A report in the folder."""

    path: str
    """Within the folder, with slashes."""
    title: str
    kind: str
    """`evaluation`, `study` or `report`."""

    @property
    def folder(self) -> str:
        """Place of the report within the folder."""
        return self.path.rpartition("/")[0] or "."


class Reports:
    """The reports of a folder; nothing else in it is read.

    Args:
        root: the folder.

    Raises:
        UsageError: if there is no such folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise UsageError(f"there is no folder {root}: name one that exists", parameter="reports")
        self.root = root.resolve()

    def all(self) -> list[ReportLink]:
        """Return the reports, sorted by their paths."""
        return [_link(path, self.root) for path in self._paths()]

    def read(self, path: str) -> bytes | None:
        """Return a report by its path, or None if it is none of `all`."""
        found = next((each for each in self._paths() if each.relative_to(self.root).as_posix() == path), None)
        try:
            return None if found is None else found.read_bytes()
        except OSError:
            return None

    def _paths(self) -> list[Path]:
        """Return the files of reports; hidden folders and links that lead out are left out."""

        def search() -> Iterator[Path]:
            for place, folders, files in os.walk(self.root):
                folder = Path(place)
                depth = len(folder.relative_to(self.root).parts)
                folders[:] = sorted(name for name in folders if depth < _DEPTH and not name.startswith("."))
                report = folder / NAME
                inside = NAME in files and Path(os.path.realpath(report)).is_relative_to(self.root)
                if inside and report.is_file():  # and no loop of links
                    yield report

        return [path for _, path in zip(range(_MOST), search(), strict=False)]


def _link(path: Path, root: Path) -> ReportLink:
    try:
        with path.open("rb") as file:
            found = _TITLE.search(file.read(_HEAD))
    except OSError:
        found = None
    title = html.unescape(found[1].decode("utf-8", "replace")).strip() if found else ""
    kind = next((kind for name, kind in _SIGNS.items() if (path.parent / name).is_file()), "report")
    return ReportLink(path.relative_to(root).as_posix(), title or path.parent.name, kind)
