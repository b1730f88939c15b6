"""Finds what people said: where it may be looked for, by whom, what fits best, and who may be shown it."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import available_timezones

import structlog

from bot.errors import BudgetReached, GatewayError, PlatformError
from bot.messages import Hit, PersonKind, Place, PlaceKind, Query, Readable, person_key
from bot.ports import Adapter, Clock, Gateway, KnowsNames, ListsReadable, Recording, offers
from bot.preferences import NO_TRAINING, SEARCH_BY_MEANING, TIME_ZONE, ZERO_DATA_RETENTION
from bot.search.audience import PATIENCE, Disclosure, Discretion
from bot.search.meaning import Meanings
from bot.search.merging import Key, Merged, merge, rank, within
from bot.search.sources import SECONDS, Source, ask, sources_for
from bot.search.when import moment_in
from bot.search.wish import EVERYWHERE, HERE, MOST, Asker, Found, Wish
from bot.store.engine import Store
from bot.store.intents.posts import asked_at
from bot.store.intents.settings import in_force
from bot.store.search import find

log = structlog.get_logger(__name__)

MOST_PLACES = 40
"""Places of what was found, those of the best first, of which it is asked who may see them."""

UNTOLD = "Just now it can't be told what you can read, so nothing was looked through. Try again in a moment."

_MENTION = re.compile(r"<@!?(\w+)(?:\|[^>]*)?>|(\d{15,20}|[UW][A-Z0-9]{6,})")
_ME = frozenset({"me", "i", "myself", "mine"})


@dataclass(frozen=True, slots=True)
class _Scope:
    """Places that may be looked in, their names by their keys, and those that were named."""

    places: tuple[Place, ...]
    names: dict[str, str] = field(default_factory=dict)
    named: tuple[Place, ...] = ()


class NoSuchChannel(Exception):
    """None of this name that the asker can read."""


class Finder:
    """Searches on one platform. What is kept is found up to this moment where `recording` is there to ask."""

    def __init__(
        self, adapter: Adapter, store: Store, gateway: Gateway, clock: Clock, recording: Recording | None = None
    ) -> None:
        self._adapter = adapter
        self._store = store
        self._clock = clock
        self._discretion = Discretion(adapter)
        self._meanings = Meanings(store, gateway, clock)
        self._kept: Source = recording.find if recording is not None else self._look_through

    async def _look_through(self, query: Query) -> Sequence[Hit]:
        """What is kept of it, on a thread: hundreds of rows are ranked."""
        return await self._store.look_through(find, query)

    async def find(self, asker: Asker, wish: Wish) -> Found:
        """What fits, and how it may be shown. Raises NoSuchChannel, and TimeUnclear for no time."""
        key = person_key(asker.place.platform, asker.person)
        chosen = await self._store.read(in_force, asker.asked_in, key)
        scope = await self._scope(asker, wish)
        zone = _zone(chosen, asker)
        query, author = await self._query(asker, wish, scope.places, zone)
        found = Found(names=scope.names, zone=zone)
        if not scope.places:
            return replace(found, notes=(UNTOLD,))
        answers = await ask(self._sources(asker, scope), query, self._adapter)
        meant = await self._meant_by(asker)
        fitting = [one for one in within(merge(answers), query, author) if meant(one.hit)]
        meanings, failed = await self._meant(asker, query, fitting, chosen)
        notes = tuple(dict.fromkeys(one.note for one in answers if one.note))
        here, privately, hidden = await self._parted(asker, fitting, scope)
        limit = min(wish.limit, MOST)
        parts = [
            tuple((await asyncio.to_thread(rank, part, query.words, meanings))[:limit])
            for part in (here, privately)
        ]
        return replace(found, here=parts[0], privately=parts[1], hidden=hidden, notes=notes, unordered=failed)

    # --- what is looked for, and where -----------------------------------------------------------

    async def _query(
        self, asker: Asker, wish: Wish, places: Sequence[Place], zone: str | None
    ) -> tuple[Query, str]:
        """The question as sources take it, and the name of whoever is meant, where only that is known."""
        now = self._clock()
        after, before = [
            await asyncio.to_thread(moment_in, said, zone, now) if said.strip() else None
            for said in (wish.after, wish.before)
        ]
        author, name = await self._author(asker, wish.author)
        return Query(wish.words, tuple(places), author, after, before, wish.has_file), name

    async def _author(self, asker: Asker, said: str) -> tuple[str | None, str]:
        """The id of whoever is meant, or their name where that is not known, or is that of several."""
        author, name = _author(asker, said)
        if not name or not offers(self._adapter, KnowsNames):
            return author, name
        try:
            async with asyncio.timeout(SECONDS):
                called = await self._adapter.called(name, asker.asked_in.workspace)
        except (PlatformError, TimeoutError) as error:
            log.warning(
                "names not told", platform=self._adapter.platform, error=str(error) or type(error).__name__
            )
            return None, name
        return (called[0].id, "") if len(called) == 1 else (None, name)

    async def _scope(self, asker: Asker, wish: Wish) -> _Scope:
        """Where it may be looked for: only where the asker can read at this moment."""
        where = wish.where.strip() or (EVERYWHERE if asker.asked_in.kind is PlaceKind.DM else HERE)
        own = await self._own(asker)
        if where.lower() == HERE:
            return _Scope(own)
        listed = await self._readable(asker)
        names = {one.place.key: one.name for one in listed}
        if where.lower() == EVERYWHERE:
            return _Scope(tuple(dict.fromkeys((*(one.place for one in listed), *own))), names)
        named = tuple(one.place for one in listed if _is_named(one, where))
        if not named:
            raise NoSuchChannel(where)
        return _Scope(named, names, named)

    def _sources(self, asker: Asker, scope: _Scope) -> Mapping[str, Source]:
        """Of one place the last messages are read as well: of the one that is named, or the one asked in."""
        here = asker.asked_in if _home(asker.asked_in) in scope.places else None
        near = scope.named[0] if len(scope.named) == 1 else here
        return sources_for(self._adapter, self._kept, asker.person, near, asker.handle)

    async def _own(self, asker: Asker) -> tuple[Place, ...]:
        """The place asked in, and the channel of it."""
        allowed = await self._discretion.can_read(asker.person, asker.asked_in)
        return tuple(dict.fromkeys((_home(asker.asked_in), asker.asked_in))) if allowed else ()

    async def _readable(self, asker: Asker) -> Sequence[Readable]:
        """All that the asker can read; nothing where the platform can't tell."""
        if not offers(self._adapter, ListsReadable):
            return ()
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._adapter.readable(asker.person, asker.asked_in.workspace)
        except (PlatformError, TimeoutError) as error:
            log.warning(
                "readable places not told",
                platform=self._adapter.platform,
                error=str(error) or type(error).__name__,
            )
            return ()

    async def _meant_by(self, asker: Asker) -> Callable[[Hit], bool]:
        """Leaves out this very question, which says what is looked for, and what we wrote since it was asked: a
        growing answer may repeat it, and the id of a message that is just being posted is not known yet."""
        turn = asker.account.turn
        since = await self._store.read(asked_at, turn) if turn else None

        def meant(hit: Hit) -> bool:
            ours = hit.author.kind is PersonKind.SELF
            return hit.message_id != asker.message_id and not (ours and since is not None and hit.sent_at >= since)

        return meant

    # --- what fits, and who may see it -----------------------------------------------------------

    async def _meant(
        self, asker: Asker, query: Query, found: Sequence[Merged], chosen: Mapping[str, str]
    ) -> tuple[Mapping[Key, float], str]:
        """How near each is in meaning, where that is switched on; and why it is not known, where it should be."""
        if chosen.get(SEARCH_BY_MEANING.name) != "on" or not query.words or len(found) < 2:
            return {}, ""
        if "on" in (chosen.get(ZERO_DATA_RETENTION.name), chosen.get(NO_TRAINING.name)):
            return {}, "They are not in order of meaning: no embedding model promises the privacy chosen here."
        try:
            return await self._meanings.of(query.words, found, asker.account), ""
        except BudgetReached as error:
            return {}, f"They are not in order of meaning. {error.said}"
        except GatewayError as error:
            log.warning("meanings not known", error=type(error).__name__)
            return {}, "They are not in order of meaning: the embedding model did not answer."

    async def _parted(
        self, asker: Asker, found: Sequence[Merged], scope: _Scope
    ) -> tuple[list[Merged], list[Merged], bool]:
        """What may be shown where it was asked, what only to the asker, and whether a channel that was named is
        none for that place: asked anew, for much may have changed while it was looked for.

        The parts know nothing of each other: what only the asker may see takes no room from what all may see, and
        moves nothing in it.
        """
        early = sorted(found, key=lambda one: one.rank)
        # Places beyond the limit are not asked about, and so what stands in them is not shown.
        places = list(dict.fromkeys((*scope.named, *(one.hit.place for one in early))))[:MOST_PLACES]
        how = await self._discretion.disclosures(places, asker.place, asker.person)
        here = [one for one in found if how.get(one.hit.place.key) is Disclosure.HERE]
        privately = [one for one in found if how.get(one.hit.place.key) is Disclosure.PRIVATELY]
        hidden = any(how.get(place.key) is not Disclosure.HERE for place in scope.named)
        return here, privately, hidden


def _home(place: Place) -> Place:
    """The channel that stands for itself and the threads in it; a direct message is none's channel but its own."""
    if place.thread is None:
        return place
    kind = PlaceKind.DM if place.kind is PlaceKind.DM else PlaceKind.CHANNEL
    return Place(place.platform, place.workspace, place.channel, kind=kind)


def _zone(chosen: Mapping[str, str], asker: Asker) -> str | None:
    zone = chosen.get(TIME_ZONE.name) or asker.person.time_zone
    return zone if zone in available_timezones() else None


def _author(asker: Asker, said: str) -> tuple[str | None, str]:
    """The id of whoever is meant, or else their name."""
    wanted = said.strip()
    if wanted.lower() in _ME:
        return asker.person.id, ""
    found = _MENTION.fullmatch(wanted)
    if found is not None:
        return found[1] or found[2], ""
    return None, wanted.lstrip("@").strip()


def _is_named(one: Readable, where: str) -> bool:
    """Whether a place is meant by these words: its name, or the mention or id of it."""
    wanted = where.strip().strip("<>").lstrip("#").partition("|")[0].casefold()
    return wanted in (one.name.casefold(), (one.place.thread or one.place.channel).casefold())
