"""The OpenAPI document, made from the table of addresses that the server also routes by."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from srgan_web.job_options import SCHEMA

_DESCRIPTIONS = {
    200: "Done.",
    202: "Accepted.",
    204: "Deleted.",
    400: "The request is damaged.",
    401: "A token is needed.",
    403: "The request comes from another site, or names another host.",
    404: "There is no such job or batch.",
    408: "The upload is too slow.",
    409: "The job is in another state.",
    413: "The image is too large.",
    415: "The body is not a form.",
    422: "The image or an option is invalid.",
    429: "Too many images wait; the header Retry-After says how many seconds to wait.",
    503: "The store is full or the server stops; the header Retry-After says how many seconds to wait.",
}
_FORM_STATUS = (400, 408, 413, 415, 422, 429)
_CONTENT = {
    "/v1/results.zip": "application/zip",
    "/metrics": "text/plain",
    "/v1/events": "text/event-stream",
    "/v1/jobs/{id}/events": "text/event-stream",
    "/v1/batches/{id}/events": "text/event-stream",
    "/v1/jobs/{id}/views/{view}": "image/jpeg",
    "/v1/jobs/{id}/result": "image/*",
    "/v1/images/upscale": "image/*",
}
_QUERIES = {
    "/v1/jobs/{id}/views/{view}": {"against": "For `invented`: id of another result; marks where the two differ."},
    "/v1/folders": {"path": "Of the folder, within the one that is open."},
    "/v1/batches/{id}/files": {"status": "Only files with this status.", "offset": "Files to leave out."},
}
_BATCH = {
    "type": "object",
    "required": ["id", "folder", "output", "files", "counts", "status", "links"],
    "properties": {
        "id": {"type": "string"},
        "folder": {"type": "string", "description": "Path within the folder that is open."},
        "output": {"type": "string", "description": "Path of the folder of results."},
        "files": {"type": "integer"},
        "counts": {"type": "object", "description": "Files by status: queued, running, done, failed, skipped."},
        "status": {"type": "string", "enum": ["running", "done"]},
        "seconds_left": {"type": ["number", "null"], "description": "Null while unknown."},
        "links": {"type": "object"},
    },
}
_JOB = {
    "type": "object",
    "required": ["id", "name", "status", "progress", "source", "result", "links"],
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string", "description": "File name that the client gave, made safe."},
        "status": {"type": "string", "enum": ["held", "queued", "running", "done", "failed"]},
        "progress": {"type": "number", "minimum": 0, "maximum": 1},
        "position": {"type": ["integer", "null"], "description": "1 for the next job in the queue."},
        "seconds_left": {"type": ["number", "null"], "description": "Null while unknown."},
        "source": {"type": "object", "description": "width, height, format and bytes of the image."},
        "result": {"type": "object", "description": "name, width, height, format, bytes and seconds of the result."},
        "model": {"type": "string", "description": "Name and identity of the model."},
        "reason": {"type": ["string", "null"], "description": "Why auto chose the model."},
        "seen": {"type": ["object", "null"], "description": "What auto found: damaged, lossy, quality and noise."},
        "notes": {"type": "array", "items": {"type": "string"}},
        "error": {"type": ["string", "null"]},
        "links": {"type": "object"},
    },
}


@dataclass(frozen=True)
class Endpoint:
    """One method of one address."""

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Response]]
    summary: str
    statuses: tuple[int, ...]
    """HTTP statuses besides those of every request and of every form."""
    body: Literal["", "form", "options", "batch"] = ""
    """`form` is an image with options, `options` are options alone, `batch` is a folder with options."""


def openapi_document(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a table of addresses."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    error = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "srgan", "version": version, "description": "Enlarge images."},
        "paths": paths,
        "components": {
            "schemas": {"Job": _JOB, "Batch": _BATCH, "Error": error},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    statuses = {*endpoint.statuses, 401, 403, *(_FORM_STATUS if endpoint.body else ())}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "responses": {str(status): _response(endpoint.path, status) for status in sorted(statuses)},
    }
    names, text = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")], {"type": "string"}
    parameters = [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
    for name, words in _QUERIES.get(endpoint.path, {}).items():
        parameters.append({"name": name, "in": "query", "description": words, "schema": text})
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body:
        fields = dict(SCHEMA)
        if endpoint.body == "form":
            fields["image"] = {"type": "string", "format": "binary"}
        if endpoint.path == "/v1/jobs":
            fields["source"] = {"type": "string", "description": "Id of a job whose image is used, in place of image."}
            fields["hold"] = {"type": "boolean", "description": "Wait until the job is started."}
        if endpoint.body == "batch":
            del fields["crop"]
            fields["path"] = {"type": "string", "description": "Of the folder, within the one that is open."}
            fields["recursive"] = {"type": "boolean", "description": "Search subfolders too."}
        content = {"multipart/form-data": {"schema": {"type": "object", "properties": fields}}}
        operation["requestBody"] = {"required": endpoint.body == "form", "content": content}
    return operation


def _response(path: str, status: int) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _DESCRIPTIONS[status]}
    if status == 204:
        return response
    if status >= 400:
        kind, schema = "application/json", {"$ref": "#/components/schemas/Error"}
    else:
        kind = _CONTENT.get(path, "application/json")
        name = {"/v1/jobs": "Job", "/v1/batches": "Batch"}.get("/".join(path.split("/")[:3]), "")
        is_one = kind == "application/json" and ("{id}" in path or status == 202) and not path.endswith("/files")
        schema = {"$ref": f"#/components/schemas/{name}"} if name and is_one else {}
    response["content"] = {kind: {"schema": schema} if schema else {}}
    if path == "/v1/images/upscale" and status == 200:
        response["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/Job"}}
    return response
