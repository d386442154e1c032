"""Files in a repository, from a server that answers as GitHub's API does."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import MissingError, StorageError
from medallion.secrets import mask
from medallion.storage import Storage, http_pool, open_storage
from tests.github_server import GithubServer, serving_github
from tests.source_contract import BODY, FILES, Replace, SourceContract


@pytest.fixture(scope="module")
def running() -> Iterator[GithubServer]:
    with serving_github() as server:
        yield server


@pytest.fixture
def server(running: GithubServer, monkeypatch: pytest.MonkeyPatch) -> GithubServer:
    monkeypatch.setenv("GITHUB_API_URL", running.url)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    running.__init__(  # type: ignore[misc]
        {"readme.md": b"#", **{f"in/{path}": body for path, body in FILES.items()}},
        url=running.url,
    )
    return running


@pytest.fixture
def replace(server: GithubServer) -> Replace:
    return lambda path, body: server.files.update({f"in/{path}": body})


@pytest.fixture
def storage(server: GithubServer) -> Storage:  # noqa: ARG001 (its files)
    return opened("github://shop:data@main/in")


def opened(url: str) -> Storage:
    storage: Storage = pickle.loads(pickle.dumps(open_storage(url)))  # noqa: S301
    return storage


class TestGithub(SourceContract):
    """Files of a branch."""


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("place", ["shop:data@", "shop:data", "shop:data@more%2Fnew"])
def test_a_branch_may_be_the_default_and_have_a_slash(place: str) -> None:
    assert [each.path for each in opened(f"github://{place}/in").list("")] == [*FILES]
    assert [each.path for each in opened(f"github://{place}").list("in/deep")] == [
        "in/deep/b c.csv"
    ]


def test_many_files_are_listed_folder_by_folder(server: GithubServer) -> None:
    server.files |= {f"other/{number}/c.csv": b"" for number in range(9)}
    server.most = 2
    assert [each.path for each in opened("github://shop:data@main/in").list("")] == [*FILES]
    assert server.requests["trees"] == 2 + 2 + 2  # the root, `in` and `in/deep`; not `other`


def test_a_lost_connection_is_made_again(server: GithubServer, storage: Storage) -> None:
    server.cut, server.files["in/a.csv"] = True, BODY * 2
    assert storage.read("a.csv")[0] == BODY * 2
    assert server.requests["blobs"] == 2


def test_a_token_is_sent_and_not_shown(
    server: GithubServer, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token = "github_pat_s3cret"  # noqa: S105
    with pytest.raises(StorageError, match="no repository shop/data, or it is private") as caught:
        storage.list("")
    assert not isinstance(caught.value, MissingError)
    monkeypatch.setenv("GITHUB_TOKEN", "wrong-token")
    with pytest.raises(StorageError, match="refuses the token in GITHUB_TOKEN") as caught:
        storage.list("")
    assert "wrong-token" not in f"{caught.value} {caught.value.hint}"
    monkeypatch.setenv("GITHUB_TOKEN", server.token)
    assert len(storage.list("")) == 2
    assert mask(server.token) == "***"


def test_a_used_up_limit_says_when_it_ends(server: GithubServer, storage: Storage) -> None:
    server.remaining = 0
    with pytest.raises(
        StorageError, match=r"limit of 60 requests is used up until \d\d:\d\d:\d\d UTC"
    ) as caught:
        storage.list("")
    assert "set GITHUB_TOKEN" in caught.value.hint


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("github://shop:data@old/in", "no branch, tag or commit 'old'"),
        ("github://shop:other@main/in", "no repository shop/other"),
        ("github://shop/data/in", "names no repository"),
        (f"github://ann:ghp_{'a1' * 18}@shop/data", r"ann:\*\*\*@shop/data: it names no rep"),
    ],
)
def test_what_does_not_exist_is_no_empty_folder(url: str, reason: str) -> None:
    with pytest.raises(StorageError, match=reason) as caught:
        open_storage(url).info("a.csv")
    assert not isinstance(caught.value, MissingError)


def test_a_file_in_git_lfs_is_refused(server: GithubServer, storage: Storage) -> None:
    server.files["in/a.csv"] = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    with pytest.raises(StorageError, match=r"in/a\.csv is kept in Git LFS"):
        storage.read("a.csv")


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pool, "BACK_OFF", 0.0)
    http_pool.http_pool.cache_clear()
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")


def other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.dumps", lambda _: "<html>")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(unreachable, r"main/in: .*refused"), (other_server, "the answer is not valid JSON")],
)
def test_a_host_without_the_api_is_reported(
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None],
    reason: str,
) -> None:
    fault(monkeypatch)
    with pytest.raises(StorageError, match=reason):
        storage.list("")


def test_files_in_a_repository_are_a_source(server: GithubServer, tmp_path: Path) -> None:
    text = """name: small
tables:
  bronze: {orders: {source: "github://shop:data@main/**/b*.csv"}}
  gold: {orders: {from: bronze.orders}}
"""
    (tmp_path / "medallion.yaml").write_text(text)
    server.files["in/deep/b c.csv"] = b"id\n17\n"
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert pipeline.run().status == "succeeded"
    assert dict(server.requests) == {"commits": 1, "trees": 1, "blobs": 1}
    assert pipeline.run().status == "unchanged"
    release = pipeline.lake.current()
    assert release is not None
    (source,) = release.tables["bronze.orders"].sources
    assert source.name == "github://shop:data@main/in/deep/b c.csv"
