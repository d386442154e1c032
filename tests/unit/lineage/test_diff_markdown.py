"""Differences as Markdown."""

from __future__ import annotations

from medallion.lineage.diff_markdown import markdown
from tests.unit.lineage.differences import DIFF, EQUAL

EXPECTED = r"""### Release one → two

1 of 2 tables differ.

| table | rows before | rows after | changed | added | removed |
| --- | ---: | ---: | ---: | ---: | ---: |
| gold.sales | 1,000 | 1,001 | 3 | 1 | 0 |

<details><summary>gold.sales: 3 rows changed, 1 row added</summary>

- because bronze.sales: file a\_b.csv new
- column note: new, text
- sum of revenue: 10.00 → 12.50 (+2.50, +25 %)

| row | country | values |
| --- | --- | --- |
| changed | country = France | revenue 10.00 → 12.50 (+2.50, +25 %) |
| added | country = \<b\>\|\`x\` \*y\* | note = \<b\>\|\`x\` \*y\* |

and 2 more rows

</details>
"""


def test_tables_reasons_sums_and_rows_without_markup_of_values() -> None:
    assert markdown(DIFF) == EXPECTED


def test_releases_without_differences() -> None:
    assert markdown(EQUAL) == "### Release one → two\n\nNo differences in 1 table.\n"
