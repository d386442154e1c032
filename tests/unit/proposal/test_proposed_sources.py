"""What is read and declared of files and databases, and what no declaration may have."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from pymongo import MongoClient

from medallion.errors import CallError, SourceError
from medallion.proposal.proposed_sources import (
    SourceFinder,
    is_database,
    relative_source,
)


def finder(folder: Path) -> SourceFinder:
    return SourceFinder(folder, folder)


def test_a_source_is_relative_to_the_folder_of_the_declaration_if_it_is_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert relative_source("shop/data/*.csv", Path("shop")) == "data/*.csv"
    assert relative_source("other/a.csv", Path("shop")) == (tmp_path / "other/a.csv").as_posix()
    assert relative_source("sqlite:shop/a.db#t", Path("shop")) == "sqlite:a.db#t"
    assert relative_source("duckdb:a.db", Path("shop")) == f"duckdb:{tmp_path / 'a.db'}"
    assert relative_source("zip://*.csv::shop/a.zip", Path("shop")) == "zip://*.csv::a.zip"
    assert relative_source("zip://a:b/*::shop/a.zip", Path("shop")) == "zip://a:b/*::a.zip"
    for url in (
        "https://example.org/a.csv",
        "zip://*.csv::https://example.org/a.zip",
        "http://[::1]:8000/a.csv",
        "mysql://[::1]/shop",
    ):
        assert relative_source(url, Path("shop")) == url


def test_a_source_is_found_below_the_folder_it_is_relative_to(tmp_path: Path) -> None:
    for source, read in [
        ("in/a.csv", f"{tmp_path}/in/a.csv"),
        ("10:30.csv", f"{tmp_path}/10:30.csv"),
        ("postgresql:", f"{tmp_path}/postgresql:"),
        ("zip://*.csv::in/a.zip", f"zip://*.csv::{tmp_path}/in/a.zip"),
        ("zip://a:b/*.csv::in/a.zip", f"zip://a:b/*.csv::{tmp_path}/in/a.zip"),
        ("tar://*.csv::https://host/a.tar", "tar://*.csv::https://host/a.tar"),
        ("http://[::1]:8000/a.csv", "http://[::1]:8000/a.csv"),
        ("https://host/a.csv?q=b::c", "https://host/a.csv?q=b::c"),
    ]:
        (proposed,) = finder(tmp_path).find(source)
        assert (proposed.source, proposed.declared) == (read, source)


@pytest.mark.parametrize("source", ["sqlite:", "sqlite:#orders", "duckdb:"])
def test_a_database_file_needs_a_path(source: str, tmp_path: Path) -> None:
    with pytest.raises(CallError, match=f"{source} has no path of a database file") as caught:
        list(finder(tmp_path).find(source))
    assert caught.value.hint == f"write {source.partition(':')[0]}:PATH"


def test_a_url_of_a_database_is_told_from_others() -> None:
    assert is_database("postgresql://host/shop#orders")
    assert is_database("sqlite:shop.db")
    assert is_database("mongodb+srv://host/shop#orders")
    assert not is_database("https://example.org/a.csv#orders")
    assert not is_database("shop.db")


class TestCredentials:
    """A user and password in the URL, as a database of a real server has them."""

    @pytest.fixture
    def url(self, postgres_url: str) -> str:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("create table orders (id int primary key)")
        parts = urlsplit(postgres_url)
        password = parts.password or "s%40cret-word"
        place = f"{parts.hostname}:{parts.port}{parts.path}"
        return f"{parts.scheme}://{parts.username}:{password}@{place}?{parts.query}"

    def test_they_are_variables_in_the_declaration(self, url: str, tmp_path: Path) -> None:
        secret = f"{url}{'' if url.endswith('?') else '&'}password=another-word"
        (proposed,) = finder(tmp_path).find(f"{secret}#orders")
        stem = urlsplit(url).path[1:].upper()
        declared = proposed.declared["sql"]["url"]
        assert f"//${{{stem}_USER}}:${{{stem}_PASSWORD}}@" in declared
        assert f"password=${{{stem}_PASSWORD_2}}" in declared
        assert "-word" not in declared
        assert "s%40cret" not in declared

    def test_variables_stay_and_are_filled_in(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parts = urlsplit(url)
        monkeypatch.setenv("READER_WORD", parts.password or "")
        written = url.replace(f":{parts.password}@", ":${READER_WORD}@")
        (proposed,) = finder(tmp_path).find(written)
        assert ":${READER_WORD}@" in proposed.declared["sql"]["url"]
        assert proposed.declared["sql"]["table"] == "orders"


def test_secrets_of_a_mongodb_url_are_variables(mongodb_url: str, tmp_path: Path) -> None:
    word = "s3cret-word"
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        database = client.get_default_database()
        database["empty.orders"].create_index("a")
        database["fs.orders"].insert_one({"_id": 1})
        database.command("createUser", "ann", pwd=word, roles=["read"])
    parts = urlsplit(mongodb_url)
    stem = parts.path[1:].upper()
    options = "authMechanism=SCRAM-SHA-256&authmechanismproperties=AWS_SESSION_TOKEN:another-word"
    options += "&appName=/a/b"
    url = f"mongodb://ann:{word}@{parts.netloc}{parts.path}?{options}"
    (proposed,) = finder(tmp_path).find(url)
    assert proposed.declared == {
        "mongodb": {
            "url": f"mongodb://${{{stem}_USER}}:${{{stem}_PASSWORD}}@{parts.netloc}{parts.path}"
            "?authMechanism=SCRAM-SHA-256"
            f"&authmechanismproperties=${{{stem}_AUTHMECHANISMPROPERTIES}}&appName=/a/b",
            "collection": "fs.orders",
        }
    }
    assert (proposed.subject, proposed.is_sample) == ("orders", False)
    with pytest.raises(SourceError, match=r"empty\.orders: it has no documents"):
        list(finder(tmp_path).find(f"{url}#empty.orders"))


def test_an_unclear_password_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="unescaped") as caught:
        list(finder(tmp_path).find("postgresql://ann:se#cret@host/shop#orders"))
    assert "se" not in str(caught.value).split()
    assert "cret" not in str(caught.value)


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.executescript("create view v as select 1; pragma user_version = 1")
    with pytest.raises(SourceError, match=r"a\.db: it has no tables"):
        list(finder(tmp_path).find("sqlite:a.db"))
    (proposed,) = finder(tmp_path).find("sqlite:a.db#v")
    assert proposed.table
    assert proposed.table.key == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("mysql://ann:s3cret-word@host/", "write mysql://HOST/DATABASE"),
        ("mongodb://ann:s3cret-word@host/shop/", "write mongodb://HOST/DATABASE"),
        ("mongodb://ann:s3cret-word@host", "write mongodb://HOST/DATABASE"),
        ("mongodb://ann:s3cret-word@host/shop/orders?w=1", "after `#`"),
        ("postgresql://${UNKNOWN_USER}@host/shop", "UNKNOWN_USER"),
    ],
)
def test_an_invalid_url_is_refused_without_a_place(
    tmp_path: Path, source: str, message: str
) -> None:
    with pytest.raises(CallError, match=message) as caught:
        list(finder(tmp_path).find(source))
    assert str(tmp_path) not in str(caught.value)
    assert "s3cret-word" not in str(caught.value)
