"""examples/srgan.ipynb: it runs from its first cell to its last, and is stored without results."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "srgan.ipynb"
TRAINING = " ".join(
    f"--set {setting}"
    for setting in ("updates=4", "batch=2", "crop=32", "blocks=1", "features=8", "log_every=1", "validate_every=2")
)
MOST = 3_000_000
"""Bytes of all results."""


def test_it_is_stored_without_results() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.slow
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRGAN_NOTEBOOK_TRAINING", TRAINING)
    monkeypatch.setenv("SRGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    kinds = [kind for output in shown for kind in output.get("data", {})]
    assert kinds.count("image/png") == 3  # the photo, the plot and the sheet
    assert kinds.count("text/html") == 3  # two sliders and the table
    assert any("own" in output.get("data", {}).get("text/html", "") for output in shown)
    assert len(nbformat.writes(notebook)) < MOST
    assert (tmp_path / "evaluation" / "report.html").is_file()
