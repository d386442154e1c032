"""Requests to an S3 server: transient errors are retried with back-off, others fail immediately."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from fsspec.asyn import sync
from s3fs import S3FileSystem
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from medallion.errors import ConflictError, MissingError, StorageError
from medallion.storage.s3_settings import S3Settings

T = TypeVar("T")

PART = 16 << 20  # bytes of one part of a large object
PARTS = 10_000  # the largest number of parts of an object on S3
AT_ONCE = 4
# Attempts of one request; `S3.retried` retries whole requests, their bodies and uploads.
_ATTEMPTS = 3

_TRANSIENT = (
    boto.ConnectionError,
    boto.HTTPClientError,
    boto.ResponseStreamingError,
    ResponseParserError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    ConnectionError,
    TimeoutError,
)
_TRANSIENT_CODES = {
    "SlowDown",
    "RequestTimeout",
    "OperationAborted",
    "ConditionalRequestConflict",
    "Throttling",
}
_TRANSIENT_STATUS = {429, 500, 502, 503, 504}
_NO_SPACE = {
    "XMinioStorageFull",
    "QuotaExceeded",
    "XMinioAdminBucketQuotaExceeded",
    "InsufficientStorage",
}

_KEYS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment or in .env"
_HINTS = {
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "ExpiredToken": "renew AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "set this machine's clock",
    "400": "if this server asks for TLS, write https:// into MEDALLION_S3_ENDPOINT_URL",
    **dict.fromkeys(
        _NO_SPACE, "free some space or raise its quota, then run again; nothing was published"
    ),
}
_TLS = {
    "mismatch, certificate is not valid": (
        "name the host in MEDALLION_S3_ENDPOINT_URL as the server's certificate does"
    ),
    "certificate has expired": "renew the server's certificate",
    "CERTIFICATE_VERIFY_FAILED": (
        "set AWS_CA_BUNDLE to the certificate of the CA that signed the server's"
    ),
    "WRONG_VERSION_NUMBER": (
        "if this server does not use TLS, write http:// into MEDALLION_S3_ENDPOINT_URL"
    ),
}


class S3:
    """A connection for one process, shared by all of its storages with equal settings.

    Raises StorageError when the server cannot be reached at first: that is not a transient error.
    """

    def __init__(self, settings: S3Settings) -> None:
        self.settings = settings
        _look_up(settings)
        _read_authorities(settings)
        config: dict[str, Any] = {
            "connect_timeout": settings.connect_timeout,
            "read_timeout": settings.read_timeout,
            "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
            "max_pool_connections": 32,
        }
        if settings.endpoint_url:
            # A self-hosted server usually has no host name for each bucket.
            config["s3"] = {"addressing_style": "path"}
        self.files = S3FileSystem(
            endpoint_url=settings.endpoint_url,
            key=settings.key,
            secret=settings.secret,
            token=settings.token,
            client_kwargs={
                "region_name": settings.region or ("us-east-1" if settings.endpoint_url else None),
                "verify": settings.ca_bundle,
            },
            config_kwargs=config,
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self.files.retries = 1
        try:
            self.files.connect()
        except Exception as error:
            raise self._storage_error(error, settings.place) from error

    def request(
        self, method: str, bucket: str, key: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """One request of the S3 protocol; the body of the response is read to its end."""
        if key is not None:
            parameters["Key"] = key

        async def send() -> dict[str, Any]:
            response: dict[str, Any] = await self.files._call_s3(
                method, Bucket=bucket, **parameters
            )
            if "Body" in response:
                async with response["Body"] as body:
                    response["Body"] = await body.read()
            return response

        return self.retried(send, f"s3://{bucket}/{key or ''}")

    def upload(self, file: Path, bucket: str, key: str, **parameters: Any) -> None:
        """Send a file; a large one in parallel parts, which appear together at the end."""
        chunk = max(PART, -(-file.stat().st_size // PARTS))

        async def send() -> None:
            target = f"{bucket}/{key}"
            await self.files._put_file(
                str(file), target, chunksize=chunk, max_concurrency=AT_ONCE, **parameters
            )

        self.retried(send, f"s3://{bucket}/{key}")

    def download(self, bucket: str, key: str, file: Path) -> None:
        """Fetch an object into a file; a large one in parallel parts."""

        async def fetch() -> None:
            await self.files._get_file(
                f"{bucket}/{key}", str(file), chunksize=PART, max_concurrency=AT_ONCE
            )

        self.retried(fetch, f"s3://{bucket}/{key}")

    def retried(self, work: Callable[[], Awaitable[T]], where: str) -> T:
        """The result of the work, retried while its error may be transient.

        Raises StorageError, MissingError or ConflictError, which name `where`.
        """
        policy = AsyncRetrying(
            retry=retry_if_exception(_is_transient),
            wait=wait_random_exponential(multiplier=0.2, max=3),
            stop=stop_after_delay(self.settings.patience),
            reraise=True,
        )
        try:
            result: T = sync(self.files.loop, policy, work)
        except Exception as error:
            raise self._storage_error(error, where) from error
        return result

    def _storage_error(self, error: Exception, where: str) -> StorageError:
        code, status = _answer(error)
        place = self.settings.place
        if code == "NoSuchBucket":
            bucket = where.removeprefix("s3://").partition("/")[0]
            return StorageError(
                f"{place}: there is no bucket {bucket!r}",
                hint=f"make it (aws s3 mb s3://{bucket}), or correct its name",
            )
        if status == 404:
            return MissingError(f"{where} at {place}: no such object")
        if status == 412:
            return ConflictError(f"{where} at {place} was changed by another writer")
        reason = str(error).strip() or type(error).__name__
        if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
            return StorageError(f"{where} at {place}: no credentials were found", hint=_KEYS)
        if status == 403:
            hint = _HINTS.get(code or "", f"give this key the right to it, or {_KEYS}")
            return StorageError(f"{where} at {place}: access denied: {reason}", hint=hint)
        if tls_hint := _tls_hint(error):
            return StorageError(f"{where} at {place}: {reason}", hint=tls_hint)
        if code is None:
            hint = (
                "check that the server is up and MEDALLION_S3_ENDPOINT_URL is correct, "
                "then run again; what is published stays"
            )
            return StorageError(f"{where} at {place}: no answer: {reason}", hint=hint)
        hint = _HINTS.get(
            code, "see the server's log; its disk, or the bucket's quota, may be full"
        )
        return StorageError(f"{where} at {place}: {reason} ({code})", hint=hint)


def connect(settings: S3Settings, bucket: str, prefix: str) -> S3:
    """The connection of this process: sockets and threads do not survive a fork.

    Raises StorageError when the bucket does not exist or cannot be listed: some servers would
    create it on the first write.
    """
    process = os.getpid()
    _check(process, settings, bucket, prefix)
    return _connect(process, settings)


@cache
def _connect(process: int, settings: S3Settings) -> S3:
    del process
    return S3(settings)


@cache
def _check(process: int, settings: S3Settings, bucket: str, prefix: str) -> None:
    _connect(process, settings).request("list_objects_v2", bucket, Prefix=prefix, MaxKeys=1)


def _look_up(settings: S3Settings) -> None:
    """Report a wrong host or port at once, unless a web proxy makes the connection."""
    if settings.endpoint_url is None or any(
        os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
    ):
        return
    parts = urlsplit(settings.endpoint_url)
    hint = (
        "check MEDALLION_S3_ENDPOINT_URL, such as http://localhost:9000, and that the server is up"
    )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StorageError(
            f"{settings.endpoint_url!r} is not an address of an S3 server", hint=hint
        )
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), settings.connect_timeout).close()
    except OSError as error:
        raise StorageError(
            f"the S3 server at {settings.place} cannot be reached: {error}", hint=hint
        ) from error


def _read_authorities(settings: S3Settings) -> None:
    """Report an unreadable file of certificates at once, instead of a failed request."""
    if settings.ca_bundle:
        try:
            ssl.create_default_context(cafile=settings.ca_bundle)
        except OSError as error:
            raise StorageError(
                f"the certificates to trust for {settings.place}, {settings.ca_bundle}, "
                f"cannot be read: {error}",
                hint="set AWS_CA_BUNDLE to a PEM file of certificates; write its whole path",
            ) from error


def _tls_hint(error: BaseException) -> str | None:
    """What to do when server and client cannot agree on TLS, which is not transient."""
    return next((hint for sign, hint in _TLS.items() if sign in str(error)), None)


def _is_transient(error: BaseException) -> bool:
    code, status = _answer(error)
    if code is not None:
        return code in _TRANSIENT_CODES or (status in _TRANSIENT_STATUS and code not in _NO_SPACE)
    if _tls_hint(error):
        return False
    return isinstance(error, _TRANSIENT) or isinstance(error.__cause__, _TRANSIENT)


def _answer(error: BaseException) -> tuple[str | None, int | None]:
    """The code and status of the server's response; None when there was none."""
    client_error = next(
        (item for item in (error, error.__cause__) if isinstance(item, boto.ClientError)), None
    )
    if client_error is None:
        return None, None
    response = client_error.response
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return response["Error"].get("Code", ""), status
