"""Rows that break a rule with `on_fail: warn` are kept, counted and listed, as brute force finds."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from falcon.testing import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion import plugins
from medallion.cli import main
from medallion.contracts import RowExpectation
from medallion.records.quality import quality_of
from medallion_api.app import assemble
from medallion_panel.block_settings import Quality
from medallion_panel.blocks.quality import quality_html
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.example_counts import examples


class Record(NamedTuple):
    """A record of a file, with None for an empty field."""

    file: str
    record: int
    id: str | None
    name: str | None
    amount: int | None


Broken = Callable[[Sequence[Record]], Iterator[Record]]
OTHERS = ("a", "b", "e")


def each(test: Callable[[Record], bool]) -> Broken:
    """The records that a rule on single rows finds."""
    return lambda records: (record for record in records if test(record))


def repeated(records: Sequence[Record]) -> Iterator[Record]:
    """The records whose id an earlier one has."""
    ids = set[str]()
    for record in records:
        if record.id in ids:
            yield record
        if record.id is not None:
            ids.add(record.id)


RULES: Mapping[str, tuple[dict[str, Any], Broken]] = {
    "between": (
        {"between": {"amount": [2, 5]}},
        each(lambda record: record.amount is not None and not 2 <= record.amount <= 5),
    ),
    "expression": (
        {"expression": "amount > 1"},
        each(lambda record: record.amount is None or record.amount <= 1),
    ),
    "matches": (
        {"matches": {"name": "[a-c]"}},
        each(lambda record: record.name is not None and record.name not in "abc"),
    ),
    "not_null": ({"not_null": ["name", "id"]}, each(lambda record: None in record[2:4])),
    "one_of": (
        {"one_of": {"name": ["a", "d"]}},
        each(lambda record: record.name is not None and record.name not in "ad"),
    ),
    "references": (
        {"references": {"name": "silver.others.name"}},
        each(lambda record: record.name is not None and record.name not in OTHERS),
    ),
    "unique": ({"unique": "id"}, repeated),
}
# Rules that remove rows, with what they remove.
REMOVING: Mapping[str, tuple[dict[str, Any], Broken]] = {
    "drop": (
        {"expression": "name <> 'd'", "on_fail": "drop"},
        each(lambda record: record.name in (None, "d")),
    ),
    "quarantine": (
        {"between": {"amount": [0, 6]}, "on_fail": "quarantine"},
        each(lambda record: record.amount is not None and not 0 <= record.amount <= 6),
    ),
    "references": (
        {"references": {"id": "silver.others.id"}, "on_fail": "quarantine"},
        each(lambda record: record.id is not None and record.id not in "12"),
    ),
}


def write(folder: Path, file: str, rows: Sequence[tuple[str, str, str]]) -> None:
    lines = ["id,name,amount", *(",".join(row) for row in rows)]
    (folder / file).write_text("\n".join(lines) + "\n")


def pipeline(folder: Path, expect: list[dict[str, Any]]) -> md.Pipeline:
    """Two tables with the same rules: one computed by partitions, the other as a whole."""
    (folder / "others.csv").write_text("id,name\n" + "1,a\n2,b\n,e\n")
    rules = {"expect": expect}
    return md.Pipeline(
        md.Declaration.model_validate(
            {
                "name": "warned",
                "tables": {
                    "bronze": {"rows": {"source": "rows*.csv"}, "others": {"source": "others.csv"}},
                    "silver": {
                        "others": {"from": "bronze.others"},
                        "parts": {
                            "from": "bronze.rows",
                            "steps": [{"cast": {"amount": "integer"}}],
                            **rules,
                        },
                        "copy": {
                            "from": "bronze.rows",
                            "steps": [{"cast": {"amount": "integer"}}],
                        },
                        "whole": {"from": "silver.copy", **rules},
                    },
                },
                "sinks": {},
            }
        ),
        base=folder,
    )


def brute_force(
    files: Mapping[str, Sequence[tuple[str, str, str]]],
    warning: Sequence[str],
    removing: Sequence[str],
) -> set[tuple[str, int, str]]:
    """The records that are kept and break a rule, each with the rule."""
    records = [
        Record(file, number, id_ or None, name or None, int(amount) if amount else None)
        for file in sorted(files)
        for number, (id_, name, amount) in enumerate(files[file], 1)
    ]
    for rule in removing:
        removed = set(REMOVING[rule][1](records))
        records = [record for record in records if record not in removed]
    return {
        (record.file, record.record, rule) for rule in warning for record in RULES[rule][1](records)
    }


def check(lines: md.Pipeline, expected: set[tuple[str, int, str]]) -> None:
    """Both tables list and count the expected rows."""
    release = lines.lake.current()
    assert release is not None
    assert release.tables["silver.parts"].partitions
    assert not release.tables["silver.whole"].partitions
    for table in ("silver.parts", "silver.whole"):
        rows = lines.quarantine(table, warned=True)
        listed = [(row["file"], row["record"], row["rule"]) for row in rows.to_arrow().to_pylist()]
        assert len(listed) == len(rows) == len(expected)
        assert {*listed} == expected
        assert rows.inexact == ()
        (tally,) = release.tables[table].tallies
        counts = Counter[str]()
        for reason, count in tally.warned_reasons.items():
            counts[reason.split()[0]] += count
        assert counts == Counter(rule for *_, rule in expected)
        assert tally.warned == len({(file, record) for file, record, _ in expected})


field = st.sampled_from(["", "1", "2", "3", "7"])
row = st.tuples(field, st.sampled_from(["", "a", "b", "c", "d", "e"]), field)
rows = st.lists(row, min_size=1, max_size=6)


@given(
    rows,
    rows,
    rows,
    st.lists(st.sampled_from(sorted(RULES)), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(sorted(REMOVING)), max_size=2, unique=True),
    st.randoms(use_true_random=False),
)
@settings(max_examples=examples(6, 10))
def test_the_listed_rows_are_those_that_break_the_rules(
    first: list[tuple[str, str, str]],
    second: list[tuple[str, str, str]],
    changed: list[tuple[str, str, str]],
    warning: list[str],
    removing: list[str],
    random: Any,
) -> None:
    expect = [
        *({**RULES[rule][0], "on_fail": "warn"} for rule in warning),
        *(REMOVING[rule][0] for rule in removing),
    ]
    random.shuffle(expect)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {"rows1.csv": first, "rows2.csv": second}
        for file, content in files.items():
            write(folder, file, content)
        lines = pipeline(folder, expect)
        lines.run()
        check(lines, brute_force(files, warning, removing))
        files = {"rows0.csv": changed, "rows1.csv": first, "rows2.csv": [*second, *changed]}
        for file, content in files.items():
            write(folder, file, content)
        lines.run()
        expected = brute_force(files, warning, removing)
        check(lines, expected)
        lines.run(full=True)
        check(lines, expected)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_on_rows_lists_what_it_warns_of(rule: str, tmp_path: Path) -> None:
    content = [("1", "a", "1"), ("1", "", "7"), ("", "e", "3"), ("2", "d", ""), ("3", "c", "6")]
    files = {"rows1.csv": content, "rows2.csv": content[::-1]}
    for file, lines in files.items():
        write(tmp_path, file, lines)
    declared = pipeline(tmp_path, [{**RULES[rule][0], "on_fail": "warn"}])
    declared.run()
    expected = brute_force(files, [rule], [])
    assert expected
    check(declared, expected)
    # The rule is that of the release, also when the declaration has none any more.
    check(pipeline(tmp_path, []), expected)


def test_the_rules_are_all_of_medallion() -> None:
    own = {
        name
        for name, kind in plugins.loadable(plugins.EXPECTATIONS).items()
        if issubclass(kind, RowExpectation)
    }
    assert own == {*RULES}


def test_every_surface_has_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declaration = """\
name: warned
tables:
  bronze:
    rows: {source: rows.csv}
  gold:
    rows:
      from: bronze.rows
      expect:
        - {not_null: name, on_fail: warn}
        - {unique: id, on_fail: warn}
sinks:
  serving: {url: "sqlite:lake/serving.db"}
api: {why: true}
"""
    write(tmp_path, "rows.csv", [("1", "a", ""), ("1", "", ""), ("2", "", "")])
    (tmp_path / "medallion.yaml").write_text(declaration)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    run = pipeline.run()
    rules = {"not_null name": 2, "unique id": 1}
    release = pipeline.lake.current()
    assert release is not None
    quality = quality_of(release.tables["gold.rows"])
    assert (quality.kept, quality.warned, quality.warned_rules) == (3, 2, rules)
    rows = pipeline.quarantine(warned=True).to_arrow().to_pylist()
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["-C", str(tmp_path), "quarantine", "gold.rows", "--warned", "--json"])
    printed = json.loads(capsys.readouterr().out)
    api = assemble(pipeline)
    client = TestClient(api.app)
    served = client.simulate_get("/quarantine/gold.rows?warned=true").json["rows"]
    listed = [{**row, "row": json.loads(row["row"])} for row in rows]
    assert printed == served == listed
    (table,) = (
        each
        for each in client.simulate_get("/quality").json["tables"]
        if each["table"] == "gold.rows"
    )
    assert (table["warned"], table["warned_rules"]) == (2, rules)
    api.reading.store.close()
    html = quality_html(Quality(), release, Formats.of(Dashboard()))
    for rule, count in rules.items():
        assert f"Warning: gold.rows: {rule} <b>{count}</b>" in html
    assert "<th>warned</th>" in run._repr_html_()
