"""The shop's work as most would write it in pandas: `pandas_naive.py DATA OUT`.

Prints the counts as JSON.
"""

from __future__ import annotations

import csv
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from ends import keep, serve

WHITE = " \t\r\n\u00a0"


def main(data: Path, out: Path) -> None:
    keep(data, out)
    for folder in ("silver", "gold", "quarantine"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    clients, client_counts = clean_clients(data, out)
    purchases, purchase_counts = clean_purchases(data, out, clients)
    clients.to_parquet(out / "silver/clients.parquet")
    purchases.to_parquet(out / "silver/purchases.parquet")
    gold = {}
    for name, table in aggregate(clients, purchases).items():
        table.to_parquet(out / f"gold/{name}.parquet")
        days = {column: table[column].astype(str) for column in table.select_dtypes("datetime")}
        named = table.assign(**days).rename(
            columns={"revenue_cents": "revenue", "total_cents": "total_spent"}
        )
        plain = named.astype(object).where(named.notna(), None)
        serve(out, name, list(named), plain.itertuples(index=False, name=None))
        money = "total_cents" if name == "clients_stats" else "revenue_cents"
        gold[name] = {"rows": len(table), "revenue": str(Decimal(int(table[money].sum())) / 100)}
    print(json.dumps({"clients": client_counts, "purchases": purchase_counts, "gold": gold}))


def read(path: Path) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The records of a file as text, and those with too few or too many fields."""
    torn: list[dict[str, Any]] = []
    good = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        for record in reader:
            if len(record) == len(header):
                good.append(record)
            else:
                torn.append({"filename": path.name, "row": ",".join(record)})
    frame = pd.DataFrame(good, columns=header)
    frame["filename"] = path.name
    return frame, torn


def trimmed(frame: pd.DataFrame) -> pd.DataFrame:
    clean = frame.copy()
    for column in clean.columns:
        clean[column] = clean[column].str.strip(WHITE).replace("", None)
    return clean


def dates(values: pd.Series) -> pd.Series:
    iso = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce")
    return iso.fillna(pd.to_datetime(values, format="%d/%m/%Y", errors="coerce"))


def deduplicate(frame: pd.DataFrame, key: str) -> tuple[pd.DataFrame, dict[str, int]]:
    exact = frame.duplicated(keep="last")
    frame = frame[~exact]
    conflicting = frame.duplicated(subset=key, keep="last")
    return frame[~conflicting], {
        "exact duplicate": int(exact.sum()),
        "conflicting duplicate": int(conflicting.sum()),
    }


def set_aside(
    out: Path, table: str, originals: pd.DataFrame, reasons: pd.Series, torn: list[dict[str, Any]]
) -> Any:
    rejects = originals.loc[reasons.index].assign(reason=reasons)
    rejects.to_parquet(out / f"quarantine/{table}.parquet")
    pd.DataFrame(torn).to_parquet(out / f"quarantine/{table}_format.parquet")
    return {
        "format": len(torn),
        **{str(reason): int(n) for reason, n in reasons.value_counts().items()},
    }


def clean_clients(data: Path, out: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    originals, torn = read(data / "clients.csv")
    frame = trimmed(originals).drop(columns="filename")
    reasons = []
    day = dates(frame["signup_date"])
    bad = day.isna() & frame["signup_date"].notna()
    reasons.append(bad[bad].map(lambda _: "cast signup_date"))
    frame["client_id"] = pd.to_numeric(frame["client_id"])
    frame["signup_date"] = day
    frame, lost = deduplicate(frame[~bad], "client_id")
    empty = frame["country"].isna()
    reasons.append(empty[empty].map(lambda _: "not_null country"))
    frame = frame[~empty]
    counts = set_aside(out, "clients", originals, pd.concat(reasons), torn)
    return frame, {"kept": len(frame), "deduplicated": lost, "quarantined": counts}


def clean_purchases(
    data: Path, out: Path, clients: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Any]]:
    parts = [read(path) for path in sorted((data / "purchases").glob("*.csv"))]
    originals = pd.concat([frame for frame, _ in parts], ignore_index=True)
    torn = [record for _, records in parts for record in records]
    frame = trimmed(originals).drop(columns="filename")
    reasons = pd.Series(index=frame.index, dtype="object")
    day = dates(frame["purchase_date"])
    amount = pd.to_numeric(
        frame["amount"].where(~frame["amount"].str.contains("_", na=False)), errors="coerce"
    )
    reasons[amount.isna() & frame["amount"].notna()] = "cast amount"
    reasons[day.isna() & frame["purchase_date"].notna()] = "cast purchase_date"
    for column in ("purchase_id", "client_id", "quantity"):
        frame[column] = pd.to_numeric(frame[column])
    frame["cents"] = (amount * 100).round().astype("Int64")
    frame["purchase_date"] = day
    frame, lost = deduplicate(frame[reasons.isna()].drop(columns="amount"), "purchase_id")
    reasons[frame.index[frame["cents"].isna()]] = "not_null amount"
    reasons[frame.index[(frame["cents"] <= 0).fillna(False)]] = "between amount"
    reasons[frame.index[~frame["client_id"].isin(clients["client_id"])]] = "references client_id"
    frame = frame[reasons.loc[frame.index].isna()].copy()
    frame["year"] = frame["purchase_date"].dt.year
    frame["month"] = frame["purchase_date"].dt.strftime("%Y-%m")
    frame["weekday"] = frame["purchase_date"].dt.day_name()
    counts = set_aside(out, "purchases", originals, reasons.dropna(), torn)
    return frame, {"kept": len(frame), "deduplicated": lost, "quarantined": counts}


def aggregate(clients: pd.DataFrame, purchases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    joined = purchases.merge(clients[["client_id", "country"]], on="client_id")
    per_client = purchases.groupby("client_id").agg(
        purchases=("purchase_id", "count"),
        total_cents=("cents", "sum"),
        average=("cents", "mean"),
        first_purchase=("purchase_date", "min"),
        last_purchase=("purchase_date", "max"),
    )
    stats = clients[["client_id", "name", "country"]].merge(per_client, on="client_id", how="left")
    stats[["purchases", "total_cents"]] = stats[["purchases", "total_cents"]].fillna(0)

    def grouped(by: str) -> pd.DataFrame:
        return joined.groupby(by, as_index=False).agg(
            purchases=("purchase_id", "count"),
            revenue_cents=("cents", "sum"),
            average=("cents", "mean"),
            clients=("client_id", "nunique"),
        )

    sales = joined.groupby(["month", "weekday", "product"], as_index=False).agg(
        purchases=("purchase_id", "count"),
        quantity=("quantity", "sum"),
        revenue_cents=("cents", "sum"),
    )
    summary = {
        "revenue_cents": joined["cents"].sum(),
        "purchases": len(joined),
        "clients": len(clients),
        "products": joined["product"].nunique(),
        "countries": joined["country"].nunique(),
        "months": joined["month"].nunique(),
        "first_day": joined["purchase_date"].min(),
        "last_day": joined["purchase_date"].max(),
    }
    return {
        "clients_stats": stats,
        "product_stats": grouped("product"),
        "monthly_stats": grouped("month"),
        "country_stats": grouped("country"),
        "sales": sales,
        "summary": pd.DataFrame([summary]),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
