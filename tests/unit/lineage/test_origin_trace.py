"""`medallion.lineage.origin_trace`: from a table of a release to records of source files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration
from medallion.errors import CallError
from medallion.lake.candidates import candidate


def pipeline(folder: Path, *, where: str = "true") -> md.Pipeline:
    """Two silver tables of one bronze table, and a gold table of both."""
    (folder / "a.csv").write_text("id,name\n1,a\n2,b\n3,a\n")
    large = {"from": "bronze.a", "steps": [{"filter": f"id <> '1' and {where}"}]}
    both = "select name, count(*) as n from (from small union all from large) group by name"
    tables: dict[str, Any] = {
        "bronze": {"a": {"source": "a.csv"}},
        "silver": {
            "small": {"from": "bronze.a", "steps": [{"filter": "id <> '3'"}]},
            "large": large,
        },
        "gold": {
            "both": {
                "from": {"small": "silver.small", "large": "silver.large"},
                "steps": [{"sql": both}],
            }
        },
    }
    declared = {"name": "two", "lake": "lake", "tables": tables}
    return md.Pipeline(Declaration.model_validate(declared), base=folder)


def records(origins: Any) -> list[int]:
    return [record for (record,) in origins.records().project("record").fetchall()]


def test_a_record_that_counted_by_two_tables_is_one_record(tmp_path: Path) -> None:
    two = pipeline(tmp_path)
    two.run()
    origins = two.why("gold.both")

    assert records(origins) == [1, 2, 3]
    assert records(two.why("gold.both", "name = 'b'")) == [2]
    assert len(origins.rows_of("silver.small")) == 2
    assert set(origins.tables) == {"bronze.a", "silver.small", "silver.large", "gold.both"}


def test_a_candidate_is_traced_by_its_name_and_by_its_release(tmp_path: Path) -> None:
    both = pipeline(tmp_path)
    both.run()
    (tmp_path / "a.csv").write_text("id,name\n1,a\n2,b\n3,a\n4,b\n")
    both.run(candidate="more")
    assert records(both.why("gold.both", "name = 'b'")) == [2]
    release = candidate(both.lake, "more").release.id
    for reference in ("more", release):
        assert records(both.why("gold.both", "name = 'b'", release=reference)) == [2, 4]
    with pytest.raises(CallError, match="gone"):
        both.why("gold.both", release="gone")


def test_an_earlier_release_is_traced_by_its_own_tables(tmp_path: Path) -> None:
    two = pipeline(tmp_path)
    first = two.run().release
    (tmp_path / "a.csv").write_text("id,name\n1,a\n")
    two.run()

    assert records(two.why("gold.both", "name = 'b'")) == []
    assert records(two.why("gold.both", "name = 'b'", release=first)) == [2]


def test_a_table_that_another_declaration_computed_is_named(tmp_path: Path) -> None:
    pipeline(tmp_path).run()
    origins = pipeline(tmp_path, where="name is not null").why("gold.both", "name = 'b'")

    assert [str(note) for note in origins.inexact] == [
        "silver.large: was computed by another declaration than this one; it reads bronze.a"
    ]
    assert records(origins) == [2]


def test_a_table_that_the_declaration_lacks_is_reported(tmp_path: Path) -> None:
    pipeline(tmp_path).run()
    declared = {"name": "two", "lake": "lake", "tables": {"bronze": {"a": {"source": "a.csv"}}}}
    other = md.Pipeline(Declaration.model_validate(declared), base=tmp_path)

    with pytest.raises(CallError, match=r"the declaration has no table 'gold.both'"):
        other.why("gold.both")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n": "abc"}, r"'n' is int64, which 'abc' is not"),
        ({"n": 2**70}, r"'n' is int64, which '\d+' is not"),
        ({"_rwo": 1}, r"^no column '_rwo'; there is n, name"),
        ({"_row": 1}, r"^no column '_row'; there is n, name"),
        ({"nme": 1}, r"no column 'nme'; did you mean 'name'"),
    ],
)
def test_values_that_no_row_can_have_are_refused(
    tmp_path: Path, values: dict[str, object], message: str
) -> None:
    two = pipeline(tmp_path)
    two.run()

    with pytest.raises(CallError, match=message):
        two.why("gold.both", values)
    assert two.why("gold.both", {"n": None}).rows == 0


def test_nothing_is_spilled_into_the_working_directory(tmp_path: Path) -> None:
    two = pipeline(tmp_path)
    two.run()
    setting = "select current_setting('temp_directory')"
    ((folder,),) = two.why("gold.both")._tables.rows(setting)

    assert Path(folder).parent == Path(tempfile.gettempdir())
    assert not Path(folder).exists()
