"""HTTP connections of this process, with retries."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from medallion.secrets import masked_logger
from medallion.storage import AT_ONCE

if TYPE_CHECKING:
    from urllib3 import PoolManager

ATTEMPTS = 4  # of a request
BACK_OFF, MOST_BACK_OFF = 0.5, 30.0  # seconds before the second attempt, and at most
CONNECT_SECONDS, READ_SECONDS = 10.0, 60.0
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
