"""The helpdesk with its four servers: figures as its generator counted them, then changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import openpyxl
import psycopg
import pytest

import medallion as md
from medallion.ops import doctor
from tests.rest_server import RestServer, linked, serving_records
from tests.sftp_server import serving_sftp

HELPDESK = Path(__file__).parents[2] / "examples/helpdesk"
EXPECTED = json.loads((HELPDESK / "data/expected.json").read_text())


@dataclass
class Helpdesk:
    """The example in a folder, and the systems that it reads."""

    folder: Path
    database: psycopg.Connection[Any]
    crm: RestServer
    files: Path

    def load(self) -> md.Pipeline:
        return md.Pipeline.load(self.folder / "medallion.yaml")

    def months(self) -> dict[str, list[Any]]:
        rows = self.load().lake.table("gold.months").scan().fetchall()
        return {month: figures for month, *figures in rows}


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Helpdesk]:
    from tests.conftest import empty_postgres_database

    tmp_path = tmp_path_factory.mktemp("helpdesk")
    folder, files = tmp_path / "project", tmp_path / "files"
    shutil.copytree(HELPDESK, folder, ignore=shutil.ignore_patterns("lake", "tickets.sql"))
    (files / "outgoing").mkdir(parents=True)
    shutil.copy(HELPDESK / "data/calls.zip", files / "outgoing")
    with (
        pytest.MonkeyPatch.context() as patch,
        empty_postgres_database(postgres_server) as url,
        psycopg.connect(url, autocommit=True) as database,
        serving_records() as crm,
        serving_sftp(files, tmp_path) as sftp,
    ):
        database.execute((HELPDESK / "data/tickets.sql").read_bytes())
        crm.records = json.loads((HELPDESK / "data/customers.json").read_text())
        crm.path, crm.reply, crm.wanted = (
            "/customers",
            linked,
            ("Authorization", "Bearer t0ken-of-crm"),
        )
        patch.setenv("HELPDESK_DATABASE", url)
        patch.setenv("HELPDESK_CRM", crm.url)
        patch.setenv("HELPDESK_CRM_TOKEN", "t0ken-of-crm")
        patch.setenv("MEDALLION_SFTP_KNOWN_HOSTS", str(sftp.known_hosts))
        patch.setenv("MEDALLION_SFTP_KEY", str(sftp.key))
        patch.setenv("HELPDESK_FILES", sftp.url.replace("//", f"//{sftp.user}@"))
        project = Helpdesk(folder, database, crm, files)
        assert project.load().run().status == "succeeded"
        yield project


def test_the_data_are_those_of_the_generator(tmp_path: Path) -> None:
    subprocess.run([sys.executable, HELPDESK / "generate.py", "--out", tmp_path], check=True)
    for file in (HELPDESK / "data").iterdir():
        other = tmp_path / file.name
        if file.suffix == ".xlsx":  # which has the time of its creation
            assert _cells(file) == _cells(other)
        else:
            assert file.read_bytes() == other.read_bytes(), file


def _cells(file: Path) -> list[list[tuple[Any, ...]]]:
    return [list(sheet.values) for sheet in openpyxl.load_workbook(file)]


@pytest.mark.parametrize("table", ["tickets", "calls", "agents", "customers"])
def test_every_row_is_where_the_generator_counted_it(helpdesk: Helpdesk, table: str) -> None:
    snapshot = helpdesk.load().lake.table(f"silver.{table}").snapshot
    assert snapshot.rows == EXPECTED[table]["kept"]
    rejects = helpdesk.load().quarantine(f"silver.{table}").to_arrow().to_pylist()
    assert Counter(row["rule"].split()[0] for row in rejects) == EXPECTED[table]["quarantined"]


def test_figures_are_the_same_everywhere(helpdesk: Helpdesk) -> None:
    expected = {month: pytest.approx(figures) for month, figures in EXPECTED["months"].items()}
    assert helpdesk.months() == expected
    with duckdb.connect(str(helpdesk.folder / "helpdesk.duckdb"), read_only=True) as connection:
        exported = connection.sql("from months order by month").fetchall()
    sheet = openpyxl.load_workbook(helpdesk.folder / "helpdesk.xlsx")["months"]
    assert list(sheet.values)[1:] == exported
    with closing(helpdesk.load().store()) as store:
        served = store.find("months", md.Query(sort=(md.Sort("month"),))).rows
    assert [tuple(row.values()) for row in served] == exported
    assert {month: figures for month, *figures in exported} == expected


def test_doctor_reads_every_source(helpdesk: Helpdesk) -> None:
    checks = [item for item in doctor.examine(helpdesk.load) if "bronze." in item.name]
    assert len(checks) == 4
    assert {item.outcome for item in checks} == {"ok"}, checks


def test_changes_reach_the_release_and_nothing_else_is_computed(
    helpdesk: Helpdesk, tmp_path: Path
) -> None:
    """A ticket is solved, an unknown customer is entered, and a month of calls arrives."""
    folder = shutil.copytree(helpdesk.folder, tmp_path / "project")
    helpdesk = replace(helpdesk, folder=folder)
    helpdesk.load().run()  # reads the last ten minutes of tickets again
    assert helpdesk.load().run().status == "unchanged"
    before = helpdesk.months()
    unknown = {
        "customer_id": 9_999,
        "name": "Late",
        "plan": "team",
        "address": {"country": "Italy"},
    }
    helpdesk.crm.records.append(unknown)
    helpdesk.database.execute(
        "insert into tickets values (401, 1, 'ana', 'high', '2026-04-01 08:00+00', "
        "'2026-04-01 10:00+00', '2026-04-09 12:00+00')"
    )
    with ZipFile(helpdesk.files / "outgoing/calls.zip", "a") as archive:
        archive.writestr(
            "calls/2026-04.csv",
            "call_id;customer_id;started_at;seconds\n301;2;2026-04-02 09:00:00;125\n",
        )
    run = helpdesk.load().run()
    changes = {step.table: step.sources for step in run.steps}
    assert changes["bronze.calls"] == {"new": 1, "unchanged": 3, "retracted": 0}
    assert {step.table for step in run.steps if step.action == "unchanged"} >= {
        "bronze.agents",
        "silver.agents",
    }
    after = helpdesk.months()
    assert after.pop("2026-04") == [1, 1, 2.0, 1, 2]
    back = EXPECTED["tickets"]["quarantined"]["references"]
    assert sum(row[0] for row in after.values()) == sum(row[0] for row in before.values()) + back
    heard = EXPECTED["calls"]["quarantined"]["references"]
    assert sum(row[3] for row in after.values()) == sum(row[3] for row in before.values()) + heard
    rejects = helpdesk.load().quarantine().to_arrow().to_pylist()
    assert not any(row["rule"].startswith("references") for row in rejects)


def test_no_credential_is_in_the_lake(helpdesk: Helpdesk) -> None:
    for file in (helpdesk.folder / "lake").rglob("*"):
        if file.is_file():
            assert b"t0ken-of-crm" not in file.read_bytes(), file
