"""A store that speaks S3, for the tests that want another than a directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from sessions.blobs import S3Access

BUCKET = "bucket"


@contextmanager
def store() -> Iterator[tuple[Any, S3Access]]:
    """A client of it, which sees the bucket as its operator does, and how nodes reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = S3Access(f"http://{host}:{port}", "eu-central-1", "key", "secret")
    client = boto3.client(
        "s3", endpoint_url=access.endpoint, region_name=access.region,
        aws_access_key_id=access.access_key, aws_secret_access_key=access.secret_key,
    )  # fmt: skip
    place = {"LocationConstraint": "eu-central-1"}
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    try:
        yield client, access
    finally:
        client.close()
        server.stop()


def kept(client: Any) -> list[str]:
    """The names of all that is in it."""
    found = client.list_objects_v2(Bucket=BUCKET)
    return [one["Key"] for one in found.get("Contents", [])]
