"""Opinion scores for `srgan reproduce`: those of a study, or of one that programs rate."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srgan.cli.console import need_packages
from srgan.errors import DataError, UsageError

if TYPE_CHECKING:
    from srgan.paper.reproduction import Reproducer
    from srgan.paper.verdicts import Opinions


def read_opinions(name: str, study: Path | None, simulated: bool) -> "Opinions":
    """Return the mean opinion scores of a study by the rows of a table; none without a study."""
    from srgan.paper.verdicts import NO_OPINIONS

    return collect_opinions([name], study, simulated).get(name, NO_OPINIONS)


def collect_opinions(names: Sequence[str], study: Path | None, simulated: bool) -> "dict[str, Opinions]":
    """Return a study's mean opinion scores by table; of several tables, those without a rated row are left out."""
    if study is None:
        if simulated:
            raise UsageError("simulated votes are a study's: name the study with --study FOLDER", parameter="simulated")
        return {}
    need_packages("scipy", extra="study")
    from srgan.paper.reproduction import TABLES
    from srgan_study.analysis.paper_comparison import collect_opinions as opinions_of
    from srgan_study.votes.store import read_ratings

    ratings, found = read_ratings(study, simulated=simulated), {}
    for name in names:
        try:
            found[name] = opinions_of(ratings, TABLES[name])
        except DataError:
            if len(names) == 1:
                raise
    return found


def simulate_study(work: "Reproducer", images: int, raters: int) -> Path:
    """Make a study of the evaluation of Table 2 and let programs rate it, with the paper's means; return its folder."""
    need_packages("scipy", "httpx", "starlette", "uvicorn", "msgspec", extra="study")
    from srgan_study.simulation.dry_run import DryRun, simulate_votes
    from srgan_study.simulation.rater_model import plant
    from srgan_study.simulation.simulated_means import choose_means
    from srgan_study.stimuli.create_study import StudyPlan, create_study
    from srgan_study.stimuli.sources import find_sources
    from srgan_study.stimuli.stimulus_selection import StimulusSelection, select
    from srgan_study.study import MANIFEST, Design

    folder, sources = work.folder / "simulated-study", find_sources([str(work.folder / "evaluation")])
    last = list(sources.sets)[-1]  # BSD100, of which the paper's figure is
    chosen, _ = select(sources, StimulusSelection(sets=[last], images=min(images, len(sources.sets[last]))))
    if (folder / MANIFEST).is_file():  # of an earlier page: the same votes are cast again
        shutil.rmtree(folder)
    study = create_study(StudyPlan(chosen, Design(raters=raters, calibration=0, practice=0)), folder, work.progress)
    simulate_votes(folder, DryRun(plant(study, choose_means(study, {})), raters), work.progress)
    return folder


def draw_figure5(study: Path, *, simulated: bool) -> list[Any]:
    """Draw the distribution of scores on each set of a study."""
    need_packages("scipy", extra="study")
    from srgan_study.analysis.study_analysis import analyse
    from srgan_study.report.method_figures import draw_distribution
    from srgan_study.votes.store import read_ratings

    analysis = analyse(read_ratings(study, simulated=simulated))
    return [draw_distribution(analysis, found) for found in analysis.sets]
