"""Reports in a folder: which are found, and that nothing else is read."""

from pathlib import Path

import pytest

from srgan.errors import UsageError
from srgan_web.report_links import ReportLink, Reports


def test_reports_are_found_and_nothing_else_is_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder, sign in ((root / "study", "summary.json"), (root / "a" / "b", "results.json"), (outside, "x")):
        folder.mkdir(parents=True)
        (folder / "report.html").write_text(f"<title>About &lt;{folder.name}&gt;</title>")
        (folder / sign).write_text("{}")
    for name in ("link", "loop"):
        (root / name).mkdir()
    (root / "loop" / "report.html").symlink_to("report.html")
    (root / "link" / "report.html").symlink_to(outside / "report.html")
    reports = Reports(root)
    assert reports.all() == [
        ReportLink("a/b/report.html", "About <b>", "evaluation"),
        ReportLink("study/report.html", "About <study>", "study"),
    ]
    assert reports.read("study/report.html") == b"<title>About &lt;study&gt;</title>"
    for path in ("study/summary.json", "../outside/report.html", "link/report.html", "/etc/passwd", "", "a\0b"):
        assert reports.read(path) is None
    with pytest.raises(UsageError):
        Reports(tmp_path / "none")
