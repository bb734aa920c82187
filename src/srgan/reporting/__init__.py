"""Reporting: tables, plots and self-contained pages, whatever they show."""

from typing import TYPE_CHECKING

from srgan.lazy_import import lazy_names

if TYPE_CHECKING:
    from srgan.reporting.page import data_url as data_url
    from srgan.reporting.page import render as render
    from srgan.reporting.page import render_page as render_page
    from srgan.reporting.plot_style import BLUE as BLUE
    from srgan.reporting.plot_style import INK as INK
    from srgan.reporting.plot_style import ORANGE as ORANGE
    from srgan.reporting.plot_style import PALE as PALE
    from srgan.reporting.plot_style import QUIET as QUIET
    from srgan.reporting.plot_style import RED as RED
    from srgan.reporting.plot_style import SERIES as SERIES
    from srgan.reporting.plot_style import Drawing as Drawing
    from srgan.reporting.plot_style import clean_axes as clean_axes
    from srgan.reporting.plot_style import draw as draw
    from srgan.reporting.plot_style import new_figure as new_figure
    from srgan.reporting.plot_style import shorten as shorten
    from srgan.reporting.plot_style import use_log_axis_if_wide as use_log_axis_if_wide
    from srgan.reporting.table import MISSING as MISSING
    from srgan.reporting.table import Cell as Cell
    from srgan.reporting.table import Column as Column
    from srgan.reporting.table import Number as Number
    from srgan.reporting.table import Table as Table
    from srgan.reporting.table import mark_best as mark_best
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "page": "data_url render render_page",
            "plot_style": "BLUE INK ORANGE PALE QUIET RED SERIES Drawing clean_axes draw new_figure shorten "
            "use_log_axis_if_wide",
            "table": "MISSING Cell Column Number Table mark_best",
        },
    )
