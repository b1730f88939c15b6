"""Commands at work that take a while and that only the person who typed them sees: how to stop one."""

import asyncio
import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.errors import CommandRefused
from bot.messages import Person, Place, person_key

T = TypeVar("T")

STOPPED = "Stopped."


@dataclass(slots=True)
class _Work:
    """One of them: whose, and where it was typed, as keys."""

    person: str
    place: str
    task: "asyncio.Task[Any]"
    stopped: bool = False


def mark_of(key: str) -> str:
    """What a button calls the command by that was typed in the event with this key."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


class Underway:
    """The commands that can be stopped, by the mark of the event that asked for each."""

    def __init__(self) -> None:
        self._works: dict[str, _Work] = {}

    async def run(self, key: str, person: Person, place: Place, work: Coroutine[Any, Any, T]) -> T:
        """Do it, so that it can be stopped. Raises CommandRefused, with what to say, when it was."""
        task = asyncio.ensure_future(work)
        mine = _Work(person_key(place.platform, person), place.key, task)
        self._works[mark_of(key)] = mine
        try:
            return await task
        except asyncio.CancelledError:
            if not mine.stopped:
                task.cancel()
                raise
            raise CommandRefused(STOPPED) from None
        finally:
            self._works.pop(mark_of(key), None)

    def stop(self, platform: str, person: Person, *, mark: str | None = None, place: Place | None = None) -> bool:
        """Stop what this person has at work: by its mark, or all in a place. False when there is no such thing."""
        found = [
            work
            for known, work in self._works.items()
            if work.person == person_key(platform, person)
            and (known == mark or (place is not None and work.place == place.key))
        ]
        for work in found:
            work.stopped = True
            work.task.cancel()
        return bool(found)

    def close(self) -> None:
        """Leave off what is at work, for the next process to go on with."""
        for work in self._works.values():
            work.task.cancel()
