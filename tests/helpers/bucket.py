"""A bucket on an S3 server of this computer (moto), to be read by s3fs as any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest

NAME = "bucket"


@contextmanager
def bucket() -> Iterator[Any]:
    """Serve an empty bucket and give its boto3 client; the environment names the server and credentials."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()  # all servers of a process share their buckets
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket=NAME)
        try:
            yield client
        finally:
            server.stop()


def put(client: Any, **files: bytes) -> None:
    """Put files into the bucket: `put(client, **{"photos/a.png": contents})`."""
    for key, contents in files.items():
        client.put_object(Bucket=NAME, Key=key, Body=contents)


def keys(client: Any) -> dict[str, bytes]:
    """Return all files of the bucket."""
    listed = client.list_objects_v2(Bucket=NAME).get("Contents", [])
    return {one["Key"]: client.get_object(Bucket=NAME, Key=one["Key"])["Body"].read() for one in listed}
