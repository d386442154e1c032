"""Files in containers of Azure: `az://CONTAINER/PATH`, `abfs://CONTAINER@ACCOUNT_HOST/PATH`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.errors import MissingError, StorageError
from medallion.secrets import SECRETS, masked_logger
from medallion.storage import Entry
from medallion.storage.bucket_source import BucketSource

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

AT_ONCE = 4
_RETRIES: dict[str, Any] = {"retry_total": 3, "connection_timeout": 10, "read_timeout": 60}
_CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
_ACCOUNT, _KEY = "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"
_SAS = "AZURE_STORAGE_SAS_TOKEN"
_CREDENTIALS = f"set {_CONNECTION}; or {_ACCOUNT} with {_KEY}, {_SAS} or an Azure login"

masked_logger("azure").setLevel("ERROR")  # which logs each request


class AzureStorage(BucketSource):
    """Blobs of a container, by their ETags.

    The account is that of the URL, `abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH`, of the
    variable `AZURE_STORAGE_CONNECTION_STRING`, or `AZURE_STORAGE_ACCOUNT_NAME`. Without a
    connection string, the credentials are `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_STORAGE_SAS_TOKEN`,
    or those of the environment, the machine or the login of Azure's command line.
    """

    extra = "azure"
    packages = ("azure.storage.blob", "azure.identity")

    def objects(self, prefix: str) -> Iterator[Entry]:
        blobs = self._container().list_blobs(name_starts_with=prefix, include=["metadata"])
        for blob in blobs:
            if "hdi_isfolder" not in (blob.metadata or {}):  # a folder of a data lake
                yield _entry(blob)

    def head(self, key: str) -> Entry | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            blob = self._container().get_blob_client(key).get_blob_properties()
        except ResourceNotFoundError:
            any(True for _ in self.objects(key))  # raises the error if there is no container
            return None
        return None if "hdi_isfolder" in (blob.metadata or {}) else _entry(blob)

    def download(self, entry: Entry, file: Path) -> None:
        from azure.core import MatchConditions

        blob = self._container().get_blob_client(entry.path)
        with file.open("wb") as out:
            blob.download_blob(
                etag=f'"{entry.token}"',
                match_condition=MatchConditions.IfNotModified,
                max_concurrency=AT_ONCE,
            ).readinto(out)

    @contextmanager
    def errors(self, path: str) -> Iterator[None]:
        from azure.core import exceptions

        place = f"{self.url}/{path}".rstrip("/")
        try:
            yield
        except exceptions.ResourceModifiedError as error:
            raise StorageError(f"{place} changed while it was read", hint="run again") from error
        except exceptions.ResourceNotFoundError as error:
            if getattr(error, "error_code", "") == "ContainerNotFound":
                raise StorageError(
                    f"{place}: there is no container {self.bucket!r}", hint="correct its name"
                ) from error
            raise MissingError(f"{place}: no such file") from error
        except exceptions.HttpResponseError as error:
            if isinstance(error, exceptions.ClientAuthenticationError) or error.status_code == 403:
                reason = f"access denied: {_first_line(error)}"
                raise StorageError(f"{place}: {reason}", hint=_CREDENTIALS) from error
            raise StorageError(f"{place}: {_first_line(error)}", hint="run again later") from error
        except (exceptions.AzureError, ValueError, OSError) as error:
            reason = f"no answer: {_first_line(error)}"
            raise StorageError(f"{place}: {reason}", hint=_CREDENTIALS) from error

    def _container(self) -> ContainerClient:
        variables = (_CONNECTION, _ACCOUNT, _KEY, _SAS)
        host = self.place.partition("@")[2]
        settings = [os.environ.get(name, "") for name in variables]
        SECRETS.add(*settings[2:], *_secrets(settings[0]))
        return _connect(os.getpid(), self.bucket, host, *settings)


@cache
def _connect(
    process: int, container: str, host: str, connection: str, account: str, key: str, sas: str
) -> ContainerClient:
    """The client of this process for a container. Raises StorageError without an account."""
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    del process
    if connection and not host:
        return ContainerClient.from_connection_string(connection, container, **_RETRIES)
    if not (host or account):
        raise StorageError(f"az://{container}: no account is declared", hint=_CREDENTIALS)
    address = f"https://{host or f'{account}.blob.core.windows.net'}"
    address = address.replace(".dfs.core.windows.net", ".blob.core.windows.net")
    credential = key or sas or DefaultAzureCredential()
    return ContainerClient(address, container, credential=credential, **_RETRIES)


def _secrets(connection: str) -> Iterator[str]:
    """The values of a connection string that are secret."""
    for setting in connection.split(";"):
        name, _, value = setting.partition("=")
        if name in ("AccountKey", "SharedAccessSignature"):
            yield value


def _entry(blob: Any) -> Entry:
    modified = blob.last_modified.timestamp()
    return Entry(blob.name, blob.size or 0, blob.etag.strip('"'), modified, modified)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
