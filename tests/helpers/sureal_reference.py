"""Scores by sureal, an independent implementation of the same rules."""

import importlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def by_sureal(scores: NDArray[np.float64], model: str, reference: NDArray[np.int64] | None = None) -> dict[str, Any]:
    """Return the results of a model of sureal on a table (raters, stimuli).

    Args:
        scores: NaN where there is no vote.
        model: name of the class in sureal.
        reference: column of each stimulus' hidden reference, for DMOS.
    """
    pytest.importorskip("sureal")
    models: Any = importlib.import_module("sureal")
    subjective: Any = importlib.import_module("sureal.subjective_model")
    reader: Any = importlib.import_module("sureal.dataset_reader")
    columns = range(scores.shape[1])
    content = [0] * len(columns) if reference is None else [sorted(set(reference.tolist())).index(r) for r in reference]
    paths = [f"{column}.png" for column in columns]
    dataset: Any = type("Dataset", (), {})()
    dataset.dataset_name, dataset.ref_score = "made up", 5.0
    dataset.ref_videos = [
        {"content_id": number, "content_name": str(number), "path": paths[column] if reference is not None else "none"}
        for number, column in enumerate(sorted(set(reference.tolist())) if reference is not None else [0])
    ]
    dataset.dis_videos = [
        {
            "content_id": content[column],
            "asset_id": column,
            "path": paths[column],
            "os": {f"R{row:02}": vote for row, vote in enumerate(scores[:, column].tolist()) if vote == vote},
        }
        for column in columns
    ]
    kind = getattr(models, model, None) or getattr(subjective, model)
    with np.errstate(all="ignore"):
        result: dict[str, Any] = kind(reader.RawDatasetReader(dataset)).run_modeling()
    return result
