"""What a study found, drawn: the figures of its report.

This module knows which numbers go into which figure; how they are drawn is figures.py's matter.
"""

import math

import numpy as np
from numpy.typing import NDArray

from srgan_study.analysis import order_effects as sequence
from srgan_study.analysis.differences import UNITS
from srgan_study.analysis.mean_opinion import estimate_mean, nanmean
from srgan_study.analysis.paper_comparison import find_printed_score
from srgan_study.analysis.study_analysis import SetAnalysis, StudyAnalysis
from srgan_study.report import method_figures as figures
from srgan_study.report import rater_figures
from srgan_study.report.difference_tables import UNIT_NAMES, too_few
from srgan_study.report.drawing import Drawing, Stamp
from srgan_study.report.method_tables import interval_words
from srgan_study.votes.exports import BY_PROGRAMS

Numbers = NDArray[np.float64]


def stamp_of(findings: StudyAnalysis) -> Stamp:
    """What stands at the foot of every figure."""
    ratings = findings.ratings
    words = f"study {ratings.study.hash[:16]}, {len(findings.raters)} raters, {findings.votes:,} votes"
    return Stamp(f"{BY_PROGRAMS}; {words}" if ratings.simulated else words, ratings.simulated)


def illustrate(findings: StudyAnalysis) -> dict[str, list[Drawing]]:
    """Every figure that there are numbers for, by the part of the report that shows it.

    Raises:
        DataError: if matplotlib is not installed.
    """
    stamp, parts = stamp_of(findings), dict[str, list[Drawing]]()
    parts["opinions"] = [_means(findings, stamp)]
    parts["distributions"] = [_distribution(found, stamp) for found in findings.sets]
    parts["differences"] = [_differences(found, stamp) for found in findings.sets if found.differences]
    parts["pictures"] = [_pictures(found, stamp) for found in findings.sets]
    parts["raters"] = [_raters(findings, stamp)]
    parts["order"] = [_course(findings, stamp)] if findings.effects.course else []
    return parts


def _distribution(found: SetAnalysis, stamp: Stamp) -> Drawing:
    counts = np.array([opinion.counts for opinion in found.opinions], float)
    return figures.distribution(f"figure5-{found.file}", found.data, found.methods, counts, stamp)


def _means(findings: StudyAnalysis, stamp: Stamp) -> Drawing:
    methods = [method.name for method in findings.ratings.study.methods]
    points = [_points(findings, found, methods) for found in findings.sets]
    return figures.means("means", methods, points, interval_words(findings.rule), stamp)


def _points(findings: StudyAnalysis, found: SetAnalysis, methods: list[str]) -> figures.Points:
    wide = {opinion.method: opinion.by_rater_and_image for opinion in found.opinions}
    table = np.full((len(methods), 6), np.nan)
    for place, method in enumerate(methods):
        score = found.score(method, findings.rule)
        if score is not None:
            printed = find_printed_score(method, found.data)
            bounds = (wide[method].low, wide[method].high) if findings.rule == "none" else (math.nan, math.nan)
            table[place] = (score.mean, score.low, score.high, *bounds, math.nan if printed is None else printed)
    return figures.Points(found.data, *table.T)


def _pictures(found: SetAnalysis, stamp: Stamp) -> Drawing:
    contents = list(dict.fromkeys(image.content for image in found.images))
    scores = np.full((len(found.methods), len(contents)), np.nan)
    columns = {content: place for place, content in enumerate(contents)}
    rows = {method: place for place, method in enumerate(found.methods)}
    for image in found.images:
        scores[rows[image.method], columns[image.content]] = image.score.mean
    return figures.pictures(f"pictures-{found.file}", found.data, found.methods, contents, scores, stamp)


def _differences(found: SetAnalysis, stamp: Stamp) -> Drawing:
    places = {method: place for place, method in enumerate(found.methods)}
    units = {}
    for unit in UNITS:
        differences, p = np.full((2, len(places), len(places)), np.nan)
        for test in found.differences[unit]:
            first, second = places[test.first], places[test.second]
            differences[first, second], differences[second, first] = test.difference.mean, -test.difference.mean
            p[first, second] = p[second, first] = test.adjusted
        units[UNIT_NAMES[unit]] = (differences, p)
    return figures.differences(f"differences-{found.file}", found.data, found.methods, units, too_few(found), stamp)


def _raters(findings: StudyAnalysis, stamp: Stamp) -> Drawing:
    return rater_figures.raters(
        "raters",
        [rater.rater for rater in findings.raters],
        np.array([rater.bias for rater in findings.raters]),
        np.array([rater.inconsistency for rater in findings.raters]),
        [bool(rater.flags) for rater in findings.raters],
        stamp,
    )


def _course(findings: StudyAnalysis, stamp: Stamp) -> Drawing:
    bands, ratings = findings.effects.course, findings.ratings
    table = ratings.table()
    away, _ = sequence.compute_residuals(table)
    rows = {rater: row for row, rater in enumerate(table.raters)}
    columns = {stimulus: column for column, stimulus in enumerate(table.stimuli)}
    main = list(ratings.of("main"))
    places = np.array([rating.position for rating in main])
    found = np.array([away[rows[rating.rater], columns[rating.stimulus]] for rating in main])
    seconds = np.array([rating.response_ms / 1000 for rating in main])
    who = np.array([rows[rating.rater] for rating in main])
    halves, quartiles = [], []
    for band in bands:
        inside = (places >= band.first) & (places <= band.last)
        by_rater = np.full((len(rows), int(inside.sum())), np.nan)
        by_rater[who[inside], np.arange(by_rater.shape[1])] = found[inside]
        estimate = estimate_mean(nanmean(by_rater, 1), "raters")
        halves.append(estimate.high - estimate.mean)
        quartiles.append(np.quantile(seconds[inside], (0.25, 0.5, 0.75)) if inside.any() else np.full(3, np.nan))
    slope = findings.effects.slope
    words = "drift: too few votes to tell"
    if not math.isnan(slope.mean):
        words = f"drift: {slope.mean:+.3f} scores per 100 ratings"
        words += "" if math.isnan(slope.low) else f" (95 %: {slope.low:+.3f} to {slope.high:+.3f})"
    middles = np.array([(band.first + band.last) / 2 + 1 for band in bands])
    residuals = np.array([band.mean for band in bands]), np.array(halves)
    first, median, third = np.array(quartiles).T
    return rater_figures.course(
        "course", middles, residuals, (first, median, third), words.replace("-", "\u2212"), stamp
    )
