"""gunicorn's settings: what the environment decides, the log, and the files of metrics."""

from __future__ import annotations

import runpy
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the metrics of all workers."""
    folder = tmp_path / "medallion-api-x"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    return folder


def settings() -> SimpleNamespace:
    """The settings as gunicorn reads them in this environment."""
    return SimpleNamespace(**runpy.run_module("medallion_api.gunicorn_conf"))


def test_address_workers_and_access_log_come_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEB_CONCURRENCY", "MEDALLION_API_BIND", "MEDALLION_API_ACCESS_LOG"):
        monkeypatch.delenv(name, raising=False)
    default = settings()
    assert default.bind == "127.0.0.1:8000"
    assert 1 <= default.workers <= 8
    assert default.logconfig_dict["loggers"]["medallion_api.access"]["level"] == "INFO"
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    monkeypatch.setenv("MEDALLION_API_BIND", "0.0.0.0:9000")
    monkeypatch.setenv("MEDALLION_API_ACCESS_LOG", "WARNING")
    conf = settings()
    assert (conf.workers, conf.bind) == (3, "0.0.0.0:9000")
    assert conf.logconfig_dict["loggers"]["medallion_api.access"]["level"] == "WARNING"
    assert folder.is_dir()


def test_the_limit_of_open_files_is_raised_as_far_as_allowed(folder: Path) -> None:
    before = getrlimit(RLIMIT_NOFILE)
    try:
        setrlimit(RLIMIT_NOFILE, (256, before[1]))
        settings().on_starting(None)
        assert getrlimit(RLIMIT_NOFILE) == (max(256, min(before[1], 65_536)), before[1])
    finally:
        setrlimit(RLIMIT_NOFILE, before)
    assert folder.is_dir()


def test_a_start_removes_the_metrics_of_the_last_one(folder: Path) -> None:
    (folder / "counter_7.db").write_bytes(b"x")
    (folder / "notes.txt").write_text("x")
    limit = getrlimit(RLIMIT_NOFILE)
    settings().on_starting(None)
    setrlimit(RLIMIT_NOFILE, limit)
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("name", "is_left"), [("medallion-api-x", False), ("metrics", True)])
def test_an_exit_removes_the_folder_only_if_it_is_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_left: bool
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    settings().on_exit(None)
    assert folder.exists() is is_left


def test_gauges_of_a_worker_that_ended_are_removed(folder: Path) -> None:
    for name in ("gauge_liveall_7.db", "gauge_liveall_8.db", "counter_7.db"):
        (folder / name).write_bytes(b"")
    worker: Any = SimpleNamespace(pid=7)
    settings().child_exit(None, worker)
    assert sorted(file.name for file in folder.iterdir()) == ["counter_7.db", "gauge_liveall_8.db"]


def test_gunicorn_writes_no_access_lines_of_its_own(folder: Path) -> None:
    assert settings().Log.access_log_enabled is False
    assert folder.is_dir()
