"""TLS to MongoDB: a server that asks for it and for certificates, and every way to be turned away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from medallion import doctor
from medallion.errors import SinkError
from medallion.sinks.mongodb import MongoDB
from medallion.sinks.mongodb_database import connect
from tests.certificates import PASSWORD, Certificates, certificates
from tests.integration import small
from tests.integration.served_project import IMPATIENT, Project, made, shown
from tests.services import Unavailable, mongod

SECRET = "s3cret"  # noqa: S105 (of a server that lives a minute)


@dataclass
class Server:
    """A mongod that speaks TLS alone and knows one user."""

    port: int
    files: Certificates

    def url(self, host: str = "127.0.0.1", **options: object) -> str:
        asked = urlencode({"authSource": "admin", **options})
        return f"mongodb://ann:{SECRET}@{host}:{self.port}/tls?{asked}&{IMPATIENT}"

    def trusting(self, **more: object) -> str:
        return self.url(tls="true", tlsCAFile=self.files.authority, **more)

    def known(self, host: str = "127.0.0.1") -> str:
        """The URL with which all is well."""
        return self.trusting(host=host, tlsCertificateKeyFile=self.files.client, tlsCertificateKeyFilePassword=PASSWORD)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    try:
        return certificates(tmp_path_factory.mktemp("certificates"))
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, files: Certificates) -> Iterator[Server]:
    options = ["--tlsMode", "requireTLS", "--tlsCAFile", str(files.authority)]
    try:
        with mongod(tmp_path_factory.mktemp("tls"), *options, "--tlsCertificateKeyFile", str(files.server)) as service:
            found = Server(urlsplit(service.url).port or 0, files)
            with connect(found.known().replace(f"ann:{SECRET}@", "").replace("authSource=admin&", "")) as client:
                client.admin.command("createUser", "ann", pwd=SECRET, roles=["root"])
            yield found
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Iterator[Project]:
    """Published through TLS; a file waits for the next run."""
    found = made(tmp_path / "project", server.known())
    found.prepare()
    yield found
    with connect(server.known()) as client:
        client.drop_database("tls")


def test_runs_and_readers_go_through_tls(project: Project) -> None:
    assert shown(small.load(project.folder)) == project.before
    project.recover("over TLS")
    probes = [probe for probe in doctor.examine(lambda: small.load(project.folder)) if "sink" in probe.name]
    assert {probe.outcome for probe in probes} == {"ok"}


TRUST = "set tlsCAFile in the URL to the certificate of the CA"
UNREAD = "its certificates are PEM files which can be read here"

REFUSED: dict[str, tuple[Callable[[Server], str], str, str]] = {
    "no TLS": (lambda at: at.url(), "connection closed", "if it asks for TLS, add tls=true and tlsCAFile=…"),
    "no CA": (lambda at: at.url(tls="true"), "CERTIFICATE_VERIFY_FAILED", TRUST),
    "wrong CA": (lambda at: at.url(tlsCAFile=at.files.stranger), "CERTIFICATE_VERIFY_FAILED", TRUST),
    "other name": (lambda at: at.known("localhost"), "not valid for 'localhost'", "write the host into the URL as the"),
    "CA file away": (lambda at: at.url(tlsCAFile="/none.crt"), "No such file or directory: '/none.crt'", UNREAD),
    "CA file a folder": (lambda at: at.url(tlsCAFile=at.files.folder), "tlsCAFile=", UNREAD),
    "CA file no certificate": (lambda at: at.url(tlsCAFile=__file__), f"tlsCAFile={__file__}", UNREAD),
    "no certificate": (lambda at: at.trusting(), "connection closed", "add tlsCertificateKeyFile=…"),
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
    "neither true nor false": (
        lambda at: at.url(tls="yes"),
        "must be 'true' or 'false'",
        "options in the URL are right",
    ),
    "mistyped": (
        lambda at: at.url(tls="true", tlsCaFil="x"),
        "Unknown option: tlscafil",
        "options in the URL are right",
    ),
    "TLS and not": (lambda at: at.trusting(ssl="false"), "conflicting values", "options in the URL are right"),
}


@pytest.mark.parametrize(("url", "said", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_told_and_the_old_release_is_served(
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
    (probe,) = [found for found in doctor.examine(lambda: pipeline) if found.name.startswith("sink")]
    assert (probe.outcome, probe.said, probe.advice) == ("failure", error.message, error.hint)
    with pytest.raises(SinkError) as unread:
        shown(pipeline)
    assert str(unread.value) == str(error)
    everything = [str(error), error.run.model_dump_json(), pipeline.lake.runs()[0].model_dump_json(), caplog.text]
    assert not any(secret in text for text in everything for secret in (SECRET, PASSWORD))
    project.store_at(server.known())
    assert shown(small.load(project.folder)) == project.before
    project.recover(said)


def test_tls_to_a_server_without_it_is_told(mongodb_server: str, files: Certificates) -> None:
    sink = MongoDB(url=f"{mongodb_server}/tls?tlsCAFile={files.authority}&{IMPATIENT}")
    with pytest.raises(SinkError, match=r"\[SSL(.|\n)*if it does without TLS, leave tls=true out"):
        sink.active()
