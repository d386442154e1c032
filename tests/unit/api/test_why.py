"""`medallion_api.resources.why`: the schema of a reply."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion_api.resources.why import WhyReply

RECORD = {"table": "bronze.sales", "file": "sales.csv", "record": 3, "row": {"id": "3", "n": None}}
REPLY = {
    "release": "20261126-104848-779ba2",
    "table": "gold.countries",
    "rows": 1,
    "exact": True,
    "inexact": [],
    "source_records": 1,
    "files": [{"table": "bronze.sales", "file": "sales.csv", "records": 1}],
}


def test_records_are_kept_or_removed() -> None:
    reason = {"fate": "quarantined", "rule": "cast", "column": "amount", "value": "x"}
    correction = {"id": "20261126-104848-779ba2-1", "original": {"n": "x"}, "values": {"n": "1"}}
    for record in (RECORD, {**RECORD, "correction": correction}, {**RECORD, **reason}):
        reply = WhyReply.model_validate({**REPLY, "records": [record]})
        assert reply.model_dump(exclude_unset=True) == {**REPLY, "records": [record]}
    with pytest.raises(ValidationError):
        WhyReply.model_validate({**REPLY, "records": [{**RECORD, "fate": "quarantined"}]})
