"""How many turns run at once, over all and for each person, and who goes next."""

import asyncio
from collections import deque
from itertools import count


class Turnstile:
    """Lets turns through in fair order: people take turns, however much one of them asks.

    At most `total` run at once, at most `per_person` of one person's. Next is whoever was let through longest ago.
    """

    def __init__(self, total: int, per_person: int) -> None:
        self._free = total
        self._per_person = per_person
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._turns = count(1)
        self._last_turn: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """How many wait to go through."""
        return sum(len(line) for line in self._waiting.values())

    @property
    def running(self) -> int:
        """How many are through and have not left."""
        return sum(self._running.values())

    def try_enter(self, person: str) -> bool:
        """Go through at once, if a place is free and nobody waits for one."""
        if not self._free or self._waiting or self._running.get(person, 0) >= self._per_person:
            return False
        self._admit(person)
        return True

    async def enter(self, person: str) -> None:
        """Wait for a place; `leave` gives it back."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(person, deque()).append(place)
        self._let_through()
        try:
            await place
        except asyncio.CancelledError:
            self._give_up(person, place)
            raise

    def leave(self, person: str) -> None:
        """Give a place back; the next who may goes through."""
        self._free += 1
        self._running[person] -= 1
        if not self._running[person]:
            del self._running[person]
            if person not in self._waiting:
                del self._last_turn[person]
        self._let_through()

    def _let_through(self) -> None:
        while self._free and (person := self._next()) is not None:
            line = self._waiting[person]
            place = line.popleft()
            if not line:
                del self._waiting[person]
            if place.cancelled():  # given up just now; `_give_up` has not run yet
                continue
            self._admit(person)
            place.set_result(None)

    def _admit(self, person: str) -> None:
        self._last_turn[person] = next(self._turns)
        self._free -= 1
        self._running[person] = self._running.get(person, 0) + 1

    def _next(self) -> str | None:
        free = (person for person in self._waiting if self._running.get(person, 0) < self._per_person)
        return min(free, key=lambda person: self._last_turn.get(person, 0), default=None)

    def _give_up(self, person: str, place: asyncio.Future[None]) -> None:
        """Somebody stopped waiting, perhaps in the moment they were let through."""
        if place.done() and not place.cancelled():
            self.leave(person)
            return
        line = self._waiting.get(person)
        if line and place in line:
            line.remove(place)
            if not line:
                del self._waiting[person]
        if person not in self._waiting and person not in self._running:
            self._last_turn.pop(person, None)
