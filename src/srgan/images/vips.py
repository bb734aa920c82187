"""libvips, set up for streaming, and its failures put in one line.

Everything in `images/` that needs libvips takes it from here, so that it is never used without this set-up.
"""

import atexit
import os
import re

import pyvips as pyvips

from srgan.errors import PictureError

# Its cache of operations keeps finished pictures, and with them memory and open files; and it answers a second look at
# a path with the first look's pixels, even when the file has changed.
pyvips.cache_set_max(0)
pyvips.cache_set_max_mem(0)
pyvips.cache_set_max_files(0)
# Loaders are chosen here, by the first bytes of a file. Should libvips ever choose, then never one of its fragile ones.
pyvips.block_untrusted_set(True)
# Each thread holds its own strips of a picture; our encoders gain little beyond a few.
pyvips.concurrency_set(min(4, os.cpu_count() or 1))

# libvips' warnings go to the log of pyvips, where nobody listens unless they ask. It decodes them as UTF-8; a damaged
# file may put any bytes into one, and then the failure to decode would be printed on the user's terminal.
pyvips._to_string = lambda text: pyvips.ffi.string(text).decode("utf-8", "replace") if text else ""
# GObject complains on the terminal of sizes beyond what libvips can address; its complaints go to the same log.
_levels = sum(1 << bit for bit in range(9))
_handler = pyvips.glib_lib.g_log_set_handler(b"GLib-GObject", _levels, pyvips._log_handler_cb, pyvips.ffi.NULL)
atexit.register(pyvips.glib_lib.g_log_remove_handler, b"GLib-GObject", _handler)

# Errors it decodes in the same way.
VipsFailure = (pyvips.Error, UnicodeDecodeError)

_LONGEST = 120  # characters of a reason
_MOST_LINES = 2  # of a libvips report: the rest repeats itself
_NOISE = ("source: bad seek", "wbuffer_write:")
# What libraries say of kinds of samples and compressions that they, or their builds, do not decode.
_NOT_DECODED = (
    "samples out of range", "bad labq format", "not configured", "not supported", "unsupported", "security limit",
)  # fmt: skip


def forget_failures() -> None:
    """Empty libvips' buffer of messages, which is one for the whole process and keeps those of failures before."""
    pyvips.vips_lib.vips_error_clear()


def reason(failure: BaseException) -> str:
    """Why a library failed, in one short line without control characters, repetition or names of C functions."""
    if isinstance(failure, UnicodeDecodeError):
        return "unreadable data"
    detail = str(failure.detail if isinstance(failure, pyvips.Error) else failure)
    lines = [re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line).strip() for line in detail.splitlines()]
    told = [re.sub(r"^(\w+|system error): ", "", line) for line in lines if line and not line.startswith(_NOISE)]
    text = "; ".join(list(dict.fromkeys(told))[:_MOST_LINES]) or "unreadable data"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def unreadable(name: str, failure: BaseException) -> PictureError:
    """Return the error to raise when a library fails to decode a file of this name."""
    why = reason(failure)
    if any(phrase in why.lower() for phrase in _NOT_DECODED):
        return PictureError(f"{name} is of a kind that srgan does not read ({why}): save it as PNG first")
    return PictureError(f"{name} is damaged or cut short ({why}): use an intact copy")
