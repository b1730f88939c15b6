"""Who can read a place."""

from dataclasses import dataclass
from enum import StrEnum

from bot.messages.places import Place


class Reach(StrEnum):
    """How far a place reaches: to every full member of its workspace, to those let in, to one person and us."""

    WORKSPACE = "workspace"
    MEMBERS = "members"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who can read a place at one moment.

    `circle` names the set of its readers: places with the same circle have the same. `within` are circles that
    hold all of them and perhaps others, as a channel's holds those of a thread in it. `outsiders` says that also
    others than full members of its workspace read there: guests, people of other workspaces. `alone_with` is the
    id of the one person, where it is one.
    """

    workspace: str
    reach: Reach
    circle: str
    within: frozenset[str] = frozenset()
    outsiders: bool = False
    alone_with: str | None = None


@dataclass(frozen=True, slots=True)
class Readable:
    """A place that somebody can read, and the name people know it by."""

    place: Place
    name: str
