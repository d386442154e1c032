"""The cursor of MySQL that reads rows as they come. Its import needs PyMySQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pymysql
from pymysql.cursors import SSCursor


class StreamingCursor(SSCursor):
    """A cursor that keeps no rows, and shows what the server says of the columns."""

    _result: Any

    @property
    def fields(self) -> Sequence[Any]:
        """Type, flags and length of each column."""
        fields: Sequence[Any] = self._result.fields
        return fields

    @property
    def has_rows(self) -> bool:
        """Whether the server may still send rows."""
        return bool(self._connected() and self._result and self._result.unbuffered_active)

    def discard(self) -> None:
        """Read what the server still sends, to its end or to the error of a stopped query."""
        if self._connected():
            with suppress(pymysql.Error):
                self.close()
        if self._result:
            self._result.unbuffered_active = False  # the connection may be used again

    def _connected(self) -> bool:
        return bool(self.connection and self.connection.open)
