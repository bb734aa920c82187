"""Counts of the service as Prometheus text (exposition format 0.0.4)."""

from collections import Counter

from srgan_web.job_queue import JobQueue


def prometheus_text(queue: JobQueue, responses: Counter[int]) -> str:
    """Return all metrics.

    Args:
        queue: of jobs.
        responses: number of HTTP responses by status.
    """
    totals, counts = queue.totals, queue.store.counts()
    lines: list[str] = []

    def add(name: str, kind: str, help: str, *values: tuple[str, float]) -> None:
        lines.extend([f"# HELP srgan_{name} {help}", f"# TYPE srgan_{name} {kind}"])
        lines.extend(f"srgan_{name}{label} {value}" for label, value in values)

    states = [(f'{{status="{name}"}}', counts.get(name, 0)) for name in ("held", "queued", "running", "done", "failed")]
    ends = [(f'{{outcome="{name}"}}', totals.jobs[name]) for name in ("done", "failed", "cancelled")]
    answers = [(f'{{status="{status}"}}', count) for status, count in sorted(responses.items())]
    add("jobs", "gauge", "Jobs in the store.", *states)
    add("jobs_ended_total", "counter", "Jobs ended since the start.", *ends)
    add("jobs_refused_total", "counter", "Jobs refused for lack of room.", ("", totals.refused))
    add("job_seconds_total", "counter", "Time spent on jobs that are done.", ("", totals.seconds))
    add("pixels_total", "counter", "Input pixels of jobs that are done.", ("", totals.pixels))
    add("store_bytes", "gauge", "Disk space of all jobs, with results to come.", ("", queue.store.bytes()))
    add("responses_total", "counter", "HTTP responses.", *answers)
    return "\n".join(lines) + "\n"
