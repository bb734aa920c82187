"""libvips, set up for streaming, and its failures put in one line.

Everything in `images/` that needs libvips takes it from here, so that it is never used without this set-up.
"""

import atexit
import os
import re

import pyvips as pyvips

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


def forget_failures() -> None:
    """Empty libvips' buffer of messages, which is one for the whole process and keeps those of failures before."""
    pyvips.vips_lib.vips_error_clear()


def reason(failure: BaseException) -> str:
    """Why libvips failed, in one short line without control characters, repetition or names of C functions."""
    if not isinstance(failure, pyvips.Error):
        return "unreadable data"
    lines = [re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", line).strip() for line in str(failure.detail).splitlines()]
    told = [re.sub(r"^(\w+|system error): ", "", line) for line in lines if line and not line.startswith(_NOISE)]
    text = "; ".join(list(dict.fromkeys(told))[:_MOST_LINES]) or "unreadable data"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
