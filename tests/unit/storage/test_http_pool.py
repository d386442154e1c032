"""The connections of a process: through a proxy where the environment says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from urllib3 import PoolManager, ProxyManager

from medallion.storage.http_pool import http_pool


@pytest.fixture(autouse=True)
def _new_pools() -> Iterator[None]:
    http_pool.cache_clear()
    yield
    http_pool.cache_clear()


def test_a_host_has_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert http_pool("example.org") is http_pool("example.org")
    assert type(http_pool("example.org")) is PoolManager


def test_a_proxy_is_used_except_for_hosts_that_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "inside.example.org")
    pool = http_pool("example.org")
    assert isinstance(pool, ProxyManager)
    assert pool.proxy
    assert pool.proxy.host == "proxy.example.org"
    assert not isinstance(http_pool("inside.example.org"), ProxyManager)
