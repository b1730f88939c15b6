"""What goes wrong with the next calls, as data."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.slack_town.values import Json

if TYPE_CHECKING:
    from tests.slack_town.call import Call


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with the next `times` calls of `method`, which may be a pattern: `chat.*`.

    In this order: wait for `gate`, wait `seconds`, cut the connection (`reset`), answer `status` or `error`
    without doing anything, or do the work, wait `late` seconds and lose the answer (`lost`).
    """

    method: str
    times: int = 1
    gate: asyncio.Event | None = None
    seconds: float = 0.0
    reset: bool = False
    error: str = ""
    fields: Json = field(default_factory=dict)
    status: int = 200
    retry_after: int | None = None
    body: str = ""
    """What is sent instead of JSON with a `status` other than 200."""
    late: float = 0.0
    lost: bool = False
    only: "Callable[[Call], bool] | None" = None
    """Only calls for which this holds."""

    def concerns(self, call: "Call") -> bool:
        """It happens to this call."""
        return fnmatchcase(call.method, self.method) and (self.only is None or self.only(call))


class Faults:
    """The faults to come, first come, first met."""

    def __init__(self) -> None:
        self._to_come: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Let these happen."""
        self._to_come.extend(faults)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._to_come.clear()

    def take(self, call: "Call") -> Fault | None:
        """The fault that happens to this call, used up by it."""
        for index, fault in enumerate(self._to_come):
            if fault.concerns(call):
                left = replace(fault, times=fault.times - 1)
                self._to_come[index : index + 1] = [left] if left.times > 0 else []
                return fault
        return None
