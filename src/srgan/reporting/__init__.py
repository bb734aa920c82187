"""Reporting: tables, plots and pages that need nothing but themselves."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srgan.reporting.table import MISSING as MISSING
    from srgan.reporting.table import Cell as Cell
    from srgan.reporting.table import Column as Column
    from srgan.reporting.table import Number as Number
    from srgan.reporting.table import Table as Table

_NAMES = {
    "table": "MISSING Cell Column Number Table",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in _MODULES:
            return getattr(import_module(f"srgan.reporting.{_MODULES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
