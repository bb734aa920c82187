"""Errors name parameters; the command line names its options instead."""

import pytest

from srgan.cli.console import error_message
from srgan.errors import PictureError, SrganError, UsageError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UsageError("width must be 1 or more, not 0", parameter="width"), "--width must be 1 or more, not 0"),
        (UsageError("max_pixels is -1", parameter="max_pixels"), "--max-pixels is -1"),
        (UsageError("width or height"), "width or height"),
        (PictureError("width is unknown"), "width is unknown"),
    ],
)
def test_the_option_takes_the_place_of_the_parameter(error: SrganError, message: str) -> None:
    assert error_message(error) == message
