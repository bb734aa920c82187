"""What an evaluation leaves in its folder for people and programs: results.json, tables and the report."""

from collections.abc import Sequence
from pathlib import Path

from srgan.errors import DataError
from srgan.evaluation.evaluation_report import write_report
from srgan.evaluation.report_tables import other_means
from srgan.evaluation.results import Results
from srgan.evaluation.score_tables import Table, per_image, significance_table, summary
from srgan.evaluation.test_sets import make_folder
from srgan.files import Destination
from srgan.metrics import Protocol

RESULTS = "results.json"


def write_outputs(results: Results, folder: Path, protocols: Sequence[Protocol]) -> Path:
    """Write all that is made from the results; what was there before is replaced.

    Returns:
        The report, to be opened in a browser.

    Raises:
        OutputError: if something cannot be written.
    """
    write_text(folder / RESULTS, results.to_json())
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
        for suffix, text in _languages(table).items():
            write_text(folder / "tables" / f"{name}{suffix}", text)
    return write_report(results, folder, protocols=protocols)


def _languages(table: Table) -> dict[str, str]:
    return {".csv": table.csv(), ".md": table.markdown(), ".tex": table.latex()}


def read_results(folder: Path) -> Results:
    """The results of an evaluation that came to its end.

    Raises:
        DataError: if there are none.
    """
    path = folder / RESULTS
    try:
        return Results.from_json(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: name the folder of an evaluation that came to its end") from error


def write_text(path: Path, text: str) -> None:
    """Write a file that appears when it is whole, in place of one that is there.

    Raises:
        OutputError: if it cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """The same with bytes.

    Raises:
        OutputError: if it cannot be written.
    """
    make_folder(path.parent)
    destination = Destination(path, overwrite=True)
    try:
        with open(destination.open(), "wb", closefd=False) as file:
            file.write(data)
        destination.appear()
    except OSError as error:
        destination.fail(error.strerror or str(error))
    finally:
        destination.close()
