"""Files of a finished evaluation: results.json, tables and the report."""

from collections.abc import Sequence
from pathlib import Path

from srgan.errors import DataError
from srgan.evaluation.evaluation_report import write_report
from srgan.evaluation.results import Results
from srgan.evaluation.score_tables import other_means, per_image, significance_table, summary
from srgan.files import write_bytes
from srgan.metrics import Protocol

RESULTS = "results.json"


def write_outputs(results: Results, folder: Path, protocols: Sequence[Protocol]) -> Path:
    """Write results.json, all tables and the report into an evaluation's folder, replacing older ones.

    Returns:
        The report, to be opened in a browser.

    Raises:
        DataError: if matplotlib or jinja2 is not installed.
        OutputError: if a file cannot be written.
        PictureError: if an image of the folder cannot be read.
    """
    write_bytes(folder / RESULTS, results.to_json().encode())
    tables = {f"summary-{protocol.name}": summary(results, protocol) for protocol in protocols}
    for data in results.sets:
        tables[f"pictures-{data}"] = per_image(results, data)
        for protocol in protocols:
            for kind in ("psnr", "ssim"):
                found = significance_table(results, data, f"{protocol.name}/{kind}")
                tables[f"significance-{data}-{protocol.name}-{kind}"] = found
    for data, table in zip(results.sets, other_means(results), strict=False):  # none where nothing else was measured
        tables[f"other-{data}"] = table
    for name, table in tables.items():
        table.write(folder / "tables", name)
    return write_report(results, folder, protocols=protocols)


def read_results(folder: Path) -> Results:
    """Read the results of a finished evaluation.

    Raises:
        DataError: if there are none.
    """
    path = folder / RESULTS
    try:
        return Results.from_json(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: name the folder of an evaluation that came to its end") from error
