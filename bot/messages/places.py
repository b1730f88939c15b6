"""Where something is said, and by whom."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote


class PlaceKind(StrEnum):
    """What kind of place people talk in."""

    DM = "dm"
    CHANNEL = "channel"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said. `key` names it across restarts; one function builds it, this one."""

    platform: str
    workspace: str
    channel: str
    thread: str | None = None
    kind: PlaceKind = PlaceKind.CHANNEL

    @property
    def key(self) -> str:
        """One string for the place, the same for ever: `platform:workspace:channel[:thread]`."""
        return _place_key(self.platform, self.workspace, self.channel, self.thread)

    @property
    def workspace_key(self) -> str:
        """One string for the workspace the place is in."""
        return _place_key(self.platform, self.workspace)

    @property
    def parent(self) -> "Place":
        """The channel a thread hangs in; any other place is its own parent."""
        if self.thread is None:
            return self
        return Place(self.platform, self.workspace, self.channel)


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch
"""What quoting would leave as it is, which nearly all ids are."""


@lru_cache(maxsize=4096)
def _place_key(*parts: str | None) -> str:
    return ":".join(part if _PLAIN(part) else quote(part, safe="") for part in parts if part is not None)


class PersonKind(StrEnum):
    """Who is speaking: a person, another program, or we ourselves."""

    HUMAN = "human"
    BOT = "bot"
    SELF = "self"


MODERATOR = "moderator"
"""The role of somebody who, by the platform's word, may manage the place in which they speak."""


OUTSIDER = "outsider"
"""The role of somebody who is no full member of the workspace: a guest, or a stranger in a shared channel."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who said something, by the platform's own id. The name is for reading only and may be anything.

    `time_zone` is the IANA name of the zone they live in, where the platform tells.
    """

    id: str
    name: str
    kind: PersonKind = PersonKind.HUMAN
    roles: tuple[str, ...] = ()
    time_zone: str | None = None


def is_called(name: str, wanted: str) -> bool:
    """Whether somebody goes by this name: the whole of it, or its first word."""
    called, asked = (" ".join(one.casefold().split()) for one in (name, wanted))
    return bool(asked) and (called == asked or called.partition(" ")[0] == asked)


def person_key(platform: str, person: Person) -> str:
    """One string for a person on their platform, for settings, caps and accounts."""
    return f"{platform}:{person.id}"
