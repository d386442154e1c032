"""The rules for column names, which all source formats share."""

from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.formats.column_names import check_names, clean_name


@pytest.mark.parametrize("text", ["id", " id ", "\ufeffid", "\ufeff id\u200b", "\u2060id\u200d "])
def test_surrounding_spaces_and_invisible_characters_are_removed(text: str) -> None:
    assert clean_name(text) == "id"


def test_what_is_inside_a_name_is_kept() -> None:
    assert clean_name("first\u200d name") == "first\u200d name"


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        (["id", " "], "a.csv: column 2 of 2 has no name"),
        (["id", "_Row"], "a.csv: the column name '_Row' is reserved"),
        (["id", "n", "id"], "a.csv: duplicate column name 'id'$"),
        (["id", "ID"], r"a.csv: duplicate column name 'ID' \(also 'id': case is ignored\)"),
        (["straße", "STRASSE"], "a.csv: duplicate column name 'STRASSE'"),
    ],
)
def test_a_missing_reserved_or_duplicate_name_is_refused(columns: list[str], fault: str) -> None:
    with pytest.raises(SourceError) as caught:
        check_names("a.csv", columns, " or skip it")
    assert caught.match(fault) if "$" not in fault else caught.value.message == fault[:-1]
    assert caught.value.hint.endswith(" in the file or skip it")


def test_other_names_are_accepted() -> None:
    check_names("a.csv", ["id", "ID 2", "_origin2"])
