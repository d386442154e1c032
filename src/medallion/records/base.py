"""What all records have in common: the base class, times in UTC, and text without secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from medallion.secrets import mask

# Pydantic's own time zone (seen with pydantic-core 2) may crash Python at exit: use datetime's.
Moment: TypeAlias = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A time in UTC."""

Masked: TypeAlias = Annotated[str, AfterValidator(mask), PlainSerializer(mask)]
"""Free text: secrets are masked when a record is built, and again when it is written."""


class Record(BaseModel):
    """Base of all records."""

    model_config = ConfigDict(frozen=True)
