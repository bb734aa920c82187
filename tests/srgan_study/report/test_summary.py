"""JSON of a report."""

import numpy as np

from srgan_study.report.summary import to_json, to_plain


def test_numbers_that_json_lacks_are_null_and_strings() -> None:
    values = {"a": (np.float64("nan"), float("inf"), np.int64(3), np.bool_(True))}
    assert to_plain(values) == {"a": [None, "inf", 3, True]}
    assert to_json({"a": to_plain(np.float32(0.5))}) == '{\n "a": 0.5\n}\n'
