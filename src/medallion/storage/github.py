"""Files in repositories of GitHub: `github://OWNER:REPOSITORY@REF/PATH`."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from medallion.errors import MissingError, StorageError
from medallion.secrets import GITHUB_TOKEN, SECRETS, mask
from medallion.storage import Entry, require_packages
from medallion.storage.download_cache import copies
from medallion.storage.http_pool import respond, save, whole
from medallion.storage.source_storage import SourceStorage

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_API, _PUBLIC_API = "GITHUB_API_URL", "https://api.github.com"
_TOKEN = "GITHUB_TOKEN"  # noqa: S105 (the name of a variable)
_URL = re.compile(r"github://([\w.-]+):([\w.-]+)(?:@([^/?#]*))?(?:/(.*))?")
_JSON, _BYTES = "application/vnd.github+json", "application/vnd.github.raw+json"
_FILES = ("100644", "100755")  # modes in a tree, which also has links
_LFS = b"version https://git-lfs.github.com/spec/"


class _SeenCommit(NamedTuple):
    """The files of one commit: the hash of its tree, its time, and its files by path."""

    tree: str
    moment: float
    files: Mapping[str, Entry]


class GithubStorage(SourceStorage):
    """Files below a folder of a repository, at a branch, a tag or a commit; or the default branch.

    All files are of the commit that was seen last. A file is known by the hash of its bytes, and
    the time of that commit is its modification time. The token in `GITHUB_TOKEN` gives access to
    private repositories; `GITHUB_API_URL` is the API of a GitHub Enterprise Server. Symbolic links
    are left out. Raises PluginError when the extra `http` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        require_packages(url, "http", "urllib3")
        match = _URL.fullmatch(url)
        if match is None or GITHUB_TOKEN.fullmatch(match[2]):
            hint = f"write github://OWNER:REPOSITORY@BRANCH/PATH, and put a token into {_TOKEN}"
            raise StorageError(f"{mask(url)}: it names no repository", hint=hint)
        self.repository = f"{match[1]}/{match[2]}"
        self.reference = unquote(match[3] or "")
        self._folder = (match[4] or "").strip("/")
        self.url = url.rstrip("/")
        self._prefix = f"{self._folder}/" if self._folder else ""
        self._seen: _SeenCommit | None = None

    def __reduce__(self) -> tuple[type[GithubStorage], tuple[str, Mapping[str, Any]]]:
        return GithubStorage, (self.url, {})

    def local(self, path: str) -> Path:
        entry = (self._seen or self._look()).files.get(f"{self._prefix}{path}")
        if entry is None:
            raise MissingError(f"{self.url}/{path}: no such file")
        place = f"{self.url}/{path}"
        return copies().get(
            place,
            entry.token,
            lambda part: whole(lambda: self._download(entry, part, place), place),
        )

    def info(self, path: str) -> Entry | None:
        entry = self._look().files.get(f"{self._prefix}{path}")
        return self._below(entry) if entry else None

    def list(self, folder: str) -> list[Entry]:
        below = f"{self._prefix}{folder}/" if folder else self._prefix
        files = sorted(self._look().files.items())
        return [self._below(entry) for path, entry in files if path.startswith(below)]

    def _below(self, entry: Entry) -> Entry:
        path = entry.path[len(self._prefix) :]
        return Entry(path, entry.bytes, entry.token, entry.modified, entry.mtime)

    def _look(self) -> _SeenCommit:
        """The commit of today, whose files are listed only if they are others than before."""
        commit = self._json(f"commits/{quote(self.reference or 'HEAD')}")["commit"]
        moment = datetime.fromisoformat(commit["committer"]["date"]).timestamp()
        tree = commit["tree"]["sha"]
        if self._seen is None or self._seen[:2] != (tree, moment):
            files = {entry.path: entry for entry in self._walk(tree, "", moment)}
            self._seen = _SeenCommit(tree, moment, files)
        return self._seen

    def _walk(self, tree: str, folder: str, moment: float) -> Iterator[Entry]:
        """The files of a tree, folder by folder where they are too many for one answer."""
        answer = self._json(f"git/trees/{tree}?recursive=1")
        folders = answer["truncated"]
        if folders:
            answer = self._json(f"git/trees/{tree}")
        for item in answer["tree"]:
            path = f"{folder}{item['path']}"
            if item["type"] == "tree" and folders and self._leads(f"{path}/"):
                yield from self._walk(item["sha"], f"{path}/", moment)
            elif item["mode"] in _FILES:
                yield Entry(path, item["size"], item["sha"], moment, moment)

    def _leads(self, folder: str) -> bool:
        """Whether a folder is around or in that of this storage."""
        return self._prefix.startswith(folder) or folder.startswith(self._prefix)

    def _download(self, entry: Entry, file: Path, place: str) -> None:
        response = self._request(f"git/blobs/{entry.token}", _BYTES)
        try:
            save(response, file)
        finally:
            response.close()
        data = file.read_bytes()
        if data.startswith(_LFS):
            raise StorageError(
                f"{place} is kept in Git LFS, which is not read", hint="name its https:// address"
            )
        kind = hashlib.sha1 if len(entry.token) == 40 else hashlib.sha256
        if kind(b"blob %d\0" % len(data) + data).hexdigest() != entry.token:
            raise StorageError(f"{place}: GitHub sent other bytes than those of {entry.token}")

    def _json(self, path: str) -> Any:
        def answer() -> bytes:
            response = self._request(path, _JSON)
            try:
                return response.read()
            finally:
                response.close()

        try:
            return json.loads(whole(answer, self.url))
        except ValueError as error:
            raise StorageError(
                f"{self.url}: the answer is not valid JSON", hint=f"correct {_API}"
            ) from error

    def _request(self, path: str, accept: str) -> BaseHTTPResponse:
        """The response to a request, of which only the headers are read."""
        headers = {
            "Accept": accept,
            "User-Agent": "medallion",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        token = os.environ.get(_TOKEN, "")
        if token:
            SECRETS.add(token)
            headers["Authorization"] = f"Bearer {token}"
        api = os.environ.get(_API) or _PUBLIC_API
        url = f"{api.rstrip('/')}/repos/{self.repository}/{path}"
        response = respond("GET", url, headers, self.url)
        if response.status >= 400:
            try:
                raise self._refusal(response)
            finally:
                response.close()
        return response

    def _refusal(self, response: BaseHTTPResponse) -> StorageError:
        """What GitHub's answer says, and what to do."""
        status, headers = response.status, response.headers
        if status in (403, 429) and headers.get("X-RateLimit-Remaining") == "0":
            until = datetime.fromtimestamp(int(headers.get("X-RateLimit-Reset", "0")), UTC)
            return StorageError(
                f"{self.url}: GitHub's limit of {headers.get('X-RateLimit-Limit', '')} requests "
                f"is used up until {until:%H:%M:%S} UTC",
                hint=f"run again then, or set {_TOKEN}, which raises the limit",
            )
        if status == 401:
            return StorageError(
                f"{self.url}: GitHub refuses the token in {_TOKEN}",
                hint="make another one, which may read the repository's content",
            )
        if status == 404:
            return StorageError(
                f"{self.url}: there is no repository {self.repository}, or it is private",
                hint=f"correct its name, or set {_TOKEN} to a token that may read it",
            )
        if status == 422:
            return StorageError(
                f"{self.url}: the repository has no branch, tag or commit {self.reference!r}",
                hint="correct it",
            )
        return StorageError(f"{self.url}: GitHub answered {status} {_message(response)}")


def _message(response: BaseHTTPResponse) -> str:
    try:
        return str(json.loads(response.read())["message"])
    except (ValueError, KeyError, TypeError):
        return response.reason or ""
