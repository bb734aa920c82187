"""Shards read in full, and compared with their index and checksums."""

import hashlib
import json
import os
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from srgan.data.shards import INDEX, TRAINING, VALIDATION, Shard
from srgan.errors import DataError
from srgan.progress import NoProgress, Progress


def check_shards(folder: Path, *, progress: Progress | None = None) -> list[str]:
    """Read all shards of a folder, and return their faults, one line each.

    Args:
        folder: of `write_shards`.
        progress: counts shards.

    Raises:
        DataError: if there is no index, or it cannot be understood.
    """
    progress = progress or NoProgress()
    try:
        index = json.loads((folder / INDEX).read_bytes())
        shards = [Shard.from_index(entry) for split in (TRAINING, VALIDATION) for entry in index[split]]
    except FileNotFoundError as error:
        raise DataError(f"{folder} has no {INDEX}: write the shards again, which goes on") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"the {INDEX} of {folder} is damaged ({error}): write the shards again") from error
    progress.start("checking shards", len(shards))
    faults: list[str] = []
    seen: dict[str, str] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for shard, (keys, fault) in zip(shards, pool.map(_checker(folder), shards), strict=True):
            if fault:
                faults.append(f"{shard.name} {fault}: write the shards again")
            for key in keys:
                if (other := seen.setdefault(key, shard.name)) != shard.name or keys.count(key) > 1:
                    faults.append(f"{shard.name} has the key {key}, as {other} has: write the shards again")
            progress.advance()
    return list(dict.fromkeys(faults))


def _checker(folder: Path) -> Callable[[Shard], tuple[list[str], str]]:
    """Return what gives the keys in a shard, and its fault, empty if it has none."""

    def check(shard: Shard) -> tuple[list[str], str]:
        try:
            with open(folder / shard.name, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != shard.size:
                    return [], f"is cut short, {size} of {shard.size} bytes" if size < shard.size else "is too long"
                if hashlib.file_digest(file, "sha256").hexdigest() != shard.sha256:
                    return [], "is damaged: its checksum is wrong"
                file.seek(0)
                with tarfile.open(fileobj=file, mode="r:") as tar:
                    members = tar.getmembers()
        except (OSError, tarfile.TarError) as error:
            return [], f"cannot be read ({getattr(error, 'strerror', None) or error})"
        places = [(member.offset_data, member.size) for member in members]
        if places != list(zip(shard.offsets.tolist(), shard.sizes.tolist(), strict=True)):
            return [], f"does not hold what the {INDEX} says"
        return [member.name.partition(".")[0] for member in members], ""

    return check
