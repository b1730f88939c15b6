"""Whose words are taken in at all: those of people in workspaces that are served, and of no outsiders."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.access import Access
from bot.commands.errands import Errands
from bot.conversation import words
from bot.errors import PlatformError
from bot.messages import OUTSIDER, Inbound, InboundKind, PlaceKind, person_key
from bot.ports import Adapter, Clock, KnowsMembers, offers
from bot.preferences import OUTSIDERS
from bot.store.engine import Store
from bot.store.intents.inbox import accept_once, turn_away
from bot.store.intents.settings import in_force

log = structlog.get_logger(__name__)


class Admission:
    """Lets events in, as far as they may, before anything is kept, fetched or spent; tells people why not."""

    def __init__(
        self, store: Store, access: Access, errands: Errands, adapters: Mapping[str, Adapter], clock: Clock
    ) -> None:
        self._store = store
        self._access = access
        self._errands = errands
        self._adapters = adapters
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def admitted(self, inbound: Inbound) -> Inbound | None:
        """The event as it is to be taken in; None for what is not. What is to be forgotten always is."""
        if inbound.kind is InboundKind.DELETE:
            return inbound
        if not await self.serves(inbound):
            await self._turn_away(inbound)
            return None
        if inbound.kept_back:
            await self._not_told(inbound)
            return None
        if OUTSIDER in inbound.person.roles:
            return await self._from_outside(inbound)
        return inbound

    async def serves(self, inbound: Inbound) -> bool:
        """Whether the operator lets these people use the bot: those of a workspace, and its members in private."""
        place = inbound.place
        if self._access.serves(place):
            return True
        adapter = self._adapters[place.platform]
        if place.kind is not PlaceKind.DM or not offers(adapter, KnowsMembers):
            return False
        try:
            return await adapter.is_member(inbound.person, self._access.served_on(place.platform))
        except PlatformError as error:
            log.warning("membership not told", place=place.key, failure=error.failure.kind)
            return False

    async def close(self) -> None:
        """Let what is being said be said."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _turn_away(self, inbound: Inbound) -> None:
        """Say once in a channel that nobody there is served, and always to whoever waits for an answer."""
        if not inbound.addressed and inbound.kind is not InboundKind.BUTTON:
            return
        if inbound.kind in (InboundKind.COMMAND, InboundKind.BUTTON):
            if await self._store.write(accept_once, inbound, self._clock()):
                self._say(inbound, words.NOT_HERE, private=True)
        elif await self._store.write(turn_away, inbound, self._clock()):
            log.info("turned away", place=inbound.place.key)
            self._say(inbound, words.NOT_HERE, private=False)

    async def _not_told(self, inbound: Inbound) -> None:
        """Say why a message can't be answered whose words the platform keeps from us; of a later edit nothing."""
        if inbound.kind is InboundKind.MESSAGE and await self._store.write(accept_once, inbound, self._clock()):
            self._say(inbound, inbound.kept_back, private=False)

    async def _from_outside(self, inbound: Inbound) -> Inbound | None:
        """What a guest or a stranger did, as far as they may: by default they are heard and not answered."""
        asker = person_key(inbound.place.platform, inbound.person)
        chosen = await self._store.read(in_force, inbound.place, asker)
        if chosen.get(OUTSIDERS.name, "deny") == "allow":
            return inbound
        spoken = inbound.kind in (InboundKind.MESSAGE, InboundKind.EDIT)
        if spoken and not inbound.addressed:
            return replace(inbound, follows=False)
        if await self._store.write(accept_once, inbound, self._clock()):
            self._say(inbound, words.OUTSIDERS, private=True)
        return None

    def _say(self, inbound: Inbound, said: str, *, private: bool) -> None:
        """In the background: the platform is not kept waiting for what we say."""
        telling = asyncio.create_task(self._errands.say(inbound, said, private=private))
        self._tasks.add(telling)
        telling.add_done_callback(self._tasks.discard)
