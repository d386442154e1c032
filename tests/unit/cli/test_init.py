"""`medallion init`: a project that is valid, and files of users that stay as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from bson import Decimal128
from pymongo import MongoClient

from tests.unit.cli.conftest import Call


def test_the_project_is_a_copy_of_the_template_and_valid(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "coffee"
    result = call(tmp_path, "init", str(folder))
    assert (result.code, result.err) == (0, "")
    template = Path(str(files("medallion.cli") / "templates"))
    names = sorted(path.relative_to(template) for path in template.rglob("*") if path.is_file())
    assert sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) == names
    for name in names:
        assert (folder / name).read_bytes() == (template / name).read_bytes()
    lines = result.out.splitlines()
    assert sorted(lines[: len(names)]) == sorted(str(folder / name) for name in names)
    assert lines[len(names) :] == ["", f"next: cd {folder}", "      medallion run"]
    assert call(folder, "check").code == 0


def test_no_file_is_overwritten_and_none_is_written_then(call: Call, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "medallion.yaml").write_text("mine")
    result = call(tmp_path, "init", str(tmp_path))
    assert result.code == 2
    expected = f"error: {tmp_path}: README.md, medallion.yaml would be overwritten"
    assert result.err.startswith(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "medallion.yaml"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_other_files_in_the_folder_are_left(call: Call, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert call(tmp_path, "init", str(tmp_path)).code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_declaration_is_proposed_for_files(call: Call, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("city_id,name,founded\n1,Paris,03/07/0987\n2,Rome,\n")
    folder = tmp_path / "atlas"
    result = call(tmp_path, "init", str(folder), "--from", str(tmp_path / "cities.csv"))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"{folder}/medallion.yaml",
        "",
        f"next: cd {folder}",
        "      read medallion.yaml, and change what is wrong",
        "      medallion run",
    ]
    assert [path.name for path in (tmp_path / "atlas").iterdir()] == ["medallion.yaml"]
    text = (tmp_path / "atlas/medallion.yaml").read_text()
    assert "name: atlas" in text
    assert f'cities: {{source: "{tmp_path}/cities.csv"}}' in text
    assert "city_id: integer # all 2" in text
    assert call(tmp_path / "atlas", "run").code == 0


def test_nothing_is_written_when_a_file_cannot_be_read(call: Call, tmp_path: Path) -> None:
    folder, file = tmp_path / "atlas", tmp_path / "cities.csv"
    result = call(tmp_path, "init", str(folder), "--from", str(file))
    assert result.code == 1
    assert "no file matches" in result.err
    assert not (tmp_path / "atlas").exists()


def test_a_password_is_not_written_to_a_declaration(call: Call, tmp_path: Path) -> None:
    url = "sftp://ann:s3cret@example.org/a.csv"
    result = call(tmp_path, "init", str(tmp_path / "atlas"), "--from", url)
    assert result.code == 2
    assert result.err.startswith("error: a URL has a password")
    assert "s3cret" not in result.err
    assert not (tmp_path / "atlas").exists()


def test_tables_of_a_database_are_declared_and_run(call: Call, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("""
            create table clients (id integer primary key, born text);
            create table orders (client int references clients, day int, primary key (client, day));
            insert into clients values (1, '03/12/1990'), (2, '24/12/1985');
            insert into orders values (1, 1), (1, 2), (2, 1);""")
    folder = tmp_path / "atlas"
    result = call(tmp_path, "init", str(folder), "--from", f"sqlite:{tmp_path}/shop.db")
    assert (result.code, result.err) == (0, "")
    assert "      set " not in result.out
    text = (folder / "medallion.yaml").read_text()
    assert f'orders: {{source: {{sql: {{url: "sqlite:{tmp_path}/shop.db", table: orders}}}}' in text
    assert 'born: {date: ["%d/%m/%Y"]} # all 2' in text
    assert "- deduplicate: {key: [client, day], keep: last} # all 3 occur once" in text
    assert "- {references: {client: silver.clients.id}, on_fail: quarantine} # all 3" in text
    assert "orders: {key: [client, day]}" in text
    assert call(folder, "run").code == 0


def test_variables_stand_for_the_credentials_of_a_database(
    call: Call, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create table clients (id int primary key)")
        connection.execute("insert into clients values (7)")
    parts = urlsplit(postgres_url)
    user, password = parts.username or "", parts.password or "s3cret-word"
    url = f"postgresql://{user}:{password}@{parts.hostname}:{parts.port}{parts.path}?{parts.query}"
    folder, stem = tmp_path / "atlas", parts.path[1:].upper()
    result = call(tmp_path, "init", str(folder), "--from", f"{url}#clients")
    assert (result.code, result.err) == (0, "")
    assert f"      set {stem}_USER, {stem}_PASSWORD" in result.out.splitlines()
    text = (folder / "medallion.yaml").read_text()
    assert f"//${{{stem}_USER}}:${{{stem}_PASSWORD}}@" in text
    assert password not in text + result.out
    monkeypatch.setenv(f"{stem}_USER", user)
    monkeypatch.setenv(f"{stem}_PASSWORD", password)
    assert call(folder, "run").code == 0
    absent = call(tmp_path, "init", str(tmp_path / "other"), "--from", f"{url}#nobody")
    assert absent.code == 1
    assert 'relation "nobody" does not exist' in absent.err
    assert password not in absent.err


def test_collections_are_declared_and_run(call: Call, tmp_path: Path, mongodb_url: str) -> None:
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        database = client.get_default_database()
        database["clients"].insert_many([{"_id": number} for number in range(3)])
        database["orders"].insert_many(
            {"at": datetime(2024, 1, n + 1, 9), "total": Decimal128(f"{n}.10"), "client_id": n % 3}
            for n in range(30)
        )
    folder = tmp_path / "atlas"
    result = call(tmp_path, "init", str(folder), "--from", mongodb_url)
    assert (result.code, result.err) == (0, "")
    text = (folder / "medallion.yaml").read_text()
    for part in (
        f'orders: {{source: {{mongodb: {{url: "{mongodb_url}", collection: orders}}}}}}',
        "    orders: # 30 rows\n",
        "_id: \"_id['$oid']\"",
        "total: \"total['$numberDecimal']\"",
        'total: "decimal(12,2)" # all 30',
        "at: {timestamp: [iso], timezone: UTC} # all 30",
        "- deduplicate: {key: _id, keep: last} # all 30 occur once",
        "- {references: {client_id: silver.clients._id}, on_fail: quarantine} # all 30",
        "orders: {key: _id}",
    ):
        assert part in text
    assert "{references: {_id" not in text
    assert call(folder, "run").code == 0
    assert call(folder, "quarantine").out == "no rows in quarantine\n"
