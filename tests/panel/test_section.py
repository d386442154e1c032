"""`dashboard:` is checked with the rest of the declaration: all problems at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError
from tests.panel import shop

FAULTY = """\
dashboard:
  currency: euro
  pages:
    - title: Home
      blocks:
        - kpi: {title: Revenue, table: salse, value: sum(revenue)}
        - lien: {table: sales, x: month, y: sum(revenue)}
        - bar: {table: sales, x: product, y: total(revenue)}
        - table: {table: sales, colums: [product]}
"""


def test_every_problem_of_the_section_has_its_position(tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    first = yaml.count("\n") + 1
    path = shop.write(tmp_path / "project", yaml + FAULTY)
    with pytest.raises(DeclarationError) as caught:
        md.Pipeline.load(path)
    message = str(caught.value)
    for line, words in ((1, "currency"), (6, "lien"), (7, "total"), (8, "colums")):
        assert f"medallion.yaml:{first + line}:" in message, message
        assert words in message
    corrected = (
        FAULTY.replace("euro", "EUR")
        .replace("lien", "line")
        .replace("total(", "sum(")
        .replace("colums", "columns")
    )
    path.write_text(yaml + corrected)
    with pytest.raises(
        DeclarationError,
        match=rf"medallion.yaml:{first + 5}:\d+: .*no served table 'salse'; did you mean",
    ):
        md.Pipeline.load(path)
