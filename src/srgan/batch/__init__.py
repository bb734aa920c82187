"""Folders and buckets enlarged by many processes: a pool on Ray, and a ledger of every file."""
