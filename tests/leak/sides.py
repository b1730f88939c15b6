"""A platform as the leak test uses it: people who do things, and what everybody is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.leak.secrets import Spot

ADA, GRACE, EVE = "Ada", "Grace", "Eve"
"""Ada and Grace are in everything; Eve is in the public channel and writes what she wants obeyed."""


CALLED = {ADA: "Ada", GRACE: "Grace", EVE: "PING EVERYBODY"}
"""What they are called: a name may be an order, too."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Something of ours that people see: where, who, all that can be read in it, where it leads, whom it calls."""

    spot: Spot
    eyes: frozenset[str]
    texts: tuple[str, ...]
    links: tuple[str, ...] = ()
    pings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """A message of ours that waits for somebody to confirm something."""

    shown: Any
    text: str
    eyes: frozenset[str]
    key: str

    @property
    def asker(self) -> str:
        """Who is asked."""
        named = self.text.partition(", shall I")[0]
        return next((name for name, called in CALLED.items() if named.endswith(called)), ADA)


@dataclass
class Said:
    """What somebody wrote, and the secret words in it."""

    who: str
    spot: Spot
    message: Any
    words: list[str] = field(default_factory=list)


class Side(Protocol):
    """One platform."""

    platform: str

    def spots(self, who: str) -> Sequence[Spot]:
        """The places in which somebody may write now."""

    def eyes(self, spot: Spot) -> frozenset[str]:
        """Who may read there at this moment."""

    def is_alone(self, spot: Spot) -> bool:
        """Whether it is a direct message."""

    async def says(self, who: str, spot: Spot, text: str, *, asks: bool, file: tuple[str, str] | None) -> Any:
        """Somebody writes; returns once the core has it."""

    async def edits(self, said: Said, text: str) -> None:
        """Somebody changes what they wrote."""

    async def deletes(self, said: Said) -> None:
        """Somebody takes back what they wrote."""

    async def commands(self, who: str, spot: Spot, line: str) -> None:
        """Somebody types a command, as after a slash."""

    async def reminds(self, who: str, said: Said, when: str) -> None:
        """Somebody chooses “Remind me” in a message's menu."""

    async def presses(self, who: str, shown: Any, label: str) -> None:
        """Somebody presses a button under a message of ours."""

    def buttons(self, spot: Spot) -> Sequence[tuple[Any, str]]:
        """What can be pressed there now: each message of ours with a label."""

    def asked(self) -> Iterator[Asked]:
        """What waits for somebody to confirm it."""

    async def leaves(self, who: str) -> None:
        """Somebody is taken out of the private channel."""

    async def joins(self, who: str) -> None:
        """Somebody comes back into it."""

    async def looks_around(self, who: str) -> None:
        """Somebody opens whatever else shows something of ours: suggestions, a home."""

    async def sights(self) -> Sequence[Sight]:
        """What has come to be seen since this was asked last, in all its versions."""
