"""Jobs as clients see them."""

from dataclasses import asdict
from typing import Any

from srgan_web.job_queue import JobQueue
from srgan_web.job_record import JobRecord


def job_document(job: JobRecord, queue: JobQueue) -> dict[str, Any]:
    """Return what the service says of a job.

    Args:
        job: of the store.
        queue: knows its progress, place and time left.
    """
    plan, address = job.plan, f"/v1/jobs/{job.id}"
    return {
        "id": job.id,
        "name": job.name,
        "status": job.status,
        "picture": job.picture,
        "options": asdict(job.options),
        "source": {name: plan[name] for name in ("width", "height", "format", "bytes")},
        "result": plan["result"] | {name: job.outcome.get(name) for name in ("bytes", "seconds", "engine")},
        "model": job.outcome.get("model", plan["model"]),
        "reason": plan["reason"],
        "seen": plan["seen"],
        "notes": job.outcome.get("notes", []),
        "error": job.error,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        **queue.state(job),
        "links": {"self": address, "events": f"{address}/events", "result": f"{address}/result"},
    }
