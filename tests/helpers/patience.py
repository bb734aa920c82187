"""How long tests of pages wait for a browser."""

PATIENCE = 180_000
"""Milliseconds: a slow or busy computer is no fault of a page, and playwright's own 30 seconds are too few for one."""
