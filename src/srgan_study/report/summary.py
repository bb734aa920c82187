"""summary.json: every number of a study's report, for programs.

Infinity is a string, and what is not known is null. This module does not know files.
"""

import json
import math
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np

from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.analysis.screening import RULES
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.votes.exports import BY_PEOPLE, BY_PROGRAMS


def head(findings: StudyAnalysis) -> dict[str, Any]:
    """Who voted, and on what."""
    ratings = findings.ratings
    return {
        "votes are": BY_PROGRAMS if ratings.simulated else BY_PEOPLE,
        "simulated": ratings.simulated,
        "study": ratings.study.hash,
        "title": ratings.study.title,
    }


def summary(findings: StudyAnalysis) -> dict[str, Any]:
    """The whole document; its first field says who voted."""
    study = findings.ratings.study
    return {
        **head(findings),
        "srgan": study.version,
        "design": asdict(study.design),
        "methods": [asdict(method) for method in study.methods],
        "rule": findings.rule,
        "rules": dict(RULES),
        "votes": findings.votes,
        "ratings per rater": study.ratings_per_rater,
        "sets": {found.data: _on_set(findings, found) for found in findings.sets},
        "raters": plain(findings.raters),
        "retest": plain(findings.retest),
        "mle decided alone by": findings.decided_alone,
        "krippendorff": plain(findings.alphas),
        "icc": plain(findings.icc),
        "order": plain(findings.effects),
    }


def to_json(document: dict[str, Any]) -> str:
    """The text of the document."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def scores(findings: StudyAnalysis) -> dict[str, Any]:
    """The main numbers alone, by set and method."""
    return {found.data: _scores(findings, found) for found in findings.sets}


def _on_set(findings: StudyAnalysis, found: SetAnalysis) -> dict[str, Any]:
    return {
        "scores": _scores(findings, found),
        "opinions": plain(found.opinions),
        "dmos": plain(found.differential),
        "screened": plain(found.screened),
        "differences": plain(found.differences),
        "versions": plain(found.images),
    }


def _scores(findings: StudyAnalysis, found: SetAnalysis) -> dict[str, Any]:
    lines = {}
    for method in found.methods:
        score = found.score(method, findings.rule)
        lines[method] = {**(plain(score) or {"mean": None}), "published": find_printed_score(method, found.data)}
    return lines


def plain(value: Any) -> Any:
    """A value of ours as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value) if math.isfinite(value) else str(float(value))
    return value.item() if isinstance(value, np.generic) else value
