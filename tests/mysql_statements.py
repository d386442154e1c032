"""Statements for MySQL and MariaDB, each in a session of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


def execute_mysql(url: str, *statements: str) -> tuple[tuple[Any, ...], ...]:
    """Execute statements; the rows of the last one."""
    import pymysql

    parts = urlsplit(url)
    rows: tuple[tuple[Any, ...], ...] = ()
    with (
        pymysql.connect(
            host=parts.hostname or "",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=parts.path.strip("/") or None,
            charset="utf8mb4",
            autocommit=True,
            ssl_disabled=True,  # PyMySQL would read all authorities of the system each time
        ) as connection,
        connection.cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)
            rows = cursor.fetchall()
    return rows
