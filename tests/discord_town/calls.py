"""The record of everything that was asked of a town over HTTP."""

from dataclasses import dataclass, field

from tests.discord_town.world import Json


@dataclass
class Call:
    """One request. `route` is the route's name, `place` its channel, guild or webhook token.

    `at` is when it arrived and `answered` when its answer left, both as Unix times of the town; `status` is 0
    while it is at work and when it was cut off. `done` says that its work was done.
    """

    route: str
    method: str
    path: str
    place: str
    at: float
    body: Json = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    status: int = 0
    code: int = 0
    answered: float | None = None
    done: bool = False


@dataclass
class Calls:
    """All of them, in the order of their arrival."""

    made: list[Call] = field(default_factory=list)
    routes: set[str] = field(default_factory=lambda: {"?", "cdn"})
    """The names there are: `?` is what nobody serves."""

    def of(self, *routes: str) -> list[Call]:
        """The calls of these routes."""
        assert self.routes.issuperset(routes), f"{routes} are not all of {sorted(self.routes)}"
        return [one for one in self.made if one.route in routes]

    def refused(self) -> list[Call]:
        """The calls that were one too many."""
        return [one for one in self.made if one.status == 429]

    def invalid(self) -> list[Call]:
        """What Discord counts towards the ban of an address: 401, 403 and 429."""
        return [one for one in self.made if one.status in (401, 403, 429)]

    def open(self) -> list[Call]:
        """The calls that have no answer yet."""
        return [one for one in self.made if one.answered is None]
