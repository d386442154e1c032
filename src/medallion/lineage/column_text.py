"""The lineage of a column as text, and as a diagram in Mermaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from medallion.lineage.columns import ColumnLineage, LineageColumn
from medallion.lineage.table_lineage import ColumnName


def lines(lineage: ColumnLineage) -> Iterator[str]:
    """What a column is made of, as a tree down to source files, and what depends on it."""
    columns = {each.name: each for each in (lineage.column, *lineage.upstream)}
    yield from _tree(lineage.column, columns, "", set())
    if lineage.downstream:
        yield "is used for"
        yield from (f"  {each.name}" for each in lineage.downstream)
    if lineage.rows:
        yield "decides the rows of"
        yield from (f"  {table}" for table in lineage.rows)
    if lineage.uses:
        yield "is shown by"
        width = max(len(use.path) for use in lineage.uses)
        for use in lineage.uses:
            yield f"  {use.path:{width}}  {use.column}  {use.place}".rstrip()


def mermaid(lineage: ColumnLineage) -> str:
    """A flowchart from source files through columns to the places that show them."""
    columns = {each.name: each for each in (lineage.column, *lineage.upstream, *lineage.downstream)}
    numbers = {name: f"c{number}" for number, name in enumerate(columns)}
    result = ["flowchart LR"]
    result += [f'  {number}["{_escaped(str(name))}"]' for name, number in numbers.items()]
    for name, column in columns.items():
        label = "; ".join(each.text for each in column.derivation.expressions if each.text)
        label = label or column.derivation.unknown
        arrow = f'-->|"{_escaped(label)}"|' if label else "-->"
        for source in column.derivation.inputs:
            if source in numbers:
                result.append(f"  {numbers[source]} {arrow} {numbers[name]}")
        if column.files:
            result.append(f'  f{numbers[name]}[("{_escaped(column.files)}")] --> {numbers[name]}')
    for number, use in enumerate(lineage.uses):
        result.append(f'  {numbers[use.column]} --> u{number}(["{_escaped(use.path)}"])')
    return "\n".join(result)


def _tree(
    column: LineageColumn,
    columns: Mapping[ColumnName, LineageColumn],
    indent: str,
    shown: set[ColumnName],
) -> Iterator[str]:
    arrow = "← " if indent else ""
    again = "" if column.name not in shown or not column.derivation.inputs else "  (see above)"
    yield f"{indent[2:]}{arrow}{column.name}{f'  {column.type}' if column.type else ''}{again}"
    if again:
        return
    shown.add(column.name)
    for each in column.derivation.expressions:
        yield f"{indent}    {each.text or 'anything'}  ({each.step})"
    if column.derivation.unknown:
        yield f"{indent}    cannot be followed further than these tables"
    if column.files:
        yield f"{indent}  ← {column.files}"
    for name in column.derivation.inputs:
        if name in columns:
            yield from _tree(columns[name], columns, f"{indent}  ", shown)


def _escaped(text: str) -> str:
    for char, entity in (("#", "#35;"), ('"', "#quot;"), ("|", "#124;"), ("\n", " ")):
        text = text.replace(char, entity)
    return text
