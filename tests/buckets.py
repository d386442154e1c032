"""Buckets on a real S3 server for tests."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from medallion.storage.s3 import S3
from medallion.storage.s3_settings import S3Settings
from tests.services import Service


def options(service: Service, **more: Any) -> dict[str, Any]:
    """The storage options for a server, as `open_storage` and `Pipeline` take them."""
    return {"endpoint_url": service.url, "key": service.key, "secret": service.secret, **more}


def make_bucket(service: Service) -> str:
    """Create an empty bucket and return its name."""
    name = f"medallion-test-{uuid4().hex[:12]}"
    S3(S3Settings.of(options(service), {})).request("create_bucket", name)
    return name


def empty_bucket(service: Service, name: str) -> None:
    """Remove a bucket and its content."""
    s3 = S3(S3Settings.of(options(service), {}))
    s3.files.rm(name, recursive=True)
