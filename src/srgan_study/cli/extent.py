"""How much a study asks of its raters: in lines for people, in a document for programs."""

import math
from pathlib import Path
from typing import Any

from srgan.cli.console import count, duration
from srgan_study.study import Study


def document(study: Study, folder: Path) -> dict[str, Any]:
    """What was made, for programs."""
    minutes, sittings = _time(study)
    return {
        "folder": str(folder),
        "hash": study.hash,
        "title": study.title,
        "methods": [method.name for method in study.methods],
        "reference": study.reference,
        "sets": {
            data: {"pictures": pictures, "versions": versions} for data, (pictures, versions) in _sets(study).items()
        },
        "raters": study.design.raters,
        "ratings_per_rater": study.ratings_per_rater,
        "minutes_per_rater": round(minutes, 1),
        "sittings": sittings,
        "repeats": len(study.retest),
        "warm_up": study.design.warm_up,
        "practice": len(study.practice),
        "calibration": len(study.calibration) // 2,
    }


def _sets(study: Study) -> dict[str, tuple[int, list[str]]]:
    """Of each set the number of pictures, and the methods whose versions of them are rated."""
    found = {}
    for data in study.sets:
        stimuli = [stimulus for stimulus in study.stimuli if stimulus.data == data]
        rated = {stimulus.method for stimulus in stimuli}
        pictures = len({stimulus.content for stimulus in stimuli})
        found[data] = (pictures, [method.name for method in study.methods if method.name in rated])
    return found


def _time(study: Study) -> tuple[float, int]:
    """Minutes that a rater needs, and in how many sittings."""
    votes = study.ratings_per_rater + study.design.warm_up + len(study.practice)
    minutes = votes * study.design.seconds_per_rating / 60
    return minutes, math.ceil(minutes / study.design.sitting_minutes)


def summary(study: Study, folder: Path) -> list[str]:
    """What was made, for people."""
    lines = []
    for data, (pictures, versions) in _sets(study).items():
        ratings = count(pictures * len(versions), "rating")
        lines.append(f"{data}: {count(pictures, 'picture')} in {count(len(versions), 'version')}, {ratings}")
        lines.append(f"  {', '.join(versions)}")
    minutes, sittings = _time(study)
    twice = f", {len(study.retest):,} of them of what is rated twice" if study.retest else ""
    lines.append(f"{count(study.ratings_per_rater, 'rating')} by each rater{twice}")
    not_counted = [
        f"calibration on {count(len(study.calibration) // 2, 'picture')}" if study.calibration else "no calibration",
        f"{count(len(study.practice), 'rating')} for practice",
        *([f"{count(study.design.warm_up, 'rating')} to warm up"] if study.design.warm_up else []),
    ]
    lines.append(f"before that, {', '.join(not_counted)}")
    lines.append(
        f"about {duration(minutes * 60)} for each rater, in {count(sittings, 'sitting')} of up to "
        f"{study.design.sitting_minutes} min"
    )
    all_votes = count(study.design.raters * study.ratings_per_rater, "rating")
    lines.append(f"{count(study.design.raters, 'rater')}, {all_votes} in all")
    return [
        *lines,
        f"hash    {study.hash}",
        f"study   {folder}",
        f"next    srgan study serve {folder}, or srgan study simulate {folder} to rehearse",
    ]
