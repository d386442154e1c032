"""What may not be inside what: layers, lakes and sources, however their places are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.locations import RESERVED
from medallion.errors import DeclarationError
from medallion.pipeline import Pipeline

YAML = """\
name: small
lake: {lake}
layers:
  bronze: {bronze}
  silver: {silver}
tables:
  bronze:
    customers: {{source: "{source}"}}
  silver:
    customers: {{from: bronze.customers}}
"""


def checked(
    folder: Path,
    *,
    lake: str = "lake",
    bronze: str = "raw",
    silver: str = "parquet",
    source: str = "data/customers.csv",
    more: str = "",
) -> list[str]:
    """What `check` says of a declaration, line by line."""
    folder.mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/customers.csv").write_text("id\n1\n")
    (folder / "medallion.yaml").write_text(
        YAML.format(lake=lake, bronze=bronze, silver=silver, source=source) + more
    )
    try:
        Pipeline.load(folder / "medallion.yaml")
    except DeclarationError as error:
        return str(error).splitlines()
    return []


def raw(path: str) -> str:
    return f"{{type: raw, path: '{path}'}}"


def parquet(path: str) -> str:
    return f"{{type: parquet, path: '{path}'}}"


@pytest.mark.parametrize(
    "source",
    [
        "data/customers.csv",
        "data/*.csv",
        "data/**/*.csv",
        "{folder}/data/customers.csv",
        "data/sub/*.csv",
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "data",
        "./data/",
        "data/../data",
        "{folder}/data",
        "file://{folder}/data",
        "link",
        "other/../link",
        ".",
    ],
)
def test_a_layer_may_not_hold_a_source(tmp_path: Path, path: str, source: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/link").symlink_to("data")
    (tmp_path / "p/other").mkdir()
    folder = str(tmp_path / "p")
    if path == ".":
        path = "{folder}"
    problems = checked(
        tmp_path / "p",
        bronze=raw(path.replace("{folder}", folder)),
        source=source.replace("{folder}", folder),
        lake=str(tmp_path / "lake"),
        more="sinks: {}\n",
    )
    assert len(problems) == 1
    assert "is inside layer 'bronze'" in problems[0]
    assert "medallion.yaml:" in problems[0]


@pytest.mark.parametrize(
    "source", ["s3://bucket/data/x.csv", "s3://bucket/data/*.csv", "s3://Bucket//data/**/*.csv"]
)
@pytest.mark.parametrize(
    "path",
    [
        "s3://bucket",
        "s3://bucket/",
        "s3://BUCKET/data",
        "s3://bucket/data/",
        "s3://bucket//data",
        "s3:///bucket",
    ],
)
@pytest.mark.parametrize("lake", ["lake", "s3://other/lake"])
def test_a_layer_on_s3_may_not_hold_a_source(
    tmp_path: Path, path: str, source: str, lake: str
) -> None:
    (problem,) = checked(tmp_path, lake=lake, silver=parquet(path), source=source)
    assert "is inside layer 'silver'" in problem


@pytest.mark.parametrize(
    "path",
    ["s3://bucket", "s3://bucket/", "s3://Bucket/a", "s3://bucket/a/lake/", "s3://bucket/a/"],
)
@pytest.mark.parametrize("lake", ["s3://bucket/a/lake", "s3://bucket/a//lake/"])
def test_a_layer_on_s3_may_not_hold_the_lake(tmp_path: Path, path: str, lake: str) -> None:
    problems = checked(tmp_path, lake=lake, silver=parquet(path))
    assert any(
        "which contains the lake itself" in problem or "give each its own folder" in problem
        for problem in problems
    )


@pytest.mark.parametrize(
    "url", ["S3://bucket/a", "s3a://bucket/a", "oss://bucket/a", "s3://", "s3:///", "FILE:///tmp/a"]
)
def test_a_place_that_cannot_be_opened_is_named(tmp_path: Path, url: str) -> None:
    assert any(
        f"{url} is neither a folder" in problem
        for problem in checked(tmp_path, silver=parquet(url))
    )
    source = f"{url.rstrip('/')}/x.csv" if "/a" in url else url
    assert any(
        f"{source} is neither a file" in problem for problem in checked(tmp_path, source=source)
    )


@pytest.mark.parametrize(
    "url", ["https://host/a", "gs://bucket/a", "az://box/a", "ftp://host/a", "zip://::data/a.zip"]
)
def test_no_layer_and_no_lake_is_where_files_are_only_read(tmp_path: Path, url: str) -> None:
    for problems in (checked(tmp_path, silver=parquet(url)), checked(tmp_path, lake=url)):
        assert any(f"{url} is only read from" in problem for problem in problems)


def test_an_archive_within_an_archive_is_refused(tmp_path: Path) -> None:
    source = "zip://*.csv::tar://in/a.zip::landing.tar.gz"
    (problem,) = checked(tmp_path, source=source)
    assert "is in an archive within an archive: unpack the outer one" in problem


@pytest.mark.parametrize("source", ["zip://*.csv::lake/bronze/a.zip", "zip://*.csv::oss://b/a.zip"])
def test_an_archive_has_a_place_like_any_source(tmp_path: Path, source: str) -> None:
    (problem,) = checked(tmp_path, source=source)
    assert "is inside layer 'bronze'" in problem or "is neither a file" in problem


@pytest.mark.parametrize(
    ("bronze", "source"),
    [
        ("data/bronze", "data/**/*.csv"),
        ("data/bronze", "data/**"),
        ("data/bronze", "data/*/*/*/*.csv"),
        ("data/bronze", "**/*.csv"),
        ("data/bronze", "data/bronze/../**/*.csv"),
    ],
)
def test_a_source_may_not_take_in_the_files_of_a_layer(
    tmp_path: Path, bronze: str, source: str
) -> None:
    problems = checked(tmp_path, bronze=raw(bronze), source=source)
    assert any(
        "files of layer 'bronze'" in problem or "is inside layer" in problem for problem in problems
    )


def test_the_lakes_own_folder_is_no_source(tmp_path: Path) -> None:
    assert any(
        "files of layer 'bronze'" in problem for problem in checked(tmp_path, source="**/*.csv")
    )
    assert any(
        "is inside layer 'bronze'" in problem
        for problem in checked(tmp_path, source="lake/bronze/x.csv")
    )


@pytest.mark.parametrize(
    ("bronze", "silver"),
    [
        ("files", "files"),
        ("files", "files/silver"),
        ("files/bronze", "files"),
        ("files", "./x/../files/"),
        ("files", "link"),
        ("s3://bucket/a", "s3://bucket/a/"),
        ("s3://bucket/a", "s3://bucket//a/b"),
        ("s3://bucket/a/b", "s3://bucket/x/../a"),
        ("lake/silver", ""),
    ],
)
def test_layers_have_folders_of_their_own(tmp_path: Path, bronze: str, silver: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "link").symlink_to("files")
    problems = checked(
        tmp_path, bronze=raw(bronze), silver=parquet(silver) if silver else "parquet"
    )
    assert len(problems) == 1
    assert "layers 'bronze' and 'silver' are at" in problems[0]


@pytest.mark.parametrize("path", ["lake", "lake/", "lake/../lake", "lake/runs", "lake/releases/x"])
def test_a_layer_keeps_away_from_the_records_of_the_lake(tmp_path: Path, path: str) -> None:
    problems = checked(tmp_path, silver=parquet(path))
    assert len(problems) == 1
    assert (
        "contains the lake itself" in problems[0] or "where the lake keeps records" in problems[0]
    )


@pytest.mark.parametrize("layer", [*RESERVED, "RUNS"])
def test_a_layer_may_not_have_the_name_of_a_folder_of_the_lake(tmp_path: Path, layer: str) -> None:
    (tmp_path / "customers.csv").write_text("id\n1\n")
    (tmp_path / "medallion.yaml").write_text(
        f"name: small\nlayers: {{{layer}: raw}}\ntables:\n  {layer}:\n    customers: {{source: customers.csv}}\n"
    )
    if layer.islower():
        with pytest.raises(
            DeclarationError, match=rf"layer '{layer}' would be in '{layer}', where the lake keeps"
        ):
            Pipeline.load(tmp_path / "medallion.yaml")
    else:
        Pipeline.load(tmp_path / "medallion.yaml")


@pytest.mark.parametrize("path", ["other", "other/silver", "around"])
def test_a_layer_may_not_be_in_or_around_another_lake(tmp_path: Path, path: str) -> None:
    other = tmp_path / ("around/lake" if path == "around" else "other")
    (other / "runs").mkdir(parents=True)
    (other / "current.json").write_text("{}")
    problems = checked(tmp_path, silver=parquet(path))
    assert len(problems) == 1
    assert f"{other} is another lake" in problems[0]


def test_a_lake_may_not_be_inside_another_lake(tmp_path: Path) -> None:
    (tmp_path / "other/runs").mkdir(parents=True)
    (tmp_path / "other/lake.json").write_text("{}")
    problems = checked(tmp_path, lake="other/mine")
    assert any("is inside another lake" in problem for problem in problems)


@pytest.mark.parametrize(
    "source", ["lake/*.json", "**/*.json", "lake/runs/*.csv", "./lake/releases/x.csv", "*/*"]
)
def test_a_source_may_not_take_in_records_of_the_lake(tmp_path: Path, source: str) -> None:
    problems = checked(tmp_path, source=source)
    assert any("records of the lake" in problem for problem in problems)
    assert all("medallion.yaml:" in problem for problem in problems)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("lake/bronze/serving.db", "is inside layer 'bronze'"),
        ("files/silver/x/serving.db", "is inside layer 'silver'"),
        ("lake/current.json", "where the lake keeps records"),
        ("lake/runs/serving.db", "where the lake keeps records"),
        ("lake", "where the lake keeps records"),
        ("data/customers.csv", "a file of the source"),
        ("link/customers.csv", "a file of the source"),
        ("lake/../other.db", "the database of sink 'other'"),
    ],
)
def test_the_file_of_a_database_is_apart_from_all_other_files(
    tmp_path: Path, url: str, message: str
) -> None:
    (tmp_path / "link").symlink_to("data")
    sinks = f"sinks:\n  other: {{url: sqlite:other.db}}\n  serving: {{url: 'sqlite:{url}'}}\n"
    problems = checked(tmp_path, silver=parquet("files/silver"), more=sinks)
    assert len(problems) == 1
    assert message in problems[0]
    assert "medallion.yaml:" in problems[0]


@pytest.mark.parametrize("url", ["lake/serving.db", "serving.db", "data/serving.db"])
def test_a_database_in_the_lake_or_in_the_folder_of_sources_is_fine(
    tmp_path: Path, url: str
) -> None:
    assert checked(tmp_path, more=f"sinks: {{serving: {{url: 'sqlite:{url}'}}}}\n") == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"bronze": raw("files/bronze"), "silver": parquet("files/silver")},
        {"source": "data/*.csv", "bronze": raw("data/bronze")},
        {"source": "*.csv"},
        {"lake": "."},
        {"lake": "data"},
        {"source": "lake/incoming/*.csv"},
        {"bronze": raw("s3://bucket/a"), "silver": parquet("s3://bucket/ab")},
        {"source": "**/*.csv", "lake": ".lake"},
    ],
    ids=str,
)
def test_what_is_apart_is_fine(tmp_path: Path, changes: dict[str, str]) -> None:
    assert checked(tmp_path, **changes) == []
