"""Numbers in the words of people: counts, times and sizes."""


def count(number: int, noun: str) -> str:
    """`1 photo`, `1,200 photos`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.1):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60:,} h"


def dimensions(size: tuple[int, int]) -> str:
    """`640x480`."""
    return f"{size[0]}x{size[1]}"


def storage(number: int) -> str:
    """Bytes as `640 kB`, `2.5 MB`, `11.2 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{round(number / 1000)} kB"
