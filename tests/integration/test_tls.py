"""TLS to MongoDB, with client certificates, and to S3: every failure has a message and a remedy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from medallion.errors import SinkError, StorageError
from medallion.ops import doctor
from medallion.sinks.mongodb.database import connect
from medallion.sinks.mongodb.sink import MongoDB
from medallion.storage.s3 import S3
from medallion.storage.s3_settings import S3Settings
from tests.buckets import options
from tests.certificates import PASSWORD, Certificates, certificates
from tests.integration import small
from tests.integration.served_project import IMPATIENT, Project, made, shown
from tests.integration.test_s3 import project as on_s3
from tests.services import Service, Unavailable, mongod, weed

SECRET = "s3cret"  # noqa: S105 (of a server that exists for a minute)


@dataclass
class Server:
    """A mongod that requires TLS and has one user."""

    port: int
    files: Certificates

    def url(self, host: str = "127.0.0.1", **options: object) -> str:
        wait = {"authSource": "admin", "serverSelectionTimeoutMS": 1000}
        query = urlencode(wait | options)
        return f"mongodb://ann:{SECRET}@{host}:{self.port}/tls?{query}"

    def trusting(self, **more: object) -> str:
        return self.url(tls="true", tlsCAFile=self.files.authority, **more)

    def known(self, host: str = "127.0.0.1") -> str:
        """A URL that works."""
        return self.trusting(
            host=host,
            tlsCertificateKeyFile=self.files.client,
            tlsCertificateKeyFilePassword=PASSWORD,
            serverSelectionTimeoutMS=30_000,
        )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    try:
        return certificates(tmp_path_factory.mktemp("certificates"))
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, files: Certificates) -> Iterator[Server]:
    asking = ["--tlsMode", "requireTLS", "--tlsCAFile", str(files.authority)]
    try:
        with mongod(
            tmp_path_factory.mktemp("tls"), *asking, "--tlsCertificateKeyFile", str(files.server)
        ) as service:
            found = Server(urlsplit(service.url).port or 0, files)
            with connect(
                found.known().replace(f"ann:{SECRET}@", "").replace("authSource=admin&", "")
            ) as client:
                client.admin.command("createUser", "ann", pwd=SECRET, roles=["root"])
            yield found
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Project:
    """A project published through TLS."""
    return made(tmp_path_factory.mktemp("published") / "project", server.known())


@pytest.fixture
def project(published: Project, server: Server) -> Iterator[Project]:
    """The same, with a source file for the next run."""
    with published.continued(server.known()) as project:
        yield project


def test_runs_and_readers_go_through_tls(project: Project) -> None:
    assert shown(small.load(project.folder)) == project.before
    project.recover("over TLS")
    probes = [
        probe
        for probe in doctor.examine(lambda: small.load(project.folder))
        if "sink" in probe.name
    ]
    assert {probe.outcome for probe in probes} == {"ok"}


TRUST = "set tlsCAFile in the URL to the certificate of the CA"
UNREAD = "its certificates are readable PEM files"

REFUSED: dict[str, tuple[Callable[[Server], str], str, str]] = {
    "no TLS": (
        lambda at: at.url(),
        "connection closed",
        "if it requires TLS, add tls=true and tlsCAFile=…",
    ),
    "no CA": (lambda at: at.url(tls="true"), "CERTIFICATE_VERIFY_FAILED", TRUST),
    "wrong CA": (
        lambda at: at.url(tlsCAFile=at.files.stranger),
        "CERTIFICATE_VERIFY_FAILED",
        TRUST,
    ),
    "other name": (
        lambda at: at.known("localhost"),
        "not valid for 'localhost'",
        "write the host into the URL as the",
    ),
    "CA file away": (
        lambda at: at.url(tlsCAFile="/none.crt"),
        "No such file or directory: '/none.crt'",
        UNREAD,
    ),
    "CA file a folder": (lambda at: at.url(tlsCAFile=at.files.folder), "tlsCAFile=", UNREAD),
    "CA file no certificate": (
        lambda at: at.url(tlsCAFile=__file__),
        f"tlsCAFile={__file__}",
        UNREAD,
    ),
    "no certificate": (
        lambda at: at.trusting(),
        "connection closed",
        "add tlsCertificateKeyFile=…",
    ),
    "foreign certificate": (
        lambda at: at.trusting(tlsCertificateKeyFile=at.files.foreign),
        "connection closed",
        "it must trust the CA that signed tlsCertificateKeyFile",
    ),
    "certificate without key": (
        lambda at: at.trusting(tlsCertificateKeyFile=at.files.authority),
        "tlsCertificateKeyFile=",
        "tlsCertificateKeyFile with certificate and key",
    ),
    "wrong password of the key": (
        lambda at: at.known().replace(PASSWORD, f"{PASSWORD}-not"),
        "tlsCertificateKeyFile=",
        "and that its certificates",
    ),
    "no password of the key": (
        lambda at: at.trusting(tlsCertificateKeyFile=at.files.client),
        "tlsCertificateKeyFilePassword=… is missing",
        "and that its certificates",
    ),
    "neither true nor false": (
        lambda at: at.url(tls="yes"),
        "must be 'true' or 'false'",
        "options in the URL are correct",
    ),
    "mistyped": (
        lambda at: at.url(tls="true", tlsCaFil="x"),
        "Unknown option: tlscafil",
        "options in the URL are correct",
    ),
    "TLS and not": (
        lambda at: at.trusting(ssl="false"),
        "conflicting values",
        "options in the URL are correct",
    ),
}


@pytest.mark.parametrize(("url", "said", "hint"), REFUSED.values(), ids=REFUSED)
def test_tls_errors_are_reported_and_the_old_release_is_served(
    project: Project,
    server: Server,
    caplog: pytest.LogCaptureFixture,
    url: Callable[[Server], str],
    said: str,
    hint: str,
) -> None:
    project.store_at(url(server))
    pipeline = small.load(project.folder)
    with caplog.at_level(logging.DEBUG, logger="medallion"), pytest.raises(SinkError) as failed:
        pipeline.run()
    error = failed.value
    host = urlsplit(url(server)).hostname
    assert f"mongodb://***@{host}:{server.port}/tls: " in error.message
    assert said in error.message
    assert hint in error.hint
    assert error.run
    assert error.run.status == "failed"
    (probe,) = [
        found for found in doctor.examine(lambda: pipeline) if found.name.startswith("sink")
    ]
    assert (probe.outcome, probe.said, probe.advice) == ("failure", error.message, error.hint)
    with pytest.raises(SinkError) as unread:
        shown(pipeline)
    assert str(unread.value) == str(error)
    everything = [
        str(error),
        error.run.model_dump_json(),
        pipeline.lake.runs()[0].model_dump_json(),
        caplog.text,
    ]
    assert not any(secret in text for text in everything for secret in (SECRET, PASSWORD))
    project.store_at(server.known())
    assert shown(small.load(project.folder)) == project.before
    project.recover(said)


def test_tls_to_a_server_without_tls_is_reported(mongodb_server: str, files: Certificates) -> None:
    sink = MongoDB(url=f"{mongodb_server}/tls?tlsCAFile={files.authority}&{IMPATIENT}")
    with pytest.raises(SinkError, match=r"\[SSL(.|\n)*if it does not use TLS, remove tls=true"):
        sink.active()


BUCKET = "tls"


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory, files: Certificates) -> Iterator[Service]:
    """An S3 server on HTTPS, with a bucket."""
    pair = [f"-s3.cert.file={files.server}", f"-s3.key.file={files.server}"]
    try:
        with weed(tmp_path_factory.mktemp("weed"), *pair, authority=files.authority) as service:
            trusting = S3Settings.of(options(service, ca_bundle=str(files.authority)), {})
            S3(trusting).request("create_bucket", BUCKET)
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))


UNTRUSTED: dict[str, tuple[Callable[[Service, Certificates], dict[str, object]], str, str]] = {
    "wrong CA": (
        lambda _, files: {"AWS_CA_BUNDLE": files.stranger},
        "CERTIFICATE_VERIFY_FAILED",
        "set AWS_CA_BUNDLE",
    ),
    "no CA": (lambda *_: {"AWS_CA_BUNDLE": ""}, "CERTIFICATE_VERIFY_FAILED", "set AWS_CA_BUNDLE"),
    "CA file away": (
        lambda *_: {"AWS_CA_BUNDLE": "/none.crt"},
        "/none.crt, cannot be read: ",
        "a PEM file",
    ),
    "CA file no certificate": (
        lambda *_: {"AWS_CA_BUNDLE": __file__},
        f"{__file__}, cannot be read: ",
        "a PEM file",
    ),
    "other name": (
        lambda at, _: {"MEDALLION_S3_ENDPOINT_URL": at.url.replace("127.0.0.1", "localhost")},
        "not valid for 'localhost'",
        "as the server's certificate does",
    ),
    "no TLS": (
        lambda at, _: {"MEDALLION_S3_ENDPOINT_URL": at.url.replace("https", "http")},
        "400",
        "write https://",
    ),
}


@pytest.mark.parametrize(("wrong", "said", "hint"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_lake_on_https(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    s3: Service,
    files: Certificates,
    wrong: Callable[[Service, Certificates], dict[str, object]],
    said: str,
    hint: str,
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)  # it would take precedence over `.env`
    lake = f"s3://{BUCKET}/{tmp_path.name}"
    folder = on_s3(tmp_path / "p", s3, lake, AWS_CA_BUNDLE=str(files.authority))
    small.load(folder).run()
    right = (folder / ".env").read_text()
    (folder / ".env").write_text(
        right + "".join(f"{name}={value}\n" for name, value in wrong(s3, files).items())
    )
    pipeline = small.load(folder)
    with pytest.raises(StorageError) as failed:
        pipeline.run()
    assert said in failed.value.message
    assert urlsplit(s3.url).netloc.partition(":")[2] in failed.value.message
    assert hint in failed.value.hint
    probe = next(found for found in doctor.examine(lambda: pipeline) if found.name == "lake")
    assert (probe.outcome, probe.advice) == ("failure", failed.value.hint)
    (folder / ".env").write_text(right)
    assert small.in_lake(small.load(folder)) == small.in_store(small.load(folder)) == small.BOTH


def test_an_untrusted_server_gets_one_request(s3: Service, files: Certificates) -> None:
    client = S3(S3Settings.of(options(s3, ca_bundle=str(files.stranger)), {}))
    requests = 0

    async def ask() -> None:
        nonlocal requests
        requests += 1
        await client.files._call_s3("list_buckets")

    with pytest.raises(StorageError, match="CERTIFICATE_VERIFY_FAILED"):
        client.retried(ask, "s3://")
    assert requests == 1
