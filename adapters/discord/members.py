"""Who is in which server: asked of Discord, since direct messages do not say, and remembered for a while."""

from collections.abc import Sequence

from adapters.discord.errors import Refusal
from adapters.discord.rest import Rest
from bot.messages import FailureKind
from bot.ports import Clock

MEMBER, STRANGER = 600.0, 60.0
"""Seconds for which an answer holds."""

_MOST = 10_000


class Members:
    """Membership by server and person. Without the privileged intent only single people can be asked for."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}

    async def is_in(self, person: str, servers: Sequence[str]) -> bool:
        """Whether this person is in one of these servers. Raises Refusal where Discord does not tell."""
        for server in servers:
            if await self._is_member(person, server):
                return True
        return False

    async def _is_member(self, person: str, server: str) -> bool:
        known, until = self._known.get((server, person), (False, 0.0))
        if self._clock() < until:
            return known
        found = await self._ask(person, server)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[server, person] = (found, self._clock() + (MEMBER if found else STRANGER))
        return found

    async def _ask(self, person: str, server: str) -> bool:
        try:
            await self._rest.patiently("GET", f"/guilds/{server}/members/{person}", kind="member", channel=server)
        except Refusal as refused:
            if refused.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
                return False  # not there, or we are not
            raise
        return True
