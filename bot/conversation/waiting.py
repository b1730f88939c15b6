"""A turn in line, from the moment it was asked for until it begins."""

import asyncio
from dataclasses import dataclass

from bot.delivery.pump import Showing
from bot.messages import Inbound, Place


@dataclass(slots=True)
class Waiting:
    """A turn that has not begun: who asked (by key), where, and the sign that they were heard, if any.

    One that is `resumed` was begun by a process before this one. One that is `stopping` ends as soon as it begins.
    """

    turn_id: str
    asker: str
    place: Place
    resumed: bool = False
    stopping: bool = False
    question: Inbound | None = None
    timer: asyncio.TimerHandle | None = None
    sign: asyncio.Task[Showing] | None = None

    def begin(self) -> None:
        """No sign is needed any more, unless it is under way."""
        if self.timer is not None:
            self.timer.cancel()
