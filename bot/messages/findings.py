"""What a check of the installation finds."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How something stands: well, not quite, or so that it will not work."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what was looked at, how it stands, and in a sentence what to do where something is wrong.

    With a `fatal` fault there is no sense in starting: no time and no other call mends it.
    """

    name: str
    mark: Mark
    said: str
    fatal: bool = False
