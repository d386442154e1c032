"""TLS of MySQL: what is refused, and what a server with certificates accepts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import ValidationError

from medallion.errors import SourceError, UnreachableError
from medallion.sources.sql.source import SqlSource
from tests.certificates import Certificates, certificates
from tests.mysql_statements import execute_mysql
from tests.services import Unavailable, mariadb
from tests.unit.sources.sql.test_postgres import pulled

CIPHER = "select variable_value <> '' as c from information_schema.session_status where variable_name = 'Ssl_cipher'"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ssl_mode=required", "unknown option 'ssl_mode' in the URL; did you mean 'ssl-mode'"),
        ("ssl-mode=on", "ssl-mode in the URL is one of disabled, preferred"),
        ("ssl-mode=required&ssl-ca=ca.pem", "ssl-ca in the URL is for ssl-mode verify_ca"),
    ],
)
def test_options_are_checked(query: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SqlSource(url=f"mysql://ann:s3cret-word@db/shop?{query}", table="orders")


def test_a_url_needs_a_database() -> None:
    with pytest.raises(ValidationError, match="write mariadb://HOST/DATABASE"):
        SqlSource(url="mariadb://ann:s3cret-word@db", table="orders")


@pytest.fixture(scope="module")
def files() -> Iterator[Certificates]:
    with TemporaryDirectory() as name:  # not pytest's: the server runs as another user
        folder = Path(name)
        try:
            known = certificates(folder)
        except Unavailable as reason:
            pytest.skip(str(reason))
        for file in folder.iterdir():
            file.chmod(0o644)
        folder.chmod(0o755)
        yield known


@pytest.fixture(scope="module")
def server(files: Certificates) -> Iterator[str]:
    options = (f"--ssl-{kind}={files.server}" for kind in ("cert", "key"))
    try:
        with mariadb(*options, f"--ssl-ca={files.authority}") as service:
            yield f"{service.url}/mysql"
    except Unavailable as reason:
        pytest.skip(str(reason))


def is_encrypted(url: str) -> bool:
    return pulled(SqlSource(url=url, query=CIPHER)).splitlines()[-1] == "1"


def test_a_connection_is_encrypted_as_its_mode_says(server: str, files: Certificates) -> None:
    assert is_encrypted(server)
    assert is_encrypted(f"{server}?ssl-mode=required")
    assert is_encrypted(f"{server}?ssl-ca={files.authority}")
    assert is_encrypted(f"{server}?ssl-mode=verify-ca&ssl-ca={files.authority}")
    assert not is_encrypted(f"{server}?ssl-mode=disabled")


def test_a_user_may_need_a_certificate(server: str, files: Certificates) -> None:
    execute_mysql(server, "create user c require x509", "grant select on *.* to c")
    url = server.replace("root", "c")
    with pytest.raises(SourceError, match="Access denied"):
        is_encrypted(url)
    assert is_encrypted(f"{url}?ssl-cert={files.server}&ssl-key={files.server}")
    with pytest.raises((SourceError, UnreachableError), match=r"Access denied|cannot be reached"):
        is_encrypted(f"{url}?ssl-cert={files.foreign}&ssl-key={files.foreign}")


def test_a_certificate_of_a_stranger_is_refused(server: str, files: Certificates) -> None:
    with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        is_encrypted(f"{server}?ssl-ca={files.stranger}")
    assert "set ssl-mode and ssl-ca" in caught.value.hint
    with pytest.raises(SourceError, match="No such file"):
        is_encrypted(f"{server}?ssl-ca=/nowhere.pem")


def test_a_server_without_tls_is_refused(mariadb_server: str) -> None:
    url = f"{mariadb_server}/mysql"
    assert not is_encrypted(url)
    with pytest.raises(SourceError, match="SSL") as caught:
        is_encrypted(f"{url}?ssl-mode=required")
    assert "ssl-mode" in caught.value.hint
