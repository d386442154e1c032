"""HTTP connections of this process, with retries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from medallion.errors import StorageError
from medallion.secrets import masked_logger
from medallion.storage import AT_ONCE

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

T = TypeVar("T")

ATTEMPTS = 4  # of a request
BACK_OFF, MOST_BACK_OFF = 0.5, 30.0  # seconds before the second attempt, and at most
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
CHUNK = 1 << 20
TRANSIENT = (429, 500, 502, 503, 504)


@cache
def http_pool(host: str) -> PoolManager:
    """The connections of this process to a host, through a proxy where the environment says so.

    Requests are tried again after transient errors, when the server says or with back-off.
    """
    from urllib.request import getproxies, proxy_bypass

    from urllib3 import PoolManager, ProxyManager, Retry, Timeout

    retries = Retry(
        total=ATTEMPTS - 1,
        backoff_factor=BACK_OFF,
        backoff_max=int(MOST_BACK_OFF),
        status_forcelist=TRANSIENT,
        raise_on_status=False,
    )
    masked_logger("urllib3.connectionpool")  # which logs retries, with the query of a URL
    settings: dict[str, Any] = {
        "maxsize": AT_ONCE,
        "retries": retries,
        "timeout": Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
    }
    proxies = {} if proxy_bypass(host) else getproxies()
    proxy = proxies.get("https") or proxies.get("http")
    return ProxyManager(proxy, **settings) if proxy else PoolManager(**settings)


def respond(method: str, url: str, headers: Mapping[str, str], place: str) -> BaseHTTPResponse:
    """The response to a request, of which only the headers are read.

    Raises StorageError, which names `place`, when there is none.
    """
    from urllib3.exceptions import HTTPError

    pool = http_pool(urlsplit(url).hostname or "")
    try:
        return pool.request(method, url, headers=headers, preload_content=False)
    except HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise StorageError(
            f"{place}: {reason}", hint="check the URL, and whether the host answers"
        ) from error


def whole(download: Callable[[], T], place: str) -> T:
    """The result of a download, which begins again when the connection is lost.

    Raises StorageError, which names `place`, when it is lost each time.
    """
    from urllib3.exceptions import HTTPError

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return download()
        except HTTPError as error:
            if attempt == ATTEMPTS:
                raise StorageError(
                    f"{place}: the connection was lost {ATTEMPTS} times: {error}"
                ) from error
    raise AssertionError


def save(response: BaseHTTPResponse, file: Path) -> None:
    """Write the body of a response to a file."""
    with file.open("wb") as out:
        for chunk in response.stream(CHUNK):
            out.write(chunk)
