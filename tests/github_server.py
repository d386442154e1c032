"""A server that answers as GitHub's API does, for the files of one repository."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from tests.http_servers import listening

REPOSITORY = "shop/data"


@dataclass
class GithubServer:
    """The repository `shop/data` with one commit, on the branches `main` and `more/new`.

    `files` are its files; `token` is demanded if it is set; of `remaining` requests, each answer
    takes one; `most` is the number of files in an answer. `cut` cuts the next answer with bytes.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    token: str = ""
    remaining: int = 1000
    most: int = 100
    cut: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    url: str = ""

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        kind = path.removeprefix(f"/repos/{REPOSITORY}/").partition("/")[0]
        self.requests[kind if kind != "git" else path.split("/")[5]] += 1
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return (401, "Bad credentials") if "Authorization" in headers else (404, "Not Found")
        self.remaining -= 1
        if self.remaining < 0:
            return 403, "API rate limit exceeded"
        if not path.startswith(f"/repos/{REPOSITORY}/"):
            return 404, "Not Found"
        return self._of_repository(unquote(path.removeprefix(f"/repos/{REPOSITORY}/")))

    def _of_repository(self, path: str) -> tuple[int, Any]:
        place, _, query = path.partition("?")
        if place.startswith("commits/"):
            if place.removeprefix("commits/") not in ("HEAD", "main", "more/new"):
                return 422, "No commit found for SHA"
            date = "2024-02-29T12:00:00Z"
            tree = {"sha": self._tree("")}
            return 200, {"sha": "c" * 40, "commit": {"committer": {"date": date}, "tree": tree}}
        _, kind, sha = place.split("/")
        if kind == "blobs":
            return 200, next(body for body in self.files.values() if blob(body) == sha)
        folder = next(each for each in self._folders() if self._tree(each) == sha)
        return 200, self._listing(folder, recursive=bool(query))

    def _listing(self, folder: str, *, recursive: bool) -> dict[str, Any]:
        below = {p[len(folder) :]: b for p, b in self.files.items() if p.startswith(folder)}
        items: list[dict[str, Any]] = [
            {"path": p, "mode": "100644", "type": "blob", "size": len(b), "sha": blob(b)}
            for p, b in below.items()
            if recursive or "/" not in p
        ]
        items += [
            {"path": f[len(folder) : -1], "mode": "040000", "type": "tree", "sha": self._tree(f)}
            for f in self._folders()
            if f != folder
            and f.startswith(folder)
            and (recursive or f.count("/") == folder.count("/") + 1)
        ]
        items.append(
            {"path": "l.csv", "mode": "120000", "type": "blob", "size": 5, "sha": "0" * 40}
        )
        items.append({"path": "module", "mode": "160000", "type": "commit", "sha": "1" * 40})
        truncated = recursive and len(items) > self.most
        return {"tree": items[: self.most] if truncated else items, "truncated": truncated}

    def _folders(self) -> list[str]:
        parts = [path.split("/")[:-1] for path in self.files]
        return sorted({"/".join([*p[:n], ""]) for p in parts for n in range(len(p) + 1)})

    def _tree(self, folder: str) -> str:
        text = repr(sorted((p, b) for p, b in self.files.items() if p.startswith(folder)))
        return hashlib.sha1(f"{folder} {text}".encode(), usedforsecurity=False).hexdigest()


def blob(body: bytes) -> str:
    """The hash by which git knows a file."""
    return hashlib.sha1(b"blob %d\0%b" % (len(body), body), usedforsecurity=False).hexdigest()


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: GithubServer

    def do_GET(self) -> None:
        status, content = self.state.answer(self.path, self.headers)
        if isinstance(content, str):
            content = {"message": content}
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        cut = isinstance(content, bytes) and self.state.cut
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-RateLimit-Limit", "60")
        self.send_header("X-RateLimit-Remaining", str(max(self.state.remaining, 0)))
        self.send_header("X-RateLimit-Reset", str(int(time.time()) + 1800))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.state.cut, self.close_connection = False, True


@contextmanager
def serving_github() -> Iterator[GithubServer]:
    """A server on a free port of this machine."""
    server = GithubServer()
    with listening(type("Api", (_Api,), {"state": server})) as server.url:
        yield server
