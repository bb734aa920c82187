"""Rows of the store: jobs, and what the order of the queue depends on."""

import json
from dataclasses import dataclass, fields
from typing import Any, Literal

from srgan_web.job_options import JobOptions

JobStatus = Literal["held", "queued", "running", "done", "failed"]


@dataclass(frozen=True)
class JobRecord:
    """A row of the store."""

    id: str
    client: str
    name: str
    """File name that the client gave, made safe."""
    picture: str
    """SHA-256 of the upload."""
    status: JobStatus
    options: JobOptions
    plan: dict[str, Any]
    """Size, format and model, as the client sees them."""
    outcome: dict[str, Any]
    """Seconds, engine, notes and bytes of a finished job, else empty."""
    error: str | None
    error_kind: str | None
    """Class name of the error."""
    attempts: int
    bytes: int
    """Disk space of the job's files; of a job that is not finished, with what the result may take."""
    created: float
    """Seconds since 1970, as the following."""
    queued: float | None
    started: float | None
    finished: float | None
    owner: str | None = None
    """The server that runs it."""
    progress: float = 0.0
    """From 0 to 1, about a second old."""

    @property
    def is_final(self) -> bool:
        return self.status in ("done", "failed")


@dataclass(frozen=True)
class QueuedJob:
    """What the order of the queue and its time depend on."""

    id: str
    client: str
    queued: float
    pixels: int
    """Pixels of the image."""
    model: str
    """Name of the model."""


def encoded(value: Any) -> Any:
    """Return a value of a record as the database keeps it."""
    if isinstance(value, JobOptions):
        return value.to_json()
    return json.dumps(value) if isinstance(value, dict) else value


def decoded(row: tuple[Any, ...]) -> JobRecord:
    """Return the record of a row."""
    values = dict(zip((field.name for field in fields(JobRecord)), row, strict=True))
    values["options"] = JobOptions.from_json(values["options"])
    values["plan"], values["outcome"] = json.loads(values["plan"]), json.loads(values["outcome"])
    return JobRecord(**values)
