"""No secret is shown, whatever it contains and however it was encoded."""

from __future__ import annotations

import html
import io
import json
import logging
import pickle
import re
import shlex
import string
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from medallion.errors import DeclarationError, MedallionError, Problem
from medallion.records import Run, StepRun, Tally
from medallion.secrets import (
    SECRETS,
    MaskingFilter,
    mask,
    mask_all,
    masked_logger,
    scrub,
    unclear_credentials,
)

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("'\"<>\\@/%&?#:+ ${}`=;|é€𝄞\n\t"),
        st.sampled_from(string.ascii_letters + string.digits),
    ),
    min_size=4,
    max_size=16,
)
_HOSTS = r"\d*(?:,[\w.%-]*(?::\d*)?)*"
# More hosts and ports, a path, and options; the value of the last one ends before the `@`.
READ_AS_OPTIONS = re.compile(
    rf"{_HOSTS}(?:[/#][^@?]*)?\?(?:[^@&;=]*(?:=[^&;]*)?[&;])*[^@&;=]*=[^&;]*"
)
ENCODERS: list[Callable[[str], str]] = [
    str,
    lambda text: quote(text),
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="").lower() if text.islower() else quote(text, safe=""),
    quote_plus,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: ascii(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
    html.escape,
    shlex.quote,
    lambda text: text.replace("'", "''"),
    lambda text: text.replace("\\", "\\\\").replace('"', '\\"'),
]


@settings(max_examples=50)
@given(HOSTILE, st.sampled_from(ENCODERS), st.booleans())
@example("00'0", ENCODERS[12], False)
@example("0''$$0", ENCODERS[12], False)
def test_a_secret_is_masked_in_every_encoding(
    secret: str, encode: Callable[[str], str], percent: bool
) -> None:
    SECRETS.clear()
    SECRETS.add(secret)
    twice = (
        [] if encode is shlex.quote else [encode(secret)]
    )  # a quote of a shell's quote is five characters
    for inner in (quote(secret, safe="") if percent else secret, *twice):
        masked = mask(f"[{encode(inner)}]")
        assert re.fullmatch(r"""\[[\\"']*\*\*\*[\\"']*\]""", masked), (
            masked
        )  # a shell's quotes may stay


@given(HOSTILE, st.sampled_from(ENCODERS), st.sampled_from(["", "?x=1", "?authSource=admin&w=1"]))
def test_the_password_of_a_url_is_masked_as_written_and_as_meant(
    password: str, encode: Callable[[str], str], query: str
) -> None:
    for written in (password, quote(password, safe=""), quote(quote(password, safe=""), safe="")):
        SECRETS.clear()
        SECRETS.add_url(f"mongodb://anna:{written}@db.example.org:27017/shop{query}")
        if "\n" not in password and not (
            READ_AS_OPTIONS.fullmatch(password) and written == password
        ):
            assert encode(password) not in mask(f"[{encode(password)}]").replace("***", "")
            basic = b64encode(f"anna:{password}".encode()).decode().rstrip("=")
            assert basic not in mask(f"Authorization: Basic {basic}==")


@given(
    HOSTILE,
    st.sampled_from(["tlsCertificateKeyFilePassword", "password", "access_token", "apiKey"]),
)
def test_secret_options_of_a_url_are_masked(value: str, name: str) -> None:
    SECRETS.clear()
    assume("=" not in value)
    for written in (value, quote(value, safe="")):
        SECRETS.add_url(f"mongodb://host/shop?{name}={written}&w=1")
        assert mask(f"[{value}]") == "[***]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mongodb://anna:pa55@host:27017/shop?x=1", "mongodb://anna:***@host:27017/shop?x=1"),
        (
            "mongodb+srv://a:b@h1,h2 and s3://k:s@bucket/x",
            "mongodb+srv://a:***@h1,h2 and s3://k:***@bucket/x",
        ),
        ("redis://:pw@host", "redis://:***@host"),
        ("http://u:p@ss@host/path@x", "http://u:***@host/path@x"),
        ("http://u:a/b@host", "http://u:***@host"),
        ('{"url":"http://u:p@h","mail":"x@y"}', '{"url":"http://u:***@h","mail":"x@y"}'),
        ("http://u:123@host", "http://u:***@host"),
        ("http://u:12/b@host", "http://u:***@host"),
        ("http://host:8080/x?y=1", "http://host:8080/x?y=1"),
        ("http://host:8080", "http://host:8080"),
        ("http://user@host", "http://user@host"),
        ("mail me: a@b", "mail me: a@b"),
        ("the long-secret and the long", "the *** and the ***"),
        ("abc", "abc"),
        ("x?tlsCertificateKeyFilePassword=pw&w=1", "x?tlsCertificateKeyFilePassword=***&w=1"),
        ("x?tlsCertificateKeyFile=/etc/key.pem", "x?tlsCertificateKeyFile=/etc/key.pem"),
    ],
)
def test_what_nobody_registered_is_masked_by_its_place(text: str, masked: str) -> None:
    SECRETS.add("long", "long-secret", "abc", "", None)
    assert mask(text) == masked


@given(
    st.text(set(string.printable) - set("/@\"'<>" + string.whitespace)),
    st.sampled_from(["", " ", ", ", "/db", ":27017/db?x=1"]),
)
def test_no_unregistered_password_passes(password: str, after: str) -> None:
    SECRETS.clear()
    assert mask(f"mongodb://anna:{password}@host{after}") == f"mongodb://anna:***@host{after}"


def test_overlapping_secrets_leave_nothing() -> None:
    SECRETS.add("abcd", "cdef", "efgh")
    assert mask("-abcdefgh-abcd-") == "-***-***-"


def test_a_short_password_is_masked_in_its_url_alone() -> None:
    SECRETS.add_url("mongodb://ann:a'b@host/db")
    assert mask("mongodb://ann:a'b@host/db, a'b") == "mongodb://ann:***@host/db, a'b"


def test_parts_of_a_raw_password_that_a_parser_may_show_are_masked() -> None:
    SECRETS.add_url("mongodb://ann:hunter2@sword/fish@host:27017/db")
    shown = mask("sword:27017: name not known; database fish@host; hunter2")
    assert shown == "***:27017: name not known; database ***@host; ***"


@pytest.mark.parametrize(
    ("url", "unclear"),
    [
        ("mongodb://ann:p%40ss@host/db?authMechanismProperties=a:b@c", False),
        ("mongodb://ann@host/db", False),
        ("mongodb://host:1,other:2/db?tlsCertificateKeyFilePassword=a@b", False),
        ("sqlite:lake/a@b.db", False),
        ("mongodb://ann:p@ss@host/db", True),
        ("mongodb://ann:p/ss@host/db", True),
        ("mongodb://ann:12/ss@host/db", True),
        ("mongodb://ann:p@ss/w@host/db", True),
        ("mongodb://ann:p@s?w@host/db?x=1", True),
        ("mongodb://ann:p:ss@host/db", True),
        ("mongodb://ann:p?w=1@host/db", True),
        ("mongodb://ann:1:?=@host/db", True),
        ("mongodb://ann:[1]?w=1@host/db", True),
        ("mongodb://ann:1?w=1@host/db", False),
        ("mongodb://ann@[::1]:27017,other/db?x=a@b", False),
        ("mongodb://%2Ftmp%2Fmongodb.sock/db?x=a@b", False),
    ],
)
def test_credentials_that_a_parser_would_misread(url: str, unclear: bool) -> None:
    assert unclear_credentials(url) is unclear


def test_errors_mask_themselves_and_survive_pickling() -> None:
    SECRETS.add("hunter2")
    error = MedallionError("got hunter2", hint="not hunter2")
    assert (error.message, error.hint, error.args) == ("got ***", "not ***", ("got ***",))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 (our own)
    wrong = DeclarationError([Problem("f:1:1", "a", "hunter2 is no number")])
    assert "hunter2" not in f"{wrong} {wrong.problems}"


def test_records_mask_their_free_text_and_nothing_else() -> None:
    SECRETS.add("gold.t", "hunter2")
    tally = Tally(label="", rows_in=1, kept=0, dropped=1, rows_out=0, reasons={"x = 'hunter2'": 1})
    texts = {"why": "hunter2", "warnings": ["hunter2"], "drift": ["hunter2"], "error": "hunter2"}
    step = StepRun.model_validate(
        {"table": "gold.t", "action": "failed", "tallies": [tally], **texts}
    )
    run = Run(id="r", pipeline="p", status="failed", started="2026-01-01T00:00:00Z", steps=(step,))  # type: ignore[arg-type]
    written = run.model_copy(update={"error": "late hunter2"}).model_dump_json()
    assert "hunter2" not in written
    assert '"table":"gold.t"' in written


def test_log_records_are_masked_with_their_traceback() -> None:
    SECRETS.add("hunter2")
    stream = io.StringIO()
    logger = masked_logger("medallion.test_secrets")
    assert masked_logger("medallion.test_secrets") is logger
    assert sum(isinstance(known, MaskingFilter) for known in logger.filters) == 1
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        raise ValueError("hunter2 inside")
    except ValueError:
        logger.exception("failed with %s", "hunter2")
    finally:
        logger.removeHandler(handler)
    assert "ValueError: *** inside" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_exceptions_of_libraries_are_scrubbed_with_their_causes() -> None:
    SECRETS.add("hunter2")
    cause = OSError(5, "hunter2", "file")
    error = ValueError("hunter2", 1)
    error.__cause__ = cause
    scrub(error)
    assert (error.args, cause.args[1]) == (("***", 1), "***")


def test_nested_values_are_masked() -> None:
    SECRETS.add("hunter2")
    assert mask_all({"hunter2": ["hunter2", 1, ("hunter2",)]}) == {"hunter2": ["***", 1, ("***",)]}


@pytest.mark.parametrize("prefix", ["ghp_", "ghs_", "github_pat_"])
def test_a_token_of_github_is_masked_anywhere(prefix: str) -> None:
    token = f"{prefix}{'aB3' * 12}"
    url = f"github://x-access-token:{token}@shop/orders/*.csv"
    assert mask(f"{url}: {token}") == "github://x-access-token:***@shop/orders/*.csv: ***"
    assert mask("the column ghp_total") == "the column ghp_total"


def test_the_repository_of_a_github_url_is_shown() -> None:
    url = "github://shop:orders@main/in/a.csv"
    SECRETS.add_url(url)
    assert mask(f"{url}: orders; https://ann:s3cret@host/in") == (
        f"{url}: orders; https://ann:***@host/in"
    )
    assert not unclear_credentials("github://shop:orders@more/in/b@2.csv")
