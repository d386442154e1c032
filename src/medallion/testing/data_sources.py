"""The contract of sources that are pulled into files, as a test suite.

class TestMySource(DataSourceContract):
    @pytest.fixture
    def source(self):
        return MySource(...)  # with two records or more

    def change(self, source):
        ...  # adds a record, by another connection

A suite that can also overrides `absent`, a source of a table that does not exist.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from medallion import plugins
from medallion.contracts import DataSource, Format, Parsed, SourceItem
from medallion.errors import SourceError
from medallion.secrets import mask


class DataSourceContract:
    """The contract of a source. Provide the fixture `source`, and `change`, which adds a record."""

    @pytest.fixture
    def source(self) -> DataSource:
        raise NotImplementedError("give the suite a `source` fixture: with two records or more")

    @pytest.fixture
    def absent(self) -> DataSource:
        pytest.skip("override `absent`: a source of a table that does not exist")

    def change(self, source: DataSource) -> None:
        """Add a record to what the source reads."""
        raise NotImplementedError("override `change`: add a record to what the source reads")

    def test_its_label_is_for_people(self, source: DataSource) -> None:
        assert source.label
        assert mask(source.label) == source.label

    def test_a_look_names_each_file_once(self, source: DataSource) -> None:
        items = looked(source)
        assert len({item.name for item in items}) == len(items) > 0
        for item in items:
            assert mask(item.name) == item.name
            assert json.loads(json.dumps(item.cursor)) == item.cursor

    def test_the_same_records_give_the_same_bytes(self, source: DataSource) -> None:
        assert pulled(source) == pulled(source)

    def test_the_format_reads_the_pulled_files(self, source: DataSource, tmp_path: Path) -> None:
        assert sum(parsed.rows for parsed in parsed_files(source, tmp_path)) >= 2

    def test_a_connection_shows_one_moment(self, source: DataSource) -> None:
        with source.connect() as connection:
            items = source.look(connection, [])
            before = pull_all(source, connection)
            self.change(source)
            assert source.look(connection, []) == items
            assert pull_all(source, connection) == before
        assert pulled(source) != before

    def test_a_change_is_seen(self, source: DataSource) -> None:
        """By another token, by no token, or by a new file; of tokens that stay, nothing changed."""
        before, bytes_before = looked(source), pulled(source)
        self.change(source)
        after, bytes_after = looked(source, before), pulled(source)
        assert bytes_before != bytes_after
        known = {item.name: item.token for item in before}
        same = {item.name for item in after if item.token and item.token == known.get(item.name)}
        assert {item.name for item in after} - same
        for name in same & bytes_after.keys():
            assert bytes_after[name] == bytes_before[name]

    def test_a_pull_may_be_stopped(self, source: DataSource) -> None:
        expected = pulled(source)
        with source.connect() as connection:
            for item in source.look(connection, []):
                chunks = source.pull(connection, item)
                next(chunks)
                cast("Any", chunks).close()
                assert b"".join(source.pull(connection, item)) == expected[item.name]

    def test_a_pull_may_be_in_another_thread(self, source: DataSource) -> None:
        expected = pulled(source)
        with source.connect() as connection, ThreadPoolExecutor(1) as pool:
            assert pool.submit(pull_all, source, connection).result() == expected

    def test_an_absent_table_is_an_error_with_its_name(
        self, source: DataSource, absent: DataSource
    ) -> None:
        """One that a retry does not help against."""
        with pytest.raises(SourceError) as caught:
            pulled(absent)
        assert absent.label in caught.value.message
        assert caught.value.hint

    def test_after_an_error_the_connection_can_still_be_used(
        self, source: DataSource, absent: DataSource
    ) -> None:
        if absent.database != source.database:
            pytest.skip("the absent table is not of the same database")
        expected = pulled(source)
        with source.connect() as connection:
            with pytest.raises(SourceError):
                pull_all(absent, connection)
            assert pull_all(source, connection) == expected


def looked(source: DataSource, former: list[SourceItem] | None = None) -> list[SourceItem]:
    """The files that a new connection finds."""
    with source.connect() as connection:
        return list(source.look(connection, former or []))


def pulled(source: DataSource) -> dict[str, bytes]:
    """The bytes of all files, by name, over a new connection."""
    with source.connect() as connection:
        return pull_all(source, connection)


def pull_all(source: DataSource, connection: Any) -> dict[str, bytes]:
    """The bytes of all files, by name."""
    items = source.look(connection, [])
    return {item.name: b"".join(source.pull(connection, item)) for item in items}


def parsed_files(source: DataSource, folder: Path) -> list[Parsed]:
    """The files as the source's format reads them, in the order of their names."""
    import duckdb

    form = cast("Format", plugins.build(plugins.FORMATS, source.pulled_format))
    results = []
    for number, (name, data) in enumerate(sorted(pulled(source).items())):
        file = folder / f"{number}.pulled"
        file.write_bytes(data)
        with duckdb.connect() as connection:
            target = folder / f"{number}.parquet"
            results.append(form.parse(file, name, target, connection))
    return results
