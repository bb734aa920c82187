"""The study's name at the foot of every figure, and a watermark on figures of simulated votes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from srgan.reporting import Drawing, draw
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Fill = Callable[["Figure"], None]


def draw_with_foot(
    analysis: StudyAnalysis, name: str, title: str, caption: str, size: tuple[float, float], fill: Fill
) -> Drawing:
    """Draw a figure of a study, as `srgan.reporting.draw` does."""
    study, simulated = analysis.ratings.study.hash[:16], analysis.ratings.simulated
    foot = f"{BY_PROGRAMS}; " * simulated + f"study {study}, {len(analysis.raters)} raters, {analysis.votes:,} votes"
    return draw(name, title, caption, size, fill, foot=foot, watermark=SIMULATED * simulated)
