"""Files in containers of Azure, on Microsoft's emulator."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from medallion.errors import MissingError, StorageError
from medallion.secrets import mask
from medallion.storage import Storage, open_storage
from tests.services import Service, Unavailable, azurite, free_ports
from tests.source_contract import FILES, Replace, ServedSourceContract

CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    try:
        with azurite(tmp_path_factory.mktemp("azure")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def container(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from azure.storage.blob import ContainerClient

    monkeypatch.setenv(CONNECTION, service.secret)
    with ContainerClient.from_connection_string(service.secret, "landing") as container:
        if not container.exists():
            container.create_container()
        for path, body in FILES.items():
            container.upload_blob(f"in/{path}", body, overwrite=True)
        container.upload_blob("in/deep", b"", metadata={"hdi_isfolder": "true"}, overwrite=True)
        yield container


@pytest.fixture
def storage(container: Any) -> Storage:  # noqa: ARG001 (its objects)
    storage: Storage = pickle.loads(pickle.dumps(open_storage("az://landing/in")))  # noqa: S301
    return storage


@pytest.fixture
def replace(container: Any) -> Replace:
    return lambda path, body: container.upload_blob(f"in/{path}", body, overwrite=True)


class TestAzure(ServedSourceContract):
    """Blobs of a container, by their ETags."""


@pytest.mark.usefixtures("container")
def test_a_missing_container_is_no_empty_one() -> None:
    for look in (lambda other: other.list(""), lambda other: other.info("a.csv")):
        with pytest.raises(StorageError, match="there is no container 'nowhere'") as caught:
            look(open_storage("az://nowhere/in"))
        assert not isinstance(caught.value, MissingError)


def test_a_wrong_key_is_refused_and_not_shown(
    service: Service, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(storage.list("")) == 2
    wrong = "d3Jvbmctd3Jvbmctd3Jvbmc="
    monkeypatch.setenv(CONNECTION, service.secret.replace(service.key, wrong))
    with pytest.raises(StorageError, match="access denied") as caught:
        storage.list("")
    assert CONNECTION in caught.value.hint
    assert wrong not in f"{caught.value}"
    assert mask(f"{wrong} {service.key}") == "*** ***"


def test_an_unreachable_server_is_reported(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        __import__("medallion.storage.azure").storage.azure._RETRIES, "retry_total", 0
    )
    port = service.url.rpartition(":")[2].partition("/")[0]
    monkeypatch.setenv(CONNECTION, service.secret.replace(port, str(free_ports(1)[0])))
    with pytest.raises(StorageError, match="az://landing/in: no answer"):
        open_storage("az://landing/in").list("")


def test_an_account_must_be_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (CONNECTION, "AZURE_STORAGE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StorageError, match="no account is declared"):
        open_storage("az://landing/in").list("")
    assert open_storage("abfs://landing@shop.dfs.core.windows.net/in").url == (
        "abfs://landing@shop.dfs.core.windows.net/in"
    )
