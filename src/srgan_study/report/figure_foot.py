"""The study's name at the foot of every figure, and a watermark on figures of simulated votes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from srgan.reporting import Drawing, draw
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.votes.exports import BY_PROGRAMS, SIMULATED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_with_foot(
    analysis: StudyAnalysis,
    name: str,
    title: str,
    caption: str,
    size: tuple[float, float],
    fill: Callable[["Figure"], None],
) -> Drawing:
    """Draw a figure of a study, as `srgan.reporting.draw` does."""
    ratings = analysis.ratings
    foot = f"study {ratings.study.hash[:16]}, {len(analysis.raters)} raters, {analysis.votes:,} votes"
    if ratings.simulated:
        return draw(name, title, caption, size, fill, foot=f"{BY_PROGRAMS}; {foot}", watermark=SIMULATED)
    return draw(name, title, caption, size, fill, foot=foot)
