"""What a snapshot records of the plugins that made it."""

from __future__ import annotations

import json

from medallion.declaration.models import Declaration
from medallion.run.plugin_uses import plugin_uses
from medallion.secrets import SECRETS


def declaration(step: object) -> Declaration:
    return Declaration.model_validate(
        {
            "name": "shop",
            "tables": {
                "bronze": {"sales": {"source": "sales.csv"}},
                "silver": {
                    "sales": {
                        "from": "bronze.sales",
                        "steps": [step],
                        "expect": [{"not_null": "id", "on_fail": "drop"}],
                    }
                },
            },
        }
    )


def test_steps_expectations_and_layer_are_recorded_with_their_settings() -> None:
    uses = plugin_uses(declaration({"cast": {"id": "integer"}}), "silver.sales")
    assert [(use.role, use.name) for use in uses] == [
        ("step", "cast"),
        ("expectation", "not_null"),
        ("layer", "parquet"),
    ]
    assert json.loads(uses[0].settings)["columns"] == {"id": "integer"}
    assert json.loads(uses[1].settings)["on_fail"] == "drop"
    assert "retain" not in json.loads(uses[2].settings)
    assert plugin_uses(declaration("trim"), "bronze.sales") == ()


def test_a_secret_is_not_recorded() -> None:
    SECRETS.add("hunter2hunter2")
    (use, *_) = plugin_uses(declaration({"filter": "name <> 'hunter2hunter2'"}), "silver.sales")
    assert "hunter2" not in use.settings
    assert json.loads(use.settings)
