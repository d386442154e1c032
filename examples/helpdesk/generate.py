"""Generate the helpdesk's data, as four systems have it, and the figures that they should give.

    python generate.py --out data

The same values everywhere. No row has two errors, so `expected.json` has the number of rows that
every rule rejects.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zipfile import ZipFile, ZipInfo

import openpyxl

CUSTOMERS, TICKETS, CALLS = 60, 400, 300
COUNTRIES = ("France", "Germany", "Italy", "Spain")
PLANS = ("basic", "team", "enterprise")
PRIORITIES = ("low", "normal", "high")
AGENTS = (
    ("ana", "Ana Ruiz", "Accounts"),
    ("ben", "Ben Weiss", "Accounts"),
    ("cleo", "Cléo Martin", "Devices"),
    ("dario", "Dario Conti", "Devices"),
    ("eva", "Eva Novak", "Network"),
)
WITHOUT_TEAM = ("finn", "Finn Berg")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 90  # January to March
UNKNOWN = 9_999  # a customer that the CRM does not have

Row = dict[str, Any]


def generate(out: Path) -> None:
    """Write the four systems' data and `expected.json` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    chance = random.Random(20_260_331)
    customers = _customers(chance)
    tickets, calls = _tickets(chance), _calls(chance)
    _write_json(out / "customers.json", customers)
    (out / "tickets.sql").write_text(_sql(tickets), encoding="utf-8", newline="\n")
    _write_agents(out / "agents.xlsx")
    _write_calls(out / "calls.zip", calls)
    _write_json(out / "expected.json", _expected(tickets, calls))


def _customers(chance: random.Random) -> list[Row]:
    return [
        {
            "customer_id": number,
            "name": f"Customer {number:02}",
            "plan": chance.choice(PLANS),
            "address": {"country": chance.choice(COUNTRIES)},
        }
        for number in range(1, CUSTOMERS + 1)
    ]


def _tickets(chance: random.Random) -> list[Row]:
    """Tickets with an `error` where they have one."""
    tickets = []
    for number in range(1, TICKETS + 1):
        opened = FIRST + timedelta(minutes=chance.randrange(DAYS * 24 * 60))
        solved = opened + timedelta(minutes=chance.randrange(10, 6000))
        tickets.append(
            {
                "ticket_id": number,
                "customer_id": chance.randint(1, CUSTOMERS),
                "agent": chance.choice(AGENTS)[0],
                "priority": chance.choice(PRIORITIES),
                "opened_at": opened,
                "solved_at": solved if chance.random() < 0.9 else None,
                "error": None,
            }
        )
    for ticket in tickets[50:400:50]:
        ticket |= {"priority": "urgent!", "error": "one_of"}
    for ticket in tickets[33:400:90]:
        ticket |= {"customer_id": UNKNOWN, "error": "references"}
    for ticket in tickets[21:400:130]:
        ticket |= {"solved_at": ticket["opened_at"] - timedelta(hours=1), "error": "expression"}
    for ticket in tickets:
        ticket["updated_at"] = max(filter(None, (ticket["opened_at"], ticket["solved_at"])))
    return tickets


def _calls(chance: random.Random) -> list[Row]:
    calls = [
        {
            "call_id": number,
            "customer_id": chance.randint(1, CUSTOMERS),
            "started_at": FIRST + timedelta(seconds=chance.randrange(DAYS * 86_400)),
            "seconds": chance.randrange(20, 3600),
            "error": None,
        }
        for number in range(1, CALLS + 1)
    ]
    for call in calls[40:300:60]:
        call |= {"seconds": -1, "error": "between"}
    for call in calls[70:300:110]:
        call |= {"customer_id": UNKNOWN, "error": "references"}
    for call in calls[15:300:95]:
        call |= {"seconds": "n/a", "error": "cast"}
    return calls


def _sql(tickets: list[Row]) -> str:
    columns = [name for name in tickets[0] if name != "error"]
    rows = ",\n".join(
        f"  ({', '.join(_literal(ticket[name]) for name in columns)})" for ticket in tickets
    )
    return (
        "create table tickets (\n"
        "  ticket_id integer primary key,\n  customer_id integer not null,\n"
        "  agent text not null,\n  priority text not null,\n  opened_at timestamptz not null,\n"
        "  solved_at timestamptz,\n  updated_at timestamptz not null\n);\n"
        f"insert into tickets ({', '.join(columns)}) values\n{rows};\n"
    )


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else f"'{value}'"


def _write_agents(file: Path) -> None:
    """A workbook as people keep them: a title, an empty row, and a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Team"
    sheet.append(["Helpdesk: who is who"])
    sheet.append([])
    sheet.append(["Login", "Name", "Team", "Since"])
    for place, (login, name, team) in enumerate(AGENTS):
        sheet.append([login, f" {name}", team, date(2020 + place, 3, 1)])
    sheet.append([*WITHOUT_TEAM, None, date(2026, 2, 1)])
    book.create_sheet("Holidays").append(["Name", "From", "To"])
    book.properties.created = book.properties.modified = FIRST.replace(tzinfo=None)
    book.save(file)


def _write_calls(file: Path, calls: list[Row]) -> None:
    columns = [name for name in calls[0] if name != "error"]
    with ZipFile(file, "w") as archive:
        for month in sorted({call["started_at"].strftime("%Y-%m") for call in calls}):
            text = io.StringIO()
            writer = csv.writer(text, delimiter=";", lineterminator="\n")
            writer.writerow(columns)
            for call in calls:
                if call["started_at"].strftime("%Y-%m") == month:
                    started = call["started_at"].strftime("%Y-%m-%d %H:%M:%S")
                    writer.writerow([*({**call, "started_at": started}[name] for name in columns)])
            archive.writestr(ZipInfo(f"calls/{month}.csv", (2026, 4, 1, 0, 0, 0)), text.getvalue())


def _expected(tickets: list[Row], calls: list[Row]) -> Row:
    """Rows by outcome, and the months, counted from the valid rows."""
    valid = [ticket for ticket in tickets if not ticket["error"]]
    answered = [call for call in calls if not call["error"]]
    months = {}
    for month in sorted({ticket["opened_at"].strftime("%Y-%m") for ticket in valid}):
        own = [ticket for ticket in valid if ticket["opened_at"].strftime("%Y-%m") == month]
        hours = [
            (ticket["solved_at"] - ticket["opened_at"]).total_seconds() / 3600
            for ticket in own
            if ticket["solved_at"]
        ]
        heard = [call for call in answered if call["started_at"].strftime("%Y-%m") == month]
        months[month] = [
            *(len(own), len(hours), median(hours)),
            *(len(heard), sum(call["seconds"] for call in heard) // 60),
        ]
    return {
        "tickets": {"kept": len(valid), "quarantined": _errors(tickets)},
        "calls": {"kept": len(answered), "quarantined": _errors(calls)},
        "agents": {"kept": len(AGENTS), "quarantined": {"not_null": 1}},
        "customers": {"kept": CUSTOMERS, "quarantined": {}},
        "months": months,
    }


def _errors(rows: list[Row]) -> dict[str, int]:
    return dict(sorted(Counter(row["error"] for row in rows if row["error"]).items()))


def _write_json(file: Path, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data", metavar="DIR")
    generate(parser.parse_args().out)
