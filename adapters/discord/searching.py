"""Discord's own search of a server. It finds all that we can read: what it tells is held against the question."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from adapters.discord.errors import Refusal
from adapters.discord.ids import first_at
from adapters.discord.inbound import message_link, past, place_of
from adapters.discord.rest import Rest
from adapters.discord.session import Session
from bot.errors import SearchNotReady
from bot.messages import Failure, FailureKind, Hit, Place, PlaceKind, Query

PAGE, MOST_PAGES = 25, 4
"""Messages to a page, as many as Discord gives, and pages that are asked for."""

_MOST_CHANNELS, _LONGEST = 500, 1024
_PRIVATE_THREAD = discord.ChannelType.private_thread.value


class Searching:
    """`GET /guilds/{id}/messages/search`, open to bots that may read messages."""

    def __init__(self, rest: Rest, session: Session) -> None:
        self._rest = rest
        self._session = session

    async def search(self, query: Query) -> Sequence[Hit]:
        """What is found in the query's places. Raises SearchNotReady while there is no index yet, and Refusal."""
        if not self._session.message_content:
            raise SearchNotReady("Discord's own search needs the message content intent, which is off.")
        servers = {place.workspace for place in query.places if place.kind is not PlaceKind.DM}
        answers = await asyncio.gather(*(self._in(server, query) for server in servers), return_exceptions=True)
        found = [hit for answer in answers if not isinstance(answer, BaseException) for hit in answer]
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        if failed and not found:
            raise failed[0]
        return found

    async def _in(self, server: str, query: Query) -> Sequence[Hit]:
        asked = self._asked(server, query)
        hits: list[Hit] = []
        for page in range(MOST_PAGES):
            told = await self._page(server, [*asked, ("offset", str(page * PAGE))])
            hits += self._hits(server, told, query)
            # A page may hold fewer than it could, and others come after it all the same.
            if (page + 1) * PAGE >= int(told.get("total_results") or 0) or len(hits) >= query.limit:
                break
        return hits

    async def _page(self, server: str, asked: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
        path = f"/guilds/{server}/messages/search"
        told: Any = await self._rest.patiently("GET", path, kind="search", channel=server, query=asked)
        if not told or "messages" not in told:
            wait = max(1, round(float((told or {}).get("retry_after") or 0)))
            raise SearchNotReady(f"Discord is still making its index of this server; ask again in {wait} seconds.")
        found: Mapping[str, Any] = told
        return found

    def _asked(self, server: str, query: Query) -> list[tuple[str, str]]:
        asked = [("limit", str(PAGE)), ("include_nsfw", "false")]
        asked += [("channel_id", one) for one in self._channels(server, query.places)]
        if query.words:
            asked += [("content", query.words[:_LONGEST]), ("sort_by", "relevance")]
        if query.author is not None:
            asked.append(("author_id", query.author))
        if query.has_file:
            asked.append(("has", "file"))
        if query.after is not None:
            asked.append(("min_id", str(first_at(query.after))))
        if query.before is not None:
            asked.append(("max_id", str(first_at(query.before))))
        return asked

    def _channels(self, server: str, places: Iterable[Place]) -> Sequence[str]:
        """The places by Discord's ids, and the open threads of channels; those written in last come first."""
        client = self._session.connection
        named = {place.thread or place.channel for place in places if place.workspace == server}
        guild = client.get_guild(int(server))
        threads = guild.threads if guild is not None else ()
        named |= {str(one.id) for one in threads if str(one.parent_id) in named and not one.is_private()}
        known = {one: client.get_channel(int(one)) for one in named}
        last = {one: getattr(channel, "last_message_id", None) or 0 for one, channel in known.items()}
        return sorted(named, key=lambda one: last[one], reverse=True)[:_MOST_CHANNELS]

    def _hits(self, server: str, told: Mapping[str, Any], query: Query) -> Iterable[Hit]:
        threads = {str(one["id"]): one for one in told.get("threads") or ()}
        wanted = {place.key for place in query.places}
        for raw in (message for group in told["messages"] for message in group):
            place = self._place(server, str(raw["channel_id"]), threads, wanted)
            hit = self._hit(raw, place) if place is not None else None
            if hit is not None:
                yield hit

    def _place(self, server: str, channel: str, threads: Mapping[str, Any], wanted: Iterable[str]) -> Place | None:
        """Where a message stands; None where that is none of the places that were asked for."""
        known = self._session.connection.get_channel(int(channel))
        private = False
        if channel in threads:
            place = place_of(int(server), int(threads[channel]["parent_id"]), int(channel))
            private = threads[channel].get("type") == _PRIVATE_THREAD
        elif isinstance(known, discord.Thread):
            place = place_of(int(server), known.parent_id, known.id)
            private = known.is_private()
        else:
            place = place_of(int(server), int(channel))
        if place.key in wanted or (place.thread is not None and not private and place.parent.key in wanted):
            return place
        return None

    def _hit(self, raw: Any, place: Place) -> Hit | None:
        client = self._session.connection
        if not self._session.me:
            raise Refusal(Failure(FailureKind.TRANSIENT), "who we are is not known yet")
        message = client.message_from(raw, int(raw["channel_id"]), int(place.workspace))
        said = past(message, place, self._session.me)
        if said is None:
            return None
        link, files = message_link(place, said.message_id), tuple(one.name for one in said.attachments)
        return Hit(place, said.message_id, said.person, said.sent_at, said.text, link, files)
