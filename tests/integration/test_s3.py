"""A lake on a real S3 server: runs, releases, kills and faults."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import ConflictError, ExistsError, StorageError
from medallion.secrets import mask
from medallion.storage import open_storage
from tests import instants
from tests.buckets import empty_bucket, make_bucket, options
from tests.corrected import correct, preview, states
from tests.integration import small
from tests.proxy import Proxy, proxy
from tests.services import Service

YAML = "lake: ${LAKE}\n" + small.YAML.replace("sqlite:lake/", "sqlite:").replace(
    "name: small\n", ""
)


@pytest.fixture(scope="module")
def bucket(s3_server: Service) -> Iterator[str]:
    name = make_bucket(s3_server)
    yield name
    empty_bucket(s3_server, name)


@pytest.fixture
def lake(bucket: str, tmp_path: Path) -> str:
    """The URL of an empty lake."""
    return f"s3://{bucket}/{tmp_path.name}"


def project(folder: Path, service: Service, lake: str, yaml: str = YAML, **settings: str) -> Path:
    """The small project with its lake on S3; all that it needs to know stands in `.env`."""
    small.write(folder, f"name: small\n{yaml}")
    values = {
        "LAKE": lake,
        "MEDALLION_S3_ENDPOINT_URL": service.url,
        "AWS_ACCESS_KEY_ID": service.key,
        "AWS_SECRET_ACCESS_KEY": service.secret,
        **settings,
    }
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return folder


def impatient(folder: Path, **more: Any) -> md.Pipeline:
    """The project's pipeline, which gives up on the server after three seconds."""
    loaded = small.load(folder)
    settings = {
        **(loaded.lake.options or {}),
        "patience": 3,
        "read_timeout": 2,
        "connect_timeout": 2,
        **more,
    }
    return md.Pipeline(loaded.declaration, base=folder, options=settings)


def test_runs_releases_and_going_back(tmp_path: Path, s3_server: Service, lake: str) -> None:
    folder = project(tmp_path / "p", s3_server, lake)
    pipeline = small.load(folder)
    first = pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert pipeline.run().status == "unchanged"
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    assert pipeline.roll_back().id == first.release
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    (folder / "data/orders/2024-02.csv").unlink()
    (folder / "data/orders/2024-03.csv").unlink()
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.JANUARY_ALONE
    names = {entry.path.partition("/")[0] for entry in pipeline.lake.storage.list("")}
    assert {"bronze", "silver", "gold", "releases", "runs", "quarantine", "current.json"} <= names
    assert {"lake.json", "lease.json"} <= names
    assert "lease.probe" not in names
    assert not (folder / "lake").exists()


def test_corrections(tmp_path: Path, s3_server: Service, lake: str) -> None:
    pipeline = small.load(project(tmp_path / "p", s3_server, lake))
    pipeline.run()
    objects = {entry.path: entry.token for entry in pipeline.lake.storage.list("")}
    (record,) = preview(pipeline, {1: {"amount": "3.50"}}).values()
    assert (record.outcome, record.rows[0]["amount"]) == ("kept", Decimal("3.50"))
    assert {entry.path: entry.token for entry in pipeline.lake.storage.list("")} == objects
    (ident,) = correct(pipeline, {1: {"amount": "3.50"}})
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == (4, Decimal("41.25"))
    assert states(pipeline) == ["applied"]
    assert pipeline.run().status == "unchanged"
    pipeline.corrections.revoke(ident)
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_a_bucket_a_layer_and_sources_in_a_bucket(tmp_path: Path, s3_server: Service) -> None:
    names = [make_bucket(s3_server) for _ in range(4)]
    lake, bronze, silver, sources = names
    layers = (
        f"layers: {{bronze: {{type: raw, path: 's3://{bronze}'}}, "
        f"silver: {{type: parquet, path: 's3://{silver}'}}, gold: parquet}}\n"
    )
    yaml = layers + YAML.replace("data/clients", f"s3://{sources}/clients").replace(
        "data/orders", f"s3://{sources}/orders"
    )
    folder = project(tmp_path / "p", s3_server, f"s3://{lake}", yaml)
    bucket = open_storage(f"s3://{sources}", options=options(s3_server))
    bucket.put("clients.csv", (folder / "data/clients.csv").read_bytes())
    bucket.put("orders/2024-01.csv", small.JANUARY.encode())
    pipeline = small.load(folder)
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.JANUARY_ALONE
    bucket.put("orders/2024-02.csv", small.FEBRUARY.encode())
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert pipeline.run().status == "unchanged"
    bucket.delete("orders/2024-02.csv")
    pipeline.run()
    assert small.in_lake(pipeline) == small.JANUARY_ALONE
    tops = {
        name: {
            e.path.partition("/")[0]
            for e in open_storage(f"s3://{name}", options=options(s3_server)).list("")
        }
        for name in names
    }
    assert tops[bronze] == tops[silver] == {"clients", "orders", "layer.json"}
    assert "gold" in tops[lake]
    assert not {"bronze", "silver"} & tops[lake]
    for name in names:
        empty_bucket(s3_server, name)


@pytest.mark.parametrize("after", [2_000, 20_000, 60_000, 120_000])
def test_a_connection_cut_in_the_middle_is_mended(
    tmp_path: Path, s3_server: Service, lake: str, after: int
) -> None:
    with proxy(s3_server.url) as between:
        folder = project(
            tmp_path / "p", Service(between.url, s3_server.key, s3_server.secret), lake
        )
        pipeline = small.load(folder)
        between.cut_after = after
        pipeline.run()
        assert between.cuts == (1 if after < 100_000 else between.cuts)
        instants.tried[instants.CUT] += between.cuts
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_slow_replies_are_awaited(tmp_path: Path, s3_server: Service, lake: str) -> None:
    with proxy(s3_server.url) as between:
        folder = project(
            tmp_path / "p", Service(between.url, s3_server.key, s3_server.secret), lake
        )
        between.delay = 0.02
        pipeline = small.load(folder)
        pipeline.run()
        assert small.in_lake(pipeline) == small.BOTH


def test_answers_that_never_come_are_told(tmp_path: Path, s3_server: Service, lake: str) -> None:
    with proxy(s3_server.url) as between:
        folder = project(
            tmp_path / "p", Service(between.url, s3_server.key, s3_server.secret), lake
        )
        small.load(folder).run()
        pipeline = impatient(folder)
        between.delay = 30
        with pytest.raises(StorageError, match=f"at {between.url}: no answer") as told:
            pipeline.run()
        assert "MEDALLION_S3_ENDPOINT_URL" in told.value.hint
        between.delay = 0


def test_a_server_that_refuses_connections_for_a_while(
    tmp_path: Path, s3_server: Service, lake: str
) -> None:
    with proxy(s3_server.url) as between:
        folder = project(
            tmp_path / "p", Service(between.url, s3_server.key, s3_server.secret), lake
        )
        pipeline = small.load(folder)
        pipeline.run()
        between.refuse = True
        between.cut_after = 0  # what is open breaks with the next byte
        back = threading.Timer(2, lambda: setattr(between, "refuse", False))
        back.start()
        assert pipeline.run().status == "unchanged"
        back.join()


@pytest.mark.parametrize("verb", ["create", "swap"])
def test_a_write_whose_answer_was_lost_is_known_as_ours(
    s3_server: Service, lake: str, verb: str
) -> None:
    direct = open_storage(lake, options=options(s3_server))
    with proxy(s3_server.url) as between:
        storage = open_storage(lake, options=options(s3_server, endpoint_url=between.url))
        storage.list("")
        if verb == "create":
            _lose_answers(between)
            version = storage.create("object", b"ours")
            with pytest.raises(ExistsError):
                storage.create("object", b"ours")
        else:
            before = direct.create("object", b"before")
            _lose_answers(between)
            version = storage.swap("object", b"ours", before)
            with pytest.raises(ConflictError):
                storage.swap("object", b"ours", before)
        assert between.cuts
        assert direct.read("object") == (b"ours", version)


@pytest.mark.parametrize(
    ("settings", "said", "hint"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong-secret-words"}, "access denied", "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "access denied", "AWS_ACCESS_KEY_ID"),
        (
            {"MEDALLION_S3_ENDPOINT_URL": "http://nowhere.invalid:9000"},
            "nowhere.invalid:9000 cannot be",
            "_URL",
        ),
        (
            {"MEDALLION_S3_ENDPOINT_URL": "http://127.0.0.1:1"},
            "http://127.0.0.1:1 cannot be reached",
            "_URL",
        ),
        ({"MEDALLION_S3_ENDPOINT_URL": "localhost:9000"}, "is not an address", "http://localhost:9000"),
        ({"LAKE": "s3://no-such-bucket-here"}, "there is no bucket 'no-such-bucket-here'", "make it"),
    ],
    ids=["secret", "key", "host", "port", "address", "bucket"],
)  # fmt: skip
def test_what_cannot_pass_is_told_at_once(
    tmp_path: Path, s3_server: Service, lake: str, settings: dict[str, str], said: str, hint: str
) -> None:
    folder = project(tmp_path / "p", s3_server, lake, **settings)
    pipeline = small.load(folder)
    with pytest.raises(StorageError, match=said) as told:
        pipeline.run()
    assert hint in told.value.hint
    assert settings.get("AWS_SECRET_ACCESS_KEY", s3_server.secret) not in str(told.value)
    assert mask(settings.get("AWS_SECRET_ACCESS_KEY", s3_server.secret)) == "***"


def test_the_old_release_is_read_while_the_keys_are_wrong(
    tmp_path: Path, s3_server: Service, lake: str
) -> None:
    folder = project(tmp_path / "p", s3_server, lake)
    small.load(folder).run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    (folder / ".env").write_text((folder / ".env").read_text().replace(s3_server.secret, "wrong"))
    with pytest.raises(StorageError, match="access denied"):
        small.load(folder).run()
    assert small.in_store(small.load(folder)) == small.BOTH


def test_a_full_bucket(tmp_path: Path, s3_server: Service) -> None:
    if s3_server.process is None:
        pytest.skip(
            "a quota is set by SeaweedFS's own shell; MEDALLION_TEST_S3_URL names another server"
        )
    name = make_bucket(s3_server)
    folder = project(tmp_path / "p", s3_server, f"s3://{name}")
    small.load(folder).run()
    open_storage(f"s3://{name}", options=options(s3_server)).put("filler", os.urandom(3 << 20))
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline = impatient(folder)
    _weed_shell(s3_server, f"s3.bucket.quota -name={name} -op=set -sizeMB=1")
    _wait_until_it(s3_server, pipeline, refuses=True)
    with pytest.raises(StorageError, match=s3_server.url) as told:
        pipeline.run()
    assert "may be full" in told.value.hint
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    pipeline.lake.storage.delete("filler")
    _weed_shell(s3_server, f"s3.bucket.quota -name={name} -op=remove")
    _wait_until_it(s3_server, pipeline, refuses=False)
    small.load(folder).run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    empty_bucket(s3_server, name)


def _wait_until_it(server: Service, pipeline: md.Pipeline, *, refuses: bool) -> None:
    """The server learns of a bucket's size by a heartbeat, and only then enforces its quota."""
    for _ in range(60):
        _weed_shell(server, "s3.bucket.quota.enforce -apply")
        try:
            pipeline.lake.storage.put("probe", b"one more")
        except StorageError:
            refused = True
        else:
            refused = False
        if refused == refuses:
            return
        time.sleep(1)
    pytest.fail("the server never enforced the quota")


def test_what_a_killed_upload_left_is_swept(s3_server: Service, lake: str) -> None:
    from medallion.storage.s3 import S3
    from medallion.storage.s3_settings import S3Settings

    storage = open_storage(lake, options=options(s3_server))
    name, _, folder = lake.removeprefix("s3://").partition("/")
    s3 = S3(S3Settings.of(options(s3_server), {}))
    begun = s3.request("create_multipart_upload", name, f"{folder}/gold/large")
    s3.request(
        "upload_part",
        name,
        f"{folder}/gold/large",
        UploadId=begun["UploadId"],
        PartNumber=1,
        Body=b"x",
    )
    assert storage.list("") == []
    assert storage.sweep(["gold"]) == 1
    assert storage.sweep(["gold"]) == 0


def _lose_answers(between: Proxy) -> None:
    between.cut_answers = 1


def _weed_shell(service: Service, *commands: str) -> None:
    """Have the server's own shell do something that S3 has no word for."""
    assert service.process
    weed_command = [str(part) for part in service.process.args]  # type: ignore[union-attr]
    given = dict(part.removeprefix("-").split("=", 1) for part in weed_command if "=" in part)
    master = f"-master=127.0.0.1:{given['master.port']}.{given['master.port.grpc']}"
    script = "\n".join(["lock", *commands, "unlock", ""])
    subprocess.run(
        [weed_command[0], "shell", master],
        input=script,
        text=True,
        check=True,
        capture_output=True,
        timeout=300,
    )
