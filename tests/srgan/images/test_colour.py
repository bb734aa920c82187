"""The two converters: exact both ways, and half up."""

from typing import Any

import numpy as np
import pytest

from srgan.images.colour import Depth, from_float, to_float


@pytest.mark.parametrize(("depth", "dtype"), [(8, np.uint8), (16, np.uint16)])
def test_every_level_survives_the_way_in_and_out(depth: Depth, dtype: Any) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(1, -1, 1)
    values = to_float(levels)
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (0.0, 1.0)
    assert np.array_equal(from_float(values, depth), levels)


def test_rounds_half_up_and_clips() -> None:
    values = np.array([-1.0, 0.49 / 255, 0.5 / 255, 1.5 / 255, 2.5 / 255, 254.49 / 255, 1.0, 7.0, np.inf], np.float64)
    assert from_float(values, 8).tolist() == [0, 0, 1, 2, 3, 254, 255, 255, 255]
    assert from_float(np.array([0.0, 0.5, 1.0], np.float32), 16).tolist() == [0, 32768, 65535]


def test_floats_stay_and_are_clipped() -> None:
    values = np.array([-1.0, 0.0, 0.123456, 1.0, 7.0], np.float32)
    assert np.array_equal(to_float(values), values)
    assert np.array_equal(from_float(values, 32), np.array([0.0, 0.0, 0.123456, 1.0, 1.0], np.float32))


def test_refuses_other_kinds() -> None:
    with pytest.raises(ValueError, match="int32"):
        to_float(np.zeros((2, 2, 3), np.int32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="12"):
        from_float(np.zeros((2, 2, 3)), 12)  # type: ignore[arg-type]
