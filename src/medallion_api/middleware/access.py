"""API keys and rate limits."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from math import ceil
from time import time

import falcon

from medallion.errors import CallError


class Gate:
    """Admits requests: `hashes` are the SHA-256 of the keys by holder; without, no key is needed.

    `rate`, such as `600/minute`, limits each holder, or each address; counts are kept in `storage`.
    """

    def __init__(self, hashes: Mapping[str, str], rate: str | None, storage: str) -> None:
        self._hashes = dict(hashes)
        self._limiter = _Limiter(rate, storage) if rate else None

    @property
    def closed(self) -> bool:
        """Whether a key is required."""
        return bool(self._hashes)

    @property
    def remote(self) -> bool:
        """Whether the counts of the rate limit are on another server."""
        return self._limiter is not None and self._limiter.remote

    def admit(self, key: str | None, authorization: str | None, address: str) -> str:
        """The client: a key's holder or an address.

        Raises HTTPUnauthorized or HTTPTooManyRequests.
        """
        who = address
        if self._hashes:
            token = key or (authorization or "").removeprefix("Bearer ")
            digest = sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
            names = [name for name, known in self._hashes.items() if compare_digest(digest, known)]
            if not names:
                raise falcon.HTTPUnauthorized(
                    description="send your key as X-API-Key or as Authorization: Bearer",
                    challenges=["Bearer"],
                )
            who = names[0]
        if self._limiter:
            self._limiter.take(who)
        return who


class _Limiter:
    def __init__(self, rate: str, storage: str) -> None:
        from limits import parse
        from limits.storage import storage_from_string
        from limits.strategies import MovingWindowRateLimiter

        self.remote = not storage.startswith("memory:")
        self._rate = parse(rate)
        try:
            self._window = MovingWindowRateLimiter(storage_from_string(storage))
        except Exception as error:  # each kind of storage raises errors of its own
            raise CallError(f"api.rate_limit_storage: {error}") from error

    def take(self, who: str) -> None:
        if not self._window.hit(self._rate, who):
            reset = self._window.get_window_stats(self._rate, who).reset_time
            raise falcon.HTTPTooManyRequests(
                description=f"at most {self._rate}",
                headers={"Retry-After": str(max(1, ceil(reset - time())))},
            )
