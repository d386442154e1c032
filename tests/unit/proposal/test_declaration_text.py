from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medallion as md
from medallion.proposal.column_values import Share
from medallion.proposal.declaration_text import declaration_text, misfits, percent
from medallion.proposal.tables import propose_tables
from tests.example_counts import examples

CLIENTS = "Client ID,E-mail,since\n" + "".join(
    f"{number},c{number}@example.org,{number % 28 + 1:02}/03/2024\n" for number in range(40)
)
ORDERS = "id,client id,amount,status\n" + "".join(
    f'{number},{number % 40},"{number},50",{"paid" if number % 3 else "${open"}\n'
    for number in range(120)
)
EXPECTED = """\
    orders: # 122 rows
      from: bronze.orders
      steps:
        - trim
        - map_values:
            amount: {n/a: null}
        - cast:
            id: integer # all 122
            client id: integer # all 122
            amount: {type: "decimal(12,2)", decimal: ","} # 99.17 % of 121; not "soon" (1)
        - deduplicate: {key: id, keep: last} # all 122 occur once
      expect:
        - {not_null: [id, client id, amount, status], on_fail: quarantine} # amount: 99.18 % of 122
        - {one_of: {status: ["$${open", paid]}, on_fail: quarantine} # all 122
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text(CLIENTS)
    (tmp_path / "orders.csv").write_text(ORDERS + "120,3,soon,paid\n121,4,n/a,paid\n")
    return tmp_path


def test_what_does_not_fit_is_told_beside_each_proposal(folder: Path) -> None:
    text = declaration_text("shop", propose_tables(["clients.csv", "orders.csv"], folder))
    assert EXPECTED in text
    assert "{references: {client id: silver.clients.Client ID}, on_fail: quarantine}" in text
    assert "# all 40; CHECK THIS" not in text


def test_a_run_quarantines_just_the_values_that_did_not_fit(folder: Path) -> None:
    text = declaration_text("shop", propose_tables(["clients.csv", "orders.csv"], folder))
    (folder / "medallion.yaml").write_text(text)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    run = pipeline.run()
    kept = {step.table: step.rows for step in run.steps}
    assert (kept["silver.clients"], kept["silver.orders"]) == (40, 120)
    assert pipeline.store().count("orders", md.Query()) == 120


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\x00'), max_size=8)
NAMES = st.lists(TEXTS.map(str.strip).filter(bool), min_size=1, max_size=3, unique_by=str.casefold)


@settings(max_examples=examples(12, 25), deadline=None)
@given(names=NAMES, rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=4))
def test_a_proposal_for_any_file_is_valid(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    lines = [names, *(row[: len(names)] for row in rows)]
    text = "".join(",".join(f'"{value}"' for value in line) + "\n" for line in lines)
    (folder / "odd.csv").write_text(text, encoding="utf-8")
    try:
        tables = propose_tables(["odd.csv"], folder)
    except md.MedallionError:
        return  # a header that no pipeline can read
    (folder / "medallion.yaml").write_text(declaration_text("odd", tables), encoding="utf-8")
    md.Pipeline.load(folder / "medallion.yaml").check()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Share(1200, 1200), "all 1,200"),
        (Share(1, 3), "33.33 % of 3"),
        (Share(999_999, 1_000_000), "99.99 % of 1,000,000"),
        (Share(0, 2), "0 % of 2"),
    ],
)
def test_a_share_is_whole_only_when_all_fit(share: Share, text: str) -> None:
    assert percent(share) == text


def test_values_that_do_not_fit_are_quoted() -> None:
    assert misfits(Share(0, 1200, (('a"b', 1100), ("é", 1)))) == '"a\\"b" (1,100), "é" (1)'
