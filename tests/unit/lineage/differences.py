"""A difference between two releases with everything that can differ, for tests of its forms."""

from __future__ import annotations

from decimal import Decimal

from medallion.lineage.release_diff import (
    Cause,
    ColumnChange,
    ReleaseDiff,
    RowChange,
    TableDiff,
    ValueChange,
)

HOSTILE = "<b>|`x`\n*y*"
REVENUE = ValueChange(before="10.00", after="12.50", change=Decimal("2.50"), percent=25.0)
NEW = ValueChange(before=None, after=HOSTILE)
DIFF = ReleaseDiff(
    before="one",
    after="two",
    tables=(
        TableDiff(table="gold.same", status="unchanged"),
        TableDiff(
            table="gold.sales",
            status="changed",
            key=("country",),
            rows_before=1_000,
            rows_after=1_001,
            added=1,
            changed=3,
            causes=(Cause(table="bronze.sales", kind="file", name="a_b.csv", change="new"),),
            columns=(ColumnChange(name="note", before=None, after="text"),),
            sums={"revenue": REVENUE},
            rows=(
                RowChange(status="changed", key={"country": "France"}, values={"revenue": REVENUE}),
                RowChange(status="added", key={"country": HOSTILE}, values={"note": NEW}),
            ),
        ),
    ),
)
EQUAL = ReleaseDiff(before="one", after="two", tables=DIFF.tables[:1])
