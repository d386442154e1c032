"""Hostile passwords through every output: the command line, tracebacks, records, the API and its log."""

from __future__ import annotations

import html
import json
import logging
import shlex
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.errors import MedallionError
from medallion_api.app import assemble
from tests.commands import medallion
from tests.integration import small
from tests.services import free_ports

PASSWORDS = [
    "it's\"me<>",
    "raw@pa/ss",
    "back\\slash'",
    "per%25cent",
    "q?uery#x",
    "co:lon",
    "a&b=c;d",
    "spa ce+é",
]
ENCODERS: list[Callable[[str], str]] = [
    str,
    quote,
    quote_plus,
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text)[1:-1],
    html.escape,
    lambda text: shlex.quote(text)[1:-1],
]

STEPS = """\
import os

import pandas as pd


def leak(rows: pd.DataFrame) -> pd.DataFrame:
    raise ValueError("refused: " + os.environ["SHOP_PASSWORD"] + repr(os.environ["SHOP_PASSWORD"]))
"""


def _assert_hidden(password: str, text: str) -> None:
    for encode in ENCODERS:
        assert encode(password) not in text, text


def _project(folder: Path, password: str, where: str) -> Path:
    """A project that serves from a MongoDB that is not there; the password comes in at `where`."""
    host = f"127.0.0.1:{free_ports(1)[0]}"
    wait = "serverSelectionTimeoutMS=200"
    url = {
        "environment": f"mongodb://anna:${{SHOP_PASSWORD}}@{host}/shop?{wait}",
        "encoded": f"mongodb://anna:{quote(password, safe='')}@{host}/shop?{wait}",
        "option": f"mongodb://{host}/shop?{wait}&tlsCertificateKeyFile=none.pem&tlsCertificateKeyFilePassword={password}",
    }[where]
    yaml = small.YAML.replace("sqlite:lake/serving.db", json.dumps(url))
    path = small.write(folder, yaml + "\napi: {query_timeout: 1}\n")
    (folder / ".env").write_text(f"DB_URL={url}\n")
    return path


@pytest.mark.parametrize(
    ("password", "where"),
    [
        *(
            (password, ("environment", "encoded", "option")[number % 3])
            for number, password in enumerate(PASSWORDS)
        ),
        ("raw@pa/ss", "environment"),
    ],
)
def test_no_command_shows_a_password(tmp_path: Path, password: str, where: str) -> None:
    _project(tmp_path, password, where)
    variables = {"SHOP_PASSWORD": password}
    for arguments in (
        ["check"],
        ["-v", "status"],
        ["-v", "run"],
        ["run", "--json"],
        ["doctor", "--json"],
    ):
        done = medallion(tmp_path, *arguments, **variables)
        _assert_hidden(password, done.out + done.err)
        assert "Traceback" in done.err or arguments != ["-v", "run"]
    records = [path.read_text() for path in (tmp_path / "lake").rglob("*.json")]
    assert any('"status": "failed"' in text for text in records)
    _assert_hidden(password, "".join(records))


@pytest.mark.parametrize("password", PASSWORDS[:3])
def test_a_step_that_shows_its_environment_is_masked(
    tmp_path: Path, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", password)
    (tmp_path / "leaking.py").write_text(STEPS)
    yaml = small.YAML.replace("      steps: [trim]", "      steps: [{python: 'leaking:leak'}]")
    small.write(tmp_path, yaml)
    for arguments in (["-v", "run"], ["run", "--json"], ["runs"], ["status", "--json"]):
        done = medallion(tmp_path, *arguments, SHOP_PASSWORD=password)
        assert "refused" in done.out + done.err or arguments == ["runs"]
        _assert_hidden(password, done.out + done.err)
    _assert_hidden(
        password, "".join(path.read_text() for path in (tmp_path / "lake/runs").glob("*.json"))
    )


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_api_and_its_log_show_no_password(
    tmp_path: Path, password: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", password)
    pipeline = md.Pipeline.load(_project(tmp_path, password, "encoded"))
    api = assemble(pipeline)
    client = TestClient(api.app)
    with caplog.at_level(logging.DEBUG, "medallion_api"):
        texts = [
            client.simulate_get(path).text
            for path in ("/health/ready", "/releases", "/tables/total")
        ]
        texts.append(client.simulate_get(f"/tables/total?{quote(password)}={quote(password)}").text)
    api.reading.store.close()
    assert caplog.text
    _assert_hidden(password, "".join(texts) + caplog.text)


@pytest.mark.parametrize("password", PASSWORDS)
def test_errors_in_python_show_no_password(
    tmp_path: Path, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", password)
    pipeline = md.Pipeline.load(_project(tmp_path, password, "encoded"))
    assert password not in repr(pipeline.declaration)
    with closing(pipeline.store()) as store, pytest.raises(MedallionError) as caught:
        store.release()
    _assert_hidden(password, str(caught.value))
