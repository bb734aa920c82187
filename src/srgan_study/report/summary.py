"""Every number of a study's report as a JSON document: infinity is a string, and unknown numbers are null."""

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.analysis.screening import RULES
from srgan_study.analysis.study_analysis import StudyAnalysis
from srgan_study.votes.exports import BY_PEOPLE, BY_PROGRAMS


def make_head(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return who voted, and on which study."""
    ratings = analysis.ratings
    return {
        "votes are": BY_PROGRAMS if ratings.simulated else BY_PEOPLE,
        "simulated": ratings.simulated,
        "study": ratings.study.hash,
        "title": ratings.study.title,
    }


def make_summary(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return the whole document."""
    study, scores = analysis.ratings.study, list_scores(analysis)
    numbers = {
        "srgan": study.version,
        "design": study.design,
        "methods": study.methods,
        "rule": analysis.rule,
        "rules": RULES,
        "votes": analysis.votes,
        "ratings per rater": study.ratings_per_rater,
        "sets": {
            found.data: {
                "scores": scores[found.data],
                "opinions": found.opinions,
                "dmos": found.differential,
                "screened": found.screened,
                "differences": found.differences,
                "versions": found.images,
            }
            for found in analysis.sets
        },
        "raters": analysis.raters,
        "retest": analysis.retest,
        "mle decided alone by": analysis.decided_alone,
        "krippendorff": analysis.alphas,
        "icc": analysis.icc,
        "order": analysis.effects,
    }
    return {**make_head(analysis), **to_plain(numbers)}


def to_json(document: dict[str, Any]) -> str:
    """Return the text of the document."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def list_scores(analysis: StudyAnalysis) -> dict[str, Any]:
    """Return the main scores by set and method."""
    scores: dict[str, Any] = {found.data: {} for found in analysis.sets}
    for found in analysis.sets:
        for method in found.methods:
            score = to_plain(found.score(method, analysis.rule)) or {"mean": None}
            scores[found.data][method] = {**score, "published": find_printed_score(method, found.data)}
    return scores


def to_plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): to_plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value) if math.isfinite(value) else str(float(value))
    return value.item() if isinstance(value, np.generic) else value
