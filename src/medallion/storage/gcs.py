"""Files in buckets of Google Cloud Storage: `gs://BUCKET/PREFIX`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.errors import MissingError, StorageError
from medallion.storage import Entry
from medallion.storage.bucket_source import ATTEMPTS_SECONDS, BucketSource

if TYPE_CHECKING:
    from google.cloud.storage import Client

_CREDENTIALS = (
    "set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account that may read it"
)


class GcsStorage(BucketSource):
    """Objects of a bucket, by their generations.

    The credentials are Google's application default credentials: the file that
    `GOOGLE_APPLICATION_CREDENTIALS` names, those of `gcloud`, or of the machine.
    """

    extra = "gcs"
    packages = ("google.cloud.storage",)

    def objects(self, prefix: str) -> Iterator[Entry]:
        for blob in _client().list_blobs(self.bucket, prefix=prefix, retry=_retry()):
            yield _entry(blob)

    def head(self, key: str) -> Entry | None:
        blob = _client().bucket(self.bucket).get_blob(key, retry=_retry())
        if blob is None:  # or there is no bucket, which the list shows
            any(True for _ in self.objects(key))
            return None
        return _entry(blob)

    def download(self, entry: Entry, file: Path) -> None:
        blob = _client().bucket(self.bucket).blob(entry.path)
        blob.download_to_filename(
            str(file), if_generation_match=int(entry.token), retry=_retry(), checksum="auto"
        )
        after = self.head(entry.path)  # not every server knows the condition
        if after is None or after.token != entry.token:
            place = f"{self.place}/{entry.path}"
            raise StorageError(f"{place} changed while it was read", hint="run again")

    @contextmanager
    def errors(self, path: str) -> Iterator[None]:
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        place = f"{self.url}/{path}".rstrip("/")
        try:
            yield
        except exceptions.PreconditionFailed as error:
            raise StorageError(f"{place} changed while it was read", hint="run again") from error
        except exceptions.NotFound as error:
            if "bucket does not exist" in str(error) or not path or "/o?" in str(error):
                raise StorageError(
                    f"{place}: there is no bucket {self.bucket!r}", hint="correct its name"
                ) from error
            raise MissingError(f"{place}: no such file") from error
        except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
            raise StorageError(f"{place}: access denied: {error}", hint=_CREDENTIALS) from error
        except (exceptions.GoogleAPIError, RequestException, OSError) as error:
            raise StorageError(f"{place}: no answer: {error}", hint="run again later") from error


def _client() -> Client:
    return _connect(os.getpid(), os.environ.get("STORAGE_EMULATOR_HOST"))


@cache
def _connect(process: int, emulator: str | None) -> Client:
    """The client of this process. No project is needed to read."""
    from google.cloud.storage import Client

    del process
    if emulator:
        return Client.create_anonymous_client()
    return Client(project="medallion")


def _retry() -> Any:
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(ATTEMPTS_SECONDS)


def _entry(blob: Any) -> Entry:
    modified = blob.updated.timestamp()
    return Entry(blob.name, blob.size or 0, str(blob.generation), modified, modified)
