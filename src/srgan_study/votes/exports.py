"""Votes of a study in the formats of other programs: long and wide CSV, JSON lines, and sureal's JSON.

Every line begins with the study's mark, which says SIMULATED where programs voted.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from srgan_study.votes.ratings import Ratings

SIMULATED = "SIMULATED"
BY_PROGRAMS = "SIMULATED: programs cast these votes, and no people"
BY_PEOPLE = "people's"

_DIGITS = 16  # of the study's hash: enough to tell studies apart, short enough for every line
_LONG = (
    "study_id", "rater", "session", "seq", "phase", "content", "dataset", "method", "repeat", "score", "shown_at_utc",
    "voted_at_utc", "rt_ms", "n_changes", "client_id", "dpr", "vw", "vh", "zoom_ok", "image_sha256",
)  # fmt: skip


def mark(ratings: Ratings) -> str:
    """Return the label of the study in every line and figure: the start of its hash, after SIMULATED if simulated."""
    return f"{SIMULATED}-" * ratings.simulated + ratings.study.hash[:_DIGITS]


def long_csv(ratings: Ratings) -> str:
    """Return a line per valid vote, practice and warm-up included, in the order of voting."""
    lines: list[Iterable[object]] = [_LONG]
    for rating in ratings.rows:
        rated = ratings.study.find_stimulus(rating.phase, rating.stimulus)
        lines.append((
            mark(ratings), rating.rater, rating.sitting, rating.position, rating.phase, rated.content, rated.data,
            rated.method, 2 if rating.phase == "retest" else 1, rating.score, rating.shown_at, rating.voted_at,
            rating.response_ms, rating.revisions, rating.client, f"{rating.device_pixel_ratio:g}",
            rating.viewport_width, rating.viewport_height, int(rating.zoom_ok), rated.shown.sha256,
        ))  # fmt: skip
    return to_csv(lines)


def wide_csv(ratings: Ratings) -> str:
    """Return a line per stimulus with a column per rater, empty where there is no vote; repeats are left out.

    Stimuli are named by dataset, source and condition as is usual in video quality, `DB_SRC01_HRC02`; see `keys_csv`.
    """
    votes: dict[int, dict[str, int]] = defaultdict(dict)
    for rating in ratings.of("main"):
        votes[rating.stimulus][rating.rater] = rating.score
    lines = ((name, *(votes[id_].get(rater, "") for rater in ratings.raters)) for id_, name in _name_stimuli(ratings))
    return to_csv([("PVS_ID", *ratings.raters), *lines])


def keys_csv(ratings: Ratings) -> str:
    """Return the meaning of the names of the wide CSV and of the numbers of sureal's JSON."""
    head = ("PVS_ID", "asset_id", "dataset", "content", "method", "width", "height", "image_sha256", "study_id")
    lines: list[Iterable[object]] = [head]
    for id_, name in _name_stimuli(ratings):
        item = ratings.study.stimuli[id_]
        shown = (item.shown.width, item.shown.height, item.shown.sha256)
        lines.append((name, id_, item.data, item.content, item.method, *shown, mark(ratings)))
    return to_csv(lines)


def votes_jsonl(ratings: Ratings) -> str:
    """Return a JSON document per valid vote, with all of its fields."""
    lines = []
    for rating in ratings.rows:
        rated = ratings.study.find_stimulus(rating.phase, rating.stimulus)
        about = {"dataset": rated.data, "content": rated.content, "method": rated.method}
        lines.append(json.dumps({"study": mark(ratings), **vars(rating), **about}))
    return "".join(f"{line}\n" for line in lines)


def sureal_json(ratings: Ratings) -> str:
    """Return the votes that count in sureal's format; a stimulus that a rater rated twice has a list of two scores.

    Stimuli without votes are left out: sureal cannot read them. The hidden reference is marked in sureal's way, by a
    path equal to that of its content.
    """
    study = ratings.study
    places = {image: place for place, image in enumerate(dict.fromkeys(stimulus.image for stimulus in study.stimuli))}
    references = {item.image: item.shown.file for item in study.stimuli if item.method == study.reference}
    votes: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for rating in sorted(ratings.of("main", "retest"), key=lambda rating: rating.phase):  # the first vote first
        votes[rating.stimulus][rating.rater].append(rating.score)
    document: dict[str, Any] = {
        "dataset_name": f"{SIMULATED} " * ratings.simulated + f"{study.title} ({study.hash})",
        "simulated": ratings.simulated,
        "ref_score": 5.0,
        "ref_videos": [
            {
                "content_id": place,
                "content_name": "/".join(image),
                "path": references.get(image, f"the true picture of {'/'.join(image)}, which was not rated"),
            }
            for image, place in places.items()
        ],
        "dis_videos": [
            {
                "content_id": places[item.image],
                "asset_id": item.id,
                "path": item.shown.file,
                "method": item.method,
                "os": {rater: scores if len(scores) > 1 else scores[0] for rater, scores in votes[item.id].items()},
            }
            for item in study.stimuli
            if votes[item.id]
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def _name_stimuli(ratings: Ratings) -> list[tuple[int, str]]:
    """Return ids and names of stimuli: letters and digits of the dataset, number of the image, of the method."""
    study, prefix = ratings.study, SIMULATED * ratings.simulated
    sets = {data: re.sub(r"[^A-Za-z0-9]", "", data) or "DB" for data in study.sets}
    if len(set(sets.values())) < len(sets):
        sets = {data: f"{name}{place}" for place, (data, name) in enumerate(sets.items(), 1)}
    methods = {method.name: place for place, method in enumerate(study.methods, 1)}
    contents: dict[str, dict[str, int]] = {data: {} for data in study.sets}
    for stimulus in study.stimuli:
        contents[stimulus.data].setdefault(stimulus.content, len(contents[stimulus.data]) + 1)
    return [
        (
            item.id,
            f"{prefix}{sets[item.data]}_SRC{contents[item.data][item.content]:02}_HRC{methods[item.method]:02}",
        )
        for item in study.stimuli
    ]


def to_csv(lines: Iterable[Iterable[object]]) -> str:
    """Return lines of fields as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
