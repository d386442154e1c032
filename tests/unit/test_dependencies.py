"""What the extra `all` brings, and what it must not."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# No part of medallion needs them. prefect and pyiceberg depend on them, prefect-client and
# deltalake do not.
UNWANTED = {"sqlalchemy", "boto3", "prefect"}


def closure(requirement: str) -> dict[str, str]:
    """Every installed distribution that a requirement brings, with the one that brought it."""
    found: dict[str, str] = {}
    pending = [(Requirement(requirement), "")]
    seen: set[tuple[str, str]] = set()
    while pending:
        wanted, by = pending.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) in seen or (known := _installed(name)) is None:
                continue
            seen.add((name, extra))
            found.setdefault(name, by)
            for line in known.requires or ():
                each = Requirement(line)
                if each.marker is None or each.marker.evaluate({"extra": extra}):
                    pending.append((each, name))
    return found


def test_sqlalchemy_is_in_no_extra() -> None:
    brought = closure("medallion-lake[all]")
    assert {name: brought[name] for name in UNWANTED & brought.keys()} == {}
    assert {
        "s3fs",
        "pymongo",
        "psycopg",
        "pymysql",
        "dlt",
        "falcon",
        "panel",
        "prefect-client",
        "duckdb",
    } <= brought.keys()


def test_the_core_needs_no_package_of_an_extra() -> None:
    """What only S3, the API or the dashboard import is not installed with the core."""
    core = closure("medallion-lake").keys()
    assert not core & {
        "fsspec",
        "s3fs",
        "pymongo",
        "psycopg",
        "pymysql",
        "dlt",
        "falcon",
        "panel",
        "polars",
    }
    assert {"duckdb", "pyarrow", "pandas", "pydantic", "click"} <= core


def test_all_has_every_extra() -> None:
    known = distribution("medallion-lake")
    needs: dict[str, set[str]] = {}
    for line in known.requires or ():
        found = re.fullmatch(r"(.+); extra == ['\"](\w+)['\"]", line)
        if found:
            needs.setdefault(found[2], set()).add(found[1])
    assert {
        "s3",
        "mongodb",
        "postgres",
        "mysql",
        "dlt",
        "api",
        "panel",
        "prefect",
        "all",
    } <= needs.keys()
    assert set().union(*needs.values()) == needs["all"]


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
