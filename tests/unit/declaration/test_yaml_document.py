"""Reading medallion.yaml: places, scalars, variables, and every way a file can be wrong."""

from __future__ import annotations

import json
import math
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from medallion.declaration import yaml_syntax
from medallion.declaration.yaml_document import Document, dotted, read
from medallion.errors import DeclarationError
from medallion.secrets import mask

Reader = Callable[..., Document]

SHOP = """\
name: shop
tables:
  silver:
    purchases:
      from: bronze.purchases
      steps:
        - trim
        - cast: {amount: decimel}
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.chdir(tmp_path)

    def load(
        text: str, environment: Mapping[str, str] | None = None, dotenv: str | None = None
    ) -> Document:
        Path("medallion.yaml").write_text(text, encoding="utf-8")
        if dotenv is not None:
            Path(".env").write_text(dotenv, encoding="utf-8")
        return read(Path("medallion.yaml"), {} if environment is None else environment)

    return load


def problems(load: Reader, text: str, **options: Any) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        load(text, **options)
    return [str(problem) for problem in caught.value.problems]


def test_data_is_plain(load: Reader) -> None:
    assert load(SHOP).data == {
        "name": "shop",
        "tables": {
            "silver": {
                "purchases": {
                    "from": "bronze.purchases",
                    "steps": ["trim", {"cast": {"amount": "decimel"}}],
                }
            }
        },
    }


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), "1:1", "1:1"),
        (("name",), "1:7", "1:1"),
        (("tables", "silver", "purchases"), "5:7", "4:5"),
        (("tables", "silver", "purchases", "steps"), "7:9", "6:7"),
        (("tables", "silver", "purchases", "steps", 0), "7:11", "7:11"),
        (("tables", "silver", "purchases", "steps", 1, "cast", "amount"), "8:26", "8:18"),
        (("tables", "silver", "purchases", "steps", 7, "cast"), "7:9", "6:7"),
        (("tables", "silver", "purchases", "expect", 0), "5:7", "4:5"),
        (("sinks",), "1:1", "1:1"),
    ],
)
def test_places(load: Reader, path: tuple[str | int, ...], value: str, key: str) -> None:
    document = load(SHOP)
    assert document.place(path) == f"medallion.yaml:{value}"
    assert document.place(path, key=True) == f"medallion.yaml:{key}"


def test_columns_count_characters_not_bytes(load: Reader) -> None:
    assert load("{é€𝄞: 1, b: 2}").place(["b"]) == "medallion.yaml:1:13"


def test_a_file_elsewhere_is_named_in_full(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text("a: 1")
    assert read(file, {}).place(["a"]) == f"{file}:1:4"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[
            (word, word)
            for word in (
                "no",
                "NO",
                "on",
                "y",
                "off",
                "12:30",
                "1:30:00",
                "2024-01-01",
                "1_000",
                "0b11",
            )
        ],
        *[
            (word, word)
            for word in (
                "tRUE",
                "nULL",
                "1e",
                "e5",
                ".",
                "+",
                "-1-",
                "0o8",
                "0xg",
                "=",
                "nan",
                "inf",
                "١",
            )
        ],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("null", "Null", "NULL", "~", "")],
        *[("12", 12), ("-12", -12), ("+12", 12), ("017", 17), ("0o17", 15), ("0xfF", 255)],
        *[("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-1e3", -1000.0), ("1.5E-2", 0.015)],
        *[(".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf)],
        *[('"12"', "12"), ("'true'", "true"), ("!!str 12", "12"), ("|-\n  12", "12")],
    ],
)
def test_scalars(load: Reader, text: str, value: object) -> None:
    found = load(f"a: {text}\n").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_not_a_number(load: Reader) -> None:
    assert all(math.isnan(item) for item in load("a: [.nan, .NaN, .NAN]").data["a"])


def test_without_the_c_parser(load: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    resolvers = {"yaml_implicit_resolvers": vars(yaml_syntax._Loader)["yaml_implicit_resolvers"]}
    slow = type("Slow", (yaml.SafeLoader,), resolvers)
    monkeypatch.setattr(yaml_syntax, "_Loader", slow)
    document = load("a: no\nb: [1, {c: '1'}]\n")
    assert document.data == {"a": "no", "b": [1, {"c": "1"}]}
    assert document.place(["b", 1, "c"]) == "medallion.yaml:2:12"
    assert problems(load, "a:\n\tb: 1") == [
        "medallion.yaml:2:1: a tab where only spaces are allowed; indent with spaces"
    ]


def test_anchors_and_merge_keys(load: Reader) -> None:
    document = load(
        "base: &base {keep: last, key: id}\nmore: &more {key: other, limit: 1}\n"
        "one: {key: own, <<: *base}\ntwo: {<<: [*base, *more]}\nsame: *base\n'<<': text\n"
    )
    assert document.data["one"] == {"keep": "last", "key": "own"}
    assert document.data["two"] == {"keep": "last", "key": "id", "limit": 1}
    assert document.data["same"] == document.data["base"]
    assert document.data["<<"] == "text"
    assert document.place(["one", "keep"]) == "medallion.yaml:1:20"
    assert document.place(["one", "key"]) == "medallion.yaml:3:12"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: a: duplicate key; the first is at medallion.yaml:1:1"),
        ("x:\n  a: 1\n  'a': 2\n", "3:3: x.a: duplicate key; the first is at medallion.yaml:2:3"),
        ("x:\n  1: a\n", "2:3: x: the key 1 is not text; put it in quotes"),
        ("true: x\n", "1:1: the key true is not text; put it in quotes"),
        ("~: x\n", "1:1: the key ~ is not text; put it in quotes"),
        ("? [a]\n: 1\n", "1:3: a key must be text"),
        ("a: &a [*a]\n", "1:4: a[0]: this anchor contains an alias of itself"),
        ("a: &a {<<: *a}\n", "1:4: a: this anchor contains an alias of itself"),
        ("<<: 3\n", "1:5: <<: `<<` takes a mapping, or a list of mappings"),
        ("a: !!int 3\n", "1:4: a: the tag !!int is not supported; write the value without it"),
        (
            "a: !!python/object/apply:os.system [x]\n",
            "1:4: a: the tag !!python/object/apply:os.system is not supported; write the value without it",
        ),
    ],
)
def test_what_cannot_be_read(load: Reader, text: str, problem: str) -> None:
    assert problems(load, text) == [f"medallion.yaml:{problem}"]


def test_nested_too_deeply(load: Reader) -> None:
    assert problems(load, "a: " + "[" * 900 + "]" * 900) == [
        "medallion.yaml: this is nested too deeply"
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${R:-10}", 10),
        ("'${R:-10}'", "10"),
        ("${SET}", 7),
        ("'${SET}'", "7"),
        ("1${SET}", 17),
        ("x-${SET}-${R:-d}", "x-7-d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY}", None),
        ("'${EMPTY}'", ""),
        ("${R:-}", None),
        ("${R:-./lake}", "./lake"),
        ("${R:-sqlite:lake/a.db}", "sqlite:lake/a.db"),
        ("$${SET}", "${SET}"),
        ("$SET {SET} $$", "$SET {SET} $$"),
        ("|-\n  select ${SET}", "select 7"),
        ("[0, '${SET}']", [0, "7"]),
        ("${NESTED}", "${SET}"),
        ("${STRUCTURE}", "x\nb: [1, 2]"),
        ("${NO}", "no"),
    ],
)
def test_variables(load: Reader, text: str, value: object) -> None:
    environment = {
        "SET": "7",
        "EMPTY": "",
        "NESTED": "${SET}",
        "STRUCTURE": "x\nb: [1, 2]",
        "NO": "no",
    }
    assert load(f"a: {text}\n", environment).data == {"a": value}


def test_keys_are_not_filled(load: Reader) -> None:
    assert load("'${A}': 1", {"A": "b"}).data == {"${A}": 1}


def test_all_unset_variables_at_once(load: Reader) -> None:
    found = problems(load, "a: ${A}\nb: [1, 'x${B}']\nc: &c ${C}\nd: *c\ne: ${E:-${F}\nf: ${1}\n")
    assert found[0] == (
        "medallion.yaml:1:4: a: ${A} is not set; set it in the environment or in .env next to this file, "
        "or give a default: ${A:-…}"
    )
    malformed = (
        "`${` begins a variable: `${NAME}` or `${NAME:-default}`; write `$${` for the text itself"
    )
    assert [line.split(" is not set")[0] for line in found[1:]] == [
        "medallion.yaml:2:8: b[1]: ${B}",
        "medallion.yaml:3:4: c: ${C}",
        f"medallion.yaml:5:4: e: {malformed}",
        "medallion.yaml:5:4: e: ${F}",
        f"medallion.yaml:6:4: f: {malformed}",
    ]


def test_the_process_environment_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_PROBE", "here")
    (tmp_path / "m.yaml").write_text("a: ${MEDALLION_PROBE}")
    assert read(tmp_path / "m.yaml").data == {"a": "here"}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("V=plain", "plain"),
        ("  export V = spaced out  # comment", "spaced out"),
        ("V=a#b", "a#b"),
        ("V=", ""),
        ("V= # only a comment", ""),
        ("V='single # \\n'", "single # \\n"),
        ('V="double \\"x\\" \\n \\\\ $A" # comment', 'double "x" \n \\ $A'),
        ("V=first\nV=second", "second"),
        ("# comment\n\nV=x\r\n", "x"),
        ("\ufeffV=x", "x"),
        ("V=a=b==", "a=b=="),
    ],
)
def test_dotenv(load: Reader, line: str, value: str) -> None:
    assert load("a: '${V}'", dotenv=line).data == {"a": value}


def test_the_environment_wins_over_dotenv(load: Reader) -> None:
    assert load("a: ['${V}', '${W}']", {"V": "", "X": "1"}, "V=file\nW=file").data == {
        "a": ["", "file"]
    }


def test_dotenv_problems_come_with_the_others_and_show_no_value(load: Reader) -> None:
    found = problems(
        load, "a: ${A}\n", dotenv='OK=1\nhunter2\nP=\'hunter2\nQ="hunter2" x\n1A=hunter2\n'
    )
    assert found[:4] == [
        ".env:2:1: this line is neither NAME=value nor a # comment",
        ".env:3:1: the quote of P is not closed, or text follows it",
        ".env:4:1: the quote of Q is not closed, or text follows it",
        ".env:5:1: this line is neither NAME=value nor a # comment",
    ]
    assert found[4].startswith("medallion.yaml:1:4: a: ${A} is not set")
    assert "hunter2" not in "".join(found)


def test_dotenv_that_is_no_text(load: Reader) -> None:
    Path(".env").write_bytes(b"\xff")
    assert problems(load, "a: 1") == [".env:1:1: the file cannot be read (UnicodeDecodeError)"]


def test_values_of_secret_names_are_registered(load: Reader) -> None:
    environment = {
        "S3_SECRET": "one-1",
        "api_token": "two-2",
        "DB_PASS": "abc",
        "USER_NAME": "anna",
        "UNUSED_KEY": "three",
        "MINIO_CREDENTIALS": "four",
        "DB_PASSWORD": "five-5",
        "S3_KEY": "",
        "PWD": "/home/anna",
        "SSL_KEY_FILE": "/etc/key.pem",
    }
    load("d: ${OTHER_KEY:-public}", environment, "DB_PASSWORD=other\nDOTENV_KEY=sixth")
    assert (
        mask("one-1 two-2 abc anna three four five-5 sixth public")
        == "*** *** abc anna *** *** *** *** public"
    )
    assert mask("/home/anna /etc/key.pem") == "/home/anna /etc/key.pem"


def test_settings_with_secret_names_are_registered(load: Reader) -> None:
    load("sinks: {a: {password: hunter2, tables: {t: {key: customer, token: VARCHAR}}}}", {})
    assert mask("hunter2 customer VARCHAR") == "*** customer VARCHAR"


def test_credentials_of_urls_are_registered_wherever_they_stand(load: Reader) -> None:
    load(
        "lake: ${A}\nsinks: {a: {url: 'mongodb://ann:pass\"word@host/db'}}",
        {"A": "s3://k:sw0rdfish@b/x"},
    )
    assert mask('sw0rdfish pass"word') == "*** ***"


def test_dotted() -> None:
    assert (
        dotted(("tables", "silver", "purchases", "steps", 1, "cast"))
        == "tables.silver.purchases.steps[1].cast"
    )
    assert dotted(()) == ""


_TEXT = st.text((set(string.printable) | set("é€𝄞")) - {"$"}, max_size=8)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | _TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    )
)
def test_json_is_read_unchanged(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(json.dumps({"a": value}, ensure_ascii=False), encoding="utf-8")
    assert read(file, {}).data == {"a": value}


def test_a_setting_of_a_format_may_be_called_null(load: Reader) -> None:
    for text in ("{csv: {null: [NA]}}", "{type: csv, null: [NA]}"):
        document = load(f"tables: {{bronze: {{t: {{source: x.csv, format: {text}}}}}}}\n")
        assert "null" in str(document.data)
    with pytest.raises(DeclarationError, match="the key null is not text"):
        load("tables: {silver: {t: {from: x, steps: [{map_values: {a: {null: x}}}]}}}\n")
