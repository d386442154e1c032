"""`deduplicate`: keep one row of each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts import ROW, Inputs, Scope, Transform, literal, quote, require
from medallion.transforms.expressions import Names, SomeNames, columns_sql, order_sql, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Deduplicate(Transform):
    """Keeps one row of each key and sets the others aside: exact duplicates and conflicting ones apart.

    `key` is a column or several; a row that lacks a part of its key is no duplicate and stays. `keep` says
    which row stays, the `first` or the `last` in the order of `order_by` (`-column` descends; a row
    that lacks the value never wins against one that has it), and among equals in the order of the files.

    ```yaml
    steps:
      - deduplicate: {key: purchase_id, keep: last}
      - deduplicate: {key: [client_id, day], keep: first, order_by: [-updated_at]}
    ```

    Errors: StepError when a column is missing.
    """

    name = "deduplicate"
    value_field = "key_columns"
    scope: ClassVar[Scope] = "key"
