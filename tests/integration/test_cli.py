"""The command line in processes of its own, on the project that `medallion init` creates."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion.storage.sealed_records import seal
from tests.commands import environment, medallion

COMMAND = [sys.executable, "-m", "medallion"]
HEAVY = ("duckdb", "pyarrow", "pandas", "polars", "rich", "fsspec", "pymongo")


def imported(folder: Path, modules: tuple[str, ...], *arguments: str) -> list[str]:
    """Which of these modules a command imported."""
    code = (
        "import atexit, json, sys\n"
        f"loaded = lambda: [name for name in {modules} if name in sys.modules]\n"
        "atexit.register(lambda: print(json.dumps(loaded())))\n"
        f"from medallion.cli import main\nmain({arguments})\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    names: list[str] = json.loads(ended.stdout.splitlines()[-1])
    return names


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh project, not yet run."""
    folder = tmp_path / "coffee"
    assert medallion(tmp_path, "init", str(folder)).code == 0
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that was run once; only for tests that write nothing."""
    folder = tmp_path_factory.mktemp("published") / "coffee"
    medallion(folder.parent, "init", str(folder))
    ended = medallion(folder, "run")
    assert ended.code == 0, ended.err
    yield folder
    assert len(medallion(folder, "releases", "--json").json) == 1


def test_from_nothing_to_a_published_release(tmp_path: Path) -> None:
    made = medallion(tmp_path, "init", "coffee")
    assert (made.code, made.err) == (0, "")
    assert "cd coffee" in made.out
    folder = tmp_path / "coffee"
    assert (folder / "README.md").is_file()
    assert list((folder / "data").rglob("*.csv"))

    ended = medallion(folder, "run")

    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"^silver\.orders: computed, 15 rows, [\d.]+ s$", ended.out, re.MULTILINE)
    assert re.search(
        r"^silver\.orders +computed +21 +15 +2 +0 +4 +15 +[\d.]+ *$", ended.out, re.MULTILINE
    )
    assert "2 new files" in ended.out
    assert f"{folder}/lake/gold/*.parquet" in ended.out
    assert "sqlite:" in ended.out
    assert "medallion show gold.products" in ended.out
    assert "medallion quarantine" in ended.out
    assert "\x1b" not in ended.out


def test_a_run_without_changes_imports_no_heavy_module(published: Path) -> None:
    lines = medallion(published, "run").out.splitlines()
    assert lines[0].startswith("up to date: release ")

    assert imported(published, HEAVY, "run") == []


def test_help_imports_no_heavy_module(tmp_path: Path) -> None:
    assert imported(tmp_path, (*HEAVY, "pydantic", "yaml"), "--help") == []
    assert imported(tmp_path, ("click",), "--help") == ["click"]


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")

    ended = medallion(tmp_path, "init", ".")

    assert ended.code == 2
    assert ended.err.startswith("error: .: README.md would be overwritten\n  → ")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_the_version_is_printed(tmp_path: Path) -> None:
    ended = medallion(tmp_path, "--version")
    assert re.fullmatch(r"medallion \d+\.\d+\.\d+\n", ended.out)


def test_plan_says_what_a_run_would_do_and_why_and_writes_nothing(project: Path) -> None:
    ended = medallion(project, "plan")

    assert ended.code == 0
    assert re.search(
        r"^silver\.orders +compute +bronze\.orders, silver\.customers will change",
        ended.out,
        re.MULTILINE,
    )
    assert not (project / "lake").exists()
    steps = medallion(project, "plan", "--to", "silver.customers", "--json").json["steps"]
    assert {step["table"] for step in steps if step["decision"] == "compute"} == {
        "bronze.customers",
        "silver.customers",
    }


def test_only_what_was_selected_is_computed_and_then_nothing_is_published(project: Path) -> None:
    ended = medallion(project, "run", "--to", "silver.customers")

    assert ended.code == 0
    assert "not published: " in ended.out
    assert "published release" not in ended.out
    assert medallion(project, "releases", "--json").json == []
    assert medallion(project, "run", "--only", "silver.costumers").code == 2


def test_a_changed_file_is_reported_and_rolled_back(project: Path) -> None:
    first = medallion(project, "run", "--json").json["release"]
    edit(
        project / "data/orders/2026-02.csv",
        "1016,7,Filter,2,8.00,2026-02-30",
        "1016,7,Filter,2,8.00,2026-02-27",
    )

    steps = medallion(project, "plan", "--json").json["steps"]
    why = {step["table"]: step["why"] for step in steps}
    assert why["bronze.orders"] == "files: 1 changed"
    ended = medallion(project, "run")
    assert re.search(r"1 changed file", ended.out)
    assert re.search(r"^silver\.orders +computed +21 +16 +2 +0 +3 +16", ended.out, re.MULTILINE)
    assert re.search(r"^silver\.customers +unchanged", ended.out, re.MULTILINE)

    before, former = medallion(project, "releases", "--json").json
    assert (former["id"], former["current"], before["current"]) == (first, False, True)
    rolled = medallion(project, "rollback", "--json").json
    assert rolled == {"before": before["id"], "after": first}
    status = medallion(project, "status", "--json").json
    assert status["release"]["id"] == first
    assert status["sinks"]["serving"]["same"] is True
    assert medallion(project, "rollback", "nonsense").code == 2


def test_status_shows_what_is_published(project: Path) -> None:
    nothing = medallion(project, "status")
    assert nothing.code == 0
    assert "nothing is published yet" in nothing.out

    run = medallion(project, "run", "--json").json

    found = medallion(project, "status", "--json").json
    assert found["release"]["id"] == run["release"]
    assert found["release"]["tables"]["silver.orders"] == 15
    assert found["sinks"]["serving"]["same"] is True
    assert found["writing"] is None
    assert (found["last_run"]["id"], found["last_run"]["outcome"]) == (run["id"], "succeeded")
    said = medallion(project, "status").out
    assert "shows the same release" in said
    assert re.search(r"^silver\.orders .*\b15\b", said, re.MULTILINE)


def test_a_running_record_without_a_lease_is_a_run_that_died(project: Path) -> None:
    run = medallion(project, "run", "--json").json
    record = project / "lake" / "runs" / f"{run['id']}.json"
    fields = {**json.loads(record.read_text()), "status": "running", "finished": None}
    del fields["sha256"]
    record.write_bytes(seal(json.dumps(fields).encode()))

    assert medallion(project, "status", "--json").json["last_run"]["outcome"] == "died"
    assert re.search(rf"^{run['id']} +died", medallion(project, "runs").out, re.MULTILINE)


def test_show_prints_a_table_csv_and_json(published: Path) -> None:
    table = medallion(published, "show", "gold.products", "--limit", "1").out.splitlines()
    assert table[0].split() == ["product", "orders", "bags", "revenue"]
    assert table[2].split() == ["Espresso", "5", "17", "161.50"]
    assert table[-1].startswith("1 of 4 rows of gold.products in release ")

    rows = list(
        csv.DictReader(
            medallion(published, "show", "gold.months", "--format", "csv").out.splitlines()
        )
    )
    found = medallion(published, "show", "gold.months", "--json").json
    assert rows == [{key: str(value) for key, value in row.items()} for row in found["rows"]]
    assert found["total"] == len(rows) == 2
    assert [column["name"] for column in found["columns"]] == list(rows[0])
    assert (
        len(medallion(published, "show", "silver.orders", "--json", "--limit", "3").json["rows"])
        == 3
    )


def test_show_of_an_unknown_table_or_release_exits_with_2(published: Path) -> None:
    assert medallion(published, "show", "gold.prodcts").err.endswith(
        "did you mean 'gold.products'?\n"
    )
    assert medallion(published, "show", "gold.products", "--release", "nonsense").code == 2
    assert medallion(published, "show").code == 2


def test_quarantine_counts_prints_and_writes_rejects(published: Path, tmp_path: Path) -> None:
    counts = {
        (row["table"], row["rule"], row["column"]): row["rows"]
        for row in medallion(published, "quarantine", "--json").json
    }
    assert counts == {
        ("silver.customers", "cast", "signup_date"): 1,
        ("silver.orders", "between", "quantity"): 1,
        ("silver.orders", "cast", "ordered_on"): 1,
        ("silver.orders", "cast", "price"): 1,
        ("silver.orders", "references", "customer_id"): 1,
    }
    said = medallion(published, "quarantine", "silver.orders").out
    assert re.search(r"^data/orders/2026-01\.csv +8 +cast +price +nine *$", said, re.MULTILINE)

    file = tmp_path / "rejects.csv"
    assert medallion(published, "quarantine", "silver.orders", "--output", str(file)).code == 0
    written = list(csv.DictReader(file.read_text().splitlines()))
    found = medallion(published, "quarantine", "silver.orders", "--json").json
    assert [(row["file"], int(row["record"])) for row in written] == [
        (row["file"], row["record"]) for row in found
    ]
    assert found[0]["row"]["price"] == "nine"
    assert len(found) == 4
    assert "no rows of gold.months" in medallion(published, "quarantine", "gold.months").out
    assert medallion(published, "quarantine", "silver.ordres").code == 2


def test_rejects_for_a_spreadsheet_have_no_formulas(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("price\n1\n2\n3\n4\n5\n=1+1\n-2x\n@SUM(A1)\nnine\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: prices\nsinks: {}\ntables:\n  bronze:\n    prices: {source: prices.csv}\n"
        "  silver:\n    prices: {from: bronze.prices, steps: [{cast: {price: integer}}]}\n"
    )
    assert medallion(tmp_path, "run").code == 0
    for form, mark in (("csv", ""), ("spreadsheet", "'")):
        file = tmp_path / f"{form}.csv"
        options = ("--output", str(file), "--format", form)
        assert medallion(tmp_path, "quarantine", "silver.prices", *options).code == 0
        rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
        assert [row["value"] for row in rows] == [
            f"{mark}=1+1",
            f"{mark}-2x",
            f"{mark}@SUM(A1)",
            "nine",
        ]
        assert json.loads(rows[0]["row"]) == {"price": "=1+1"}


def test_runs_lists_all_and_shows_one(published: Path) -> None:
    runs = medallion(published, "runs", "--json").json
    first = runs[-1]
    assert first["status"] == "succeeded"
    listed = medallion(published, "runs").out
    assert re.search(
        rf"^{first['id']} +succeeded .* 7 +{first['release']} *$", listed, re.MULTILINE
    )

    told = medallion(published, "runs", first["id"])
    assert re.search(r"^silver\.orders +computed +21 +15 +2 +0 +4 +15", told.out, re.MULTILINE)
    assert medallion(published, "runs", first["id"], "--json").json == first
    assert medallion(published, "runs", "nonsense").code == 2


def test_a_failed_gate_keeps_the_published_release(project: Path) -> None:
    release = medallion(project, "run", "--json").json["release"]
    edit(project / "medallion.yaml", "at_most: 25%", "at_most: 5%")

    ended = medallion(project, "run")

    assert ended.code == 1
    assert re.search(
        r"^silver\.orders +failed +21 +15 +2 +0 +4 +[\d.]+ *$", ended.out, re.MULTILINE
    )
    assert ended.err.startswith("error: silver.orders: ")
    assert ended.err.splitlines()[-1] == f"release {release} is still published"
    failed = medallion(project, "runs", "--json").json[0]
    rejects = medallion(
        project, "quarantine", "silver.orders", "--run", failed["id"], "--json"
    ).json
    assert len(rejects) == 4

    ended = medallion(project, "run", "--json")
    assert (ended.code, ended.out) == (1, "")
    error = json.loads(ended.err)["error"]
    assert (error["type"], error["exit_code"], error["run"]["status"]) == ("GateError", 1, "failed")


def test_an_invalid_declaration_is_reported_with_all_problems(project: Path) -> None:
    edit(project / "medallion.yaml", "between: {quantity", "betwen: {quantity")
    edit(project / "medallion.yaml", "quantity: integer", "quantity: intger")

    for command in ("check", "plan", "run"):
        ended = medallion(project, command)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("error: 2 problems in the declaration\nmedallion.yaml:")
        assert "Traceback" not in ended.err
    problems = json.loads(medallion(project, "check", "--json").err)["error"]["problems"]
    assert [
        re.fullmatch(r"medallion\.yaml:\d+:\d+", problem["place"]) is not None
        for problem in problems
    ] == [True] * 2


def test_no_secret_is_shown(project: Path) -> None:
    hidden = "hunter2-hunter2"
    edit(
        project / "medallion.yaml",
        "${MEDALLION_STORE:-sqlite:lake/serving.db}",
        "mongodbx://user:${PASSWORD}@host/shop",
    )

    for arguments in (["check"], ["check", "--json"], ["-v", "check"], ["doctor"]):
        ended = medallion(project, *arguments, PASSWORD=hidden)
        assert ended.code in (1, 2)
        assert hidden not in ended.out + ended.err


def test_the_doctor_finds_what_is_missing(project: Path) -> None:
    assert medallion(project, "doctor").code == 0
    (project / "data" / "customers.csv").unlink()

    ended = medallion(project, "doctor", "--json")

    assert ended.code == 1
    assert [probe["name"] for probe in ended.json if probe["outcome"] == "failure"] == [
        "source bronze.customers"
    ]
    assert "1 of " in medallion(project, "doctor").out


def test_gc_says_what_it_removed(project: Path) -> None:
    medallion(project, "run")
    assert medallion(project, "gc").out == "nothing to remove\n"
    litter = project / "lake" / "gold" / "months" / "litter.parquet"
    litter.write_bytes(b"x" * 1_500)
    foreign = litter.with_name("foreign.parquet")
    foreign.write_bytes(b"of somebody else")
    (project / "lake" / "writes").mkdir()
    names = {"gold": ["months/litter.parquet", "months/gone.parquet"]}
    (project / "lake" / "writes" / "20240101-000000-000abc-0.json").write_bytes(
        seal(json.dumps({"names": names}).encode())
    )

    assert medallion(project, "gc").out == "removed 1 object (1.5 kB)\n"
    assert not litter.exists()
    assert foreign.exists()


def test_the_schema_is_written_for_editors(project: Path) -> None:
    assert medallion(project, "schema", "--output", "medallion.schema.json").code == 0

    written = json.loads((project / "medallion.schema.json").read_text())
    assert written == medallion(project, "schema").json


def test_a_pipe_that_closes_early_is_not_an_error(published: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "show", "gold.products"],
        cwd=published,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert "Traceback" not in err
    assert "error" not in err


@pytest.mark.parametrize(
    ("steps", "begun"),
    [
        ("[{python: 'slow:wait'}]", "waiting"),
        (
            "[{sql: select count(*) as n from range(1_000_000_000_000) where random() < 0}], deterministic: false",
            "lake/runs/*",
        ),
    ],
    ids=["a function of one's own", "a long query"],
)
def test_ctrl_c_ends_a_run_in_one_line_and_the_next_resumes(
    project: Path, steps: str, begun: str
) -> None:
    """The function waits to be interrupted; its module is next to the declaration."""
    release = medallion(project, "run", "--json").json["release"]
    (project / "slow.py").write_text(
        "import time\nfrom pathlib import Path\nimport pyarrow\n\n"
        "def wait(rows: pyarrow.Table) -> pyarrow.Table:\n"
        "    Path('waiting').touch()\n"
        "    time.sleep(60)\n"
        "    return rows\n"
    )
    declared = project / "medallion.yaml"
    before, begun_before = declared.read_text(), len(list(project.glob(begun)))
    edit(
        declared,
        "    months:\n",
        f"    waited: {{from: silver.orders, steps: {steps}}}\n    months:\n",
    )
    process = subprocess.Popen(
        [*COMMAND, "run"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(project.glob(begun))) == begun_before:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)

    assert (process.returncode, err) == (
        130,
        f"error: interrupted; release {release} is still published\n",
    )
    declared.write_text(before)
    assert "up to date" in medallion(project, "run").out


def test_colour_is_only_for_terminals(published: Path) -> None:
    def on_terminal(**variables: str) -> str:
        master, terminal = os.openpty()
        try:
            subprocess.run(
                [*COMMAND, "plan"],
                cwd=published,
                env=environment(TERM="xterm-256color", **variables),
                stdout=terminal,
                check=True,
            )
            return os.read(master, 65_536).decode()
        finally:
            os.close(terminal)
            os.close(master)

    assert "\x1b[" in on_terminal()
    assert "\x1b[3" not in on_terminal(NO_COLOR="1")
    assert "\x1b" not in medallion(published, "plan").out
