"""The lineage of a column as a tree and as a diagram."""

from __future__ import annotations

from medallion.lineage.column_text import lines, mermaid
from medallion.lineage.columns import ColumnLineage, LineageColumn, Use
from medallion.lineage.table_lineage import ColumnName, Derivation, StepExpression

GOLD, SILVER, BRONZE = (ColumnName(layer, "a") for layer in ("gold.t", "silver.t", "bronze.t"))
LINEAGE = ColumnLineage(
    LineageColumn(
        SILVER, "int64", Derivation((BRONZE,), (StepExpression("steps[0].cast", "cast"),))
    ),
    upstream=(LineageColumn(BRONZE, "text", Derivation(), "*.csv"),),
    downstream=(
        LineageColumn(
            GOLD, "int64", Derivation((SILVER,), (StepExpression("steps[0].sql", '"a" | 1'),))
        ),
    ),
    rows=("gold.u",),
    uses=(Use("api.endpoints./t", "medallion.yaml:9:3", GOLD),),
)


def test_a_tree_goes_down_to_files_and_lists_what_depends_on_the_column() -> None:
    assert list(lines(LINEAGE)) == [
        "silver.t.a  int64",
        "    cast  (steps[0].cast)",
        "← bronze.t.a  text",
        "    ← *.csv",
        "is used for",
        "  gold.t.a",
        "decides the rows of",
        "  gold.u",
        "is shown by",
        "  api.endpoints./t  gold.t.a  medallion.yaml:9:3",
    ]


def test_a_diagram_leads_from_files_to_uses() -> None:
    assert mermaid(LINEAGE).splitlines() == [
        "flowchart LR",
        '  c0["silver.t.a"]',
        '  c1["bronze.t.a"]',
        '  c2["gold.t.a"]',
        '  c1 -->|"cast"| c0',
        '  fc1[("*.csv")] --> c1',
        '  c0 -->|"#quot;a#quot; #124; 1"| c2',
        '  c2 --> u0(["api.endpoints./t"])',
    ]
