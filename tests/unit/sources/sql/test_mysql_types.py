"""The types of MySQL and MariaDB: each value as it is in the pulled file."""

from __future__ import annotations

from pathlib import Path

from medallion.sources.sql.source import SqlSource
from tests.mysql_statements import execute_mysql
from tests.unit.sources.sql.test_postgres import parsed, pulled

UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
ZERO = "\\x00"
POINT = f"{ZERO * 4}\\x01\\x01{ZERO * 3}{ZERO * 6}\\xF0?{ZERO * 7}@"  # SRID and WKB

# By type: an SQL value, the logical type, and the value as DuckDB writes it.
TYPES = {
    "tinyint": ("-128", "int8", "-128"),
    "boolean": ("true", "int8", "1"),
    "smallint unsigned": ("65535", "uint16", "65535"),
    "mediumint": ("-8388608", "int32", "-8388608"),
    "int": ("2147483647", "int32", "2147483647"),
    "int(6) zerofill": ("42", "uint32", "42"),
    "bigint": ("-9223372036854775808", "int64", "-9223372036854775808"),
    "bigint unsigned": ("18446744073709551615", "uint64", "18446744073709551615"),
    "decimal(12,2)": ("1.10", "decimal(12,2)", "1.10"),
    "decimal(12,2) unsigned": ("1.10", "decimal(12,2)", "1.10"),
    "decimal(38,0)": ("1e37", "decimal(38,0)", f"1{'0' * 37}"),
    "decimal(65,30)": (
        "12345678901234567890123456789012345.000000000000000000000000000001",
        "text",
        "12345678901234567890123456789012345.000000000000000000000000000001",
    ),
    "float": ("16777217.0", "float32", "16777216.0"),
    "double": ("0.1e0 + 0.2e0", "float64", "0.30000000000000004"),
    "bit(1)": ("b'1'", "boolean", "true"),
    "bit(64)": (f"b'1{'0' * 62}1'", "uint64", "9223372036854775809"),
    "date": ("'1000-01-01'", "date", "1000-01-01"),
    "datetime": ("'2024-02-29 12:00'", "timestamp", "2024-02-29 12:00:00"),
    "datetime(6)": ("'9999-12-31 23:59:59.999999'", "timestamp", "9999-12-31 23:59:59.999999"),
    "timestamp(6) null": (
        "'2024-01-02 03:04:05.678901'",
        "timestamptz",
        "2024-01-02 01:04:05.678901+00",
    ),
    "time(3)": ("'23:59:59.5'", "time", "23:59:59.5"),
    "year": ("1901", "int16", "1901"),
    "char(3)": ("'x '", "text", "x"),
    "varchar(9)": ("'€\"\\n,\\r'", "text", '€"\n,\r'),
    "text": ("''", "text", ""),
    "varchar(9) character set latin1": ("'ä'", "text", "ä"),
    "json": ("'{\"a\": 1.10}'", "json", '{"a": 1.10}'),
    "enum('sad','ok')": ("'ok'", "text", "ok"),
    "set('a','b','c')": ("'c,a'", "text", "a,c"),
    "binary(3)": ("x'01'", "binary", "\\x01\\x00\\x00"),
    "varbinary(9)": ("x'00ff'", "binary", "\\x00\\xFF"),
    "blob": ("''", "binary", ""),
    "uuid": (f"'{UUID}'", "uuid", UUID),
    "inet6": ("'::1'", "text", "::1"),
    "point": ("point(1, 2)", "binary", POINT),
}


class TestTypes:
    def test_every_type_is_exact(self, shared_mariadb_url: str, tmp_path: Path) -> None:
        columns = ", ".join(f"c{number} {type_}" for number, type_ in enumerate(TYPES))
        values = ", ".join(value for value, _, _ in TYPES.values())
        names = ", ".join(f"c{number}" for number in range(len(TYPES)))
        execute_mysql(
            shared_mariadb_url,
            "set time_zone = '+02:00'",
            f"create table types (id int primary key, {columns})",
            f"insert into types (id, {names}) values (1, {values})",
            "insert into types (id) values (2)",
        )
        result, rows = parsed(pulled(SqlSource(url=shared_mariadb_url, table="types")), tmp_path)
        assert result.warnings == ()
        read = dict(zip(TYPES, result.columns[1:], strict=True))
        assert {type_: column.type for type_, column in read.items()} == {
            type_: logical for type_, (_, logical, _) in TYPES.items()
        }
        assert dict(zip(TYPES, rows[0][1:], strict=True)) == {
            type_: value for type_, (_, _, value) in TYPES.items()
        }
        assert rows[1] == ("2", *[None] * len(TYPES))
        assert read["enum('sad','ok')"].source_type == "enum('sad','ok')"
        assert read["decimal(65,30)"].source_type == "decimal(65,30)"
        assert read["text"].source_type == ""

    def test_values_that_a_type_cannot_have_are_text(
        self, shared_mariadb_url: str, tmp_path: Path
    ) -> None:
        execute_mysql(
            shared_mariadb_url,
            "set sql_mode = ''",
            "create table odd (id int primary key, d date, at datetime, u timestamp null, t time, n time)",
            "insert into odd values (1, '0000-00-00', '2024-00-00 00:00:00', '0000-00-00', '838:59:59', '-00:30')",
            "insert into odd values (2, '2024-02-29', '2024-02-29', '2024-02-29', '12:00', '12:00')",
        )
        result, rows = parsed(pulled(SqlSource(url=shared_mariadb_url, table="odd")), tmp_path)
        assert [column.type for column in result.columns] == ["int32", *["text"] * 5]
        assert len(result.warnings) == 5
        zero = "0000-00-00"
        times = (f"{zero} 00:00:00+00", "838:59:59", "-00:30:00")
        assert rows[0] == ("1", zero, "2024-00-00 00:00:00", *times)
        assert rows[1][1] == "2024-02-29"

    def test_a_query_keeps_types_and_order(self, shared_mariadb_url: str) -> None:
        query = (
            "select n, cast(n as unsigned) as u, n / 7 as d, hex(n) as h, null as nothing, "
            "x'0a' as b from (select 1 as n union select 2 union select 3) as t "
            "where \"x\" <> 'a\\'%%' order by n desc;"
        )
        rows = pulled(SqlSource(url=shared_mariadb_url, query=query)).splitlines()
        assert rows == [
            "n,u,d,h,nothing,b",
            'int32,uint64,"decimal(14,4)",text,text,binary',
            "int32,uint64,decimal,,,binary",
            '3,3,0.4286,"3",,\\x0a',
            '2,2,0.2857,"2",,\\x0a',
            '1,1,0.1429,"1",,\\x0a',
        ]
