"""A small shop on real files, with pages of every kind of block."""

from __future__ import annotations

from pathlib import Path

YAML = """\
name: corner
tables:
  bronze:
    clients: {source: data/clients.csv}
    sales: {source: "data/sales*.csv"}
  silver:
    clients:
      from: bronze.clients
      steps:
        - cast: {client_id: integer, spent: "decimal(12,2)", since: date}
    sales:
      from: bronze.sales
      steps:
        - cast: {pieces: integer, revenue: "decimal(12,2)"}
      expect:
        - {between: {revenue: [0, 100000]}, on_fail: quarantine}
  gold:
    clients: {from: silver.clients}
    sales: {from: silver.sales}
sinks:
  serving:
    url: ${MEDALLION_STORE:-sqlite:lake/serving.db}
    tables:
      clients: {key: client_id, indexes: [-spent]}
dashboard:
  title: Corner shop
  formats: {revenue: currency, spent: currency}
  pages:
    - title: Home
      icon: home
      filters: [country]
      blocks:
        - kpi: {title: Revenue, table: sales, value: sum(revenue), over: month}
        - line: {title: By month, table: sales, x: month, y: sum(revenue)}
        - area: {title: Shares, table: sales, x: month, y: sum(revenue), by: product, show: share}
        - bar:
            {title: Products, table: sales, x: product, y: sum(revenue), sort: -y, horizontal: true}
        - heatmap: {title: Weekdays, table: sales, x: month, y: weekday, value: sum(pieces)}
        - map: {title: World, table: sales, country: country, value: sum(revenue)}
        - quality: {title: Quality}
    - title: Clients
      filters: [country, spent, since]
      blocks:
        - kpi: {title: Clients, table: clients, value: count()}
        - table: {table: clients, sort: -spent, search: name, detail: true, page_size: 5}
        - histogram: {title: Spend, table: clients, column: spent}
        - scatter: {title: Since, table: clients, x: client_id, y: spent}
    - title: Performance
      group: Behind the scenes
      blocks:
        - speed: {requests: 5}
        - runs
        - markdown: {text: "That is **all**."}
"""

COUNTRIES = ("France", "Germany", "Brazil", "Japan")
PRODUCTS = ("Tea", "Cups", "Honey & Jam")
DAYS = ("Monday", "Wednesday", "Saturday")
EVIL = "<script>window.stolen = 1</script>"


def write(folder: Path, yaml: str = YAML) -> Path:
    """Write the project to a folder; returns the path of the declaration."""
    (folder / "data").mkdir(parents=True)
    clients = ["client_id,name,country,spent,since"]
    clients += [
        f"{number},{EVIL if number == 1 else f'Client {number}'},{COUNTRIES[number % 4]},"
        f"{900 - number * 10}.50,2024-{number % 12 + 1:02}-15"
        for number in range(1, 31)
    ]
    (folder / "data/clients.csv").write_text("\n".join(clients) + "\n")
    (folder / "data/sales-2024.csv").write_text(
        sales(range(1, 7)) + "Tea,France,2024-06,Monday,1,-5.00\n"
    )
    (folder / "medallion.yaml").write_text(yaml)
    return folder / "medallion.yaml"


def sales(months: range) -> str:
    """A CSV file of the sales of some months of 2024."""
    lines = ["product,country,month,weekday,pieces,revenue"]
    for month in months:
        for position, product in enumerate(PRODUCTS):
            for number, country in enumerate(COUNTRIES):
                revenue = (position + 1) * (number + 1) * 10 + month
                day = DAYS[(month + number) % 3]
                values = (product, country, f"2024-{month:02}", day, number + 1, f"{revenue}.25")
                lines.append(",".join(map(str, values)))
    return "\n".join(lines) + "\n"
