"""Deletion vectors: which rows of a file its table does not have, as Delta's protocol stores them.

A vector is a 64-bit Roaring bitmap of the rows' positions in the file. It is in the log itself,
in Z85: no file is written again, and none is added.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medallion.contracts import ROW, Snapshot, Storage, literal
from medallion.records import Partition
from medallion.sql.row_ids import file_of, within_table
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Positions = np.ndarray[Any, Any]

MAGIC = 1681511377  # of a bitmap array in the portable format
COOKIE = 12346  # of a 32-bit bitmap without run containers
ARRAY_LENGTH = 4096  # rows of a container up to which it is an array instead of a bitmap

_RFC1924 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_Z85 = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_TO_Z85 = bytes.maketrans(_RFC1924, _Z85)


def deletion_vectors(storage: Storage, snapshot: Snapshot) -> dict[int, dict[str, Any]]:
    """The vectors of a snapshot by the number of the partition; only of those that need one."""
    if snapshot.removed is None:
        return {}
    (removed,) = verified(storage, [Stored.of(snapshot.removed)])
    import duckdb

    with duckdb.connect() as connection:
        source = f"read_parquet({literal(str(removed))})"
        query = f"select distinct {file_of(ROW)} from {source}"
        files = {number for (number,) in connection.execute(query).fetchall()}
        parts = {
            number: part
            for number, part in enumerate(snapshot.partitions)
            if files.intersection(part.numbers)
        }
        local = verified(
            storage, [Stored.of(file) for part in parts.values() for file in part.files]
        )
        paths = ", ".join(literal(str(path)) for path in local)
        row = within_table(snapshot.origins[0].number, _numbers(parts))
        # By file and position: `vector` needs the positions in ascending order.
        rows = connection.sql(
            f"select file_index, file_row_number from (select {row} as {ROW}, file_index, "
            f"file_row_number from read_parquet([{paths}])) "
            f"where {ROW} in (select {ROW} from {source}) order by all"
        ).to_arrow_table()
    return dict(_by_partition(parts, rows["file_index"], rows["file_row_number"]))


def _numbers(parts: Mapping[int, Partition]) -> list[Sequence[int]]:
    return [part.numbers for part in parts.values() for _ in part.files]


def _by_partition(
    parts: Mapping[int, Partition], files: pa.ChunkedArray, rows: pa.ChunkedArray
) -> list[tuple[int, dict[str, Any]]]:
    import numpy as np

    indexes, starts = np.unique(files.to_numpy(), return_index=True)
    positions = np.split(rows.to_numpy(), starts[1:])
    numbers = [number for number, part in parts.items() for _ in part.files]
    return [(numbers[index], vector(rows)) for index, rows in zip(indexes, positions, strict=True)]


def vector(positions: Positions) -> dict[str, Any]:
    """The descriptor of a vector of these positions, in ascending order, none of them twice."""
    data = bitmap_array(positions)
    padded = data + bytes(-len(data) % 4)
    return {
        "storageType": "i",
        "pathOrInlineDv": base64.b85encode(padded).translate(_TO_Z85).decode(),
        "sizeInBytes": len(data),
        "cardinality": len(positions),
    }


def bitmap_array(positions: Positions) -> bytes:
    """A 64-bit Roaring bitmap: a 32-bit one for each value of the upper 32 bits."""
    import numpy as np

    uppers, starts = np.unique(positions >> 32, return_index=True)
    parts = [struct.pack("<IQ", MAGIC, len(uppers))]
    for upper, lower in zip(uppers, np.split(positions & 0xFFFFFFFF, starts[1:]), strict=True):
        parts += [struct.pack("<I", upper), _bitmap(lower)]
    return b"".join(parts)


def _bitmap(positions: Positions) -> bytes:
    """A 32-bit Roaring bitmap: its header, and a container for each value of the upper 16 bits."""
    import numpy as np

    uppers, starts = np.unique(positions >> 16, return_index=True)
    containers = np.split((positions & 0xFFFF).astype("<u2"), starts[1:])
    bodies = [_container(rows) for rows in containers]
    header = struct.pack("<II", COOKIE, len(bodies))
    for upper, rows in zip(uppers, containers, strict=True):
        header += struct.pack("<HH", upper, len(rows) - 1)
    offset = len(header) + 4 * len(bodies)
    for body in bodies:
        header += struct.pack("<I", offset)
        offset += len(body)
    return header + b"".join(bodies)


def _container(rows: Positions) -> bytes:
    import numpy as np

    if len(rows) <= ARRAY_LENGTH:
        return rows.tobytes()
    bits = np.zeros(1 << 16, dtype=bool)
    bits[rows] = True
    return np.packbits(bits, bitorder="little").tobytes()
