"""Slack's own search, which a bot may use while it answers somebody: with the token that came with their message.

Tokens are kept in memory and a quarter of an hour at most; what is found is Slack's, to be shown and not kept.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from adapters.slack.inbound import PLATFORM, Json, Us, is_ts, message_link, words_of
from adapters.slack.people import People
from bot.errors import SearchNotReady
from bot.messages import Hit, Person, PersonKind, Place, PlaceKind, Query
from bot.ports import Clock

TOKEN_SECONDS = 15 * 60.0
PAGE, MOST_PAGES = 20, 3
"""Messages to a page, as many as Slack gives, and pages that are asked for."""

NO_TOKEN = "Slack's own search works only while I answer a message that was sent to me, so it was left out."
NOT_HERE = "Slack's own search is not open to me in this workspace, so it was left out."

_REFUSED = frozenset(
    {
        "missing_scope",
        "unknown_method",
        "feature_not_enabled",
        "not_allowed_token_type",
        "access_denied",
        "no_permission",
        "assistant_search_context_disabled",
    }
)
_MOST_KNOWN = 2_000


class Searching:
    """`assistant.search.context`: public messages, by words and by meaning."""

    def __init__(self, api: Api, people: People, clock: Clock) -> None:
        self._api = api
        self._people = people
        self._clock = clock
        self._tokens: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def note(self, event: Json) -> None:
        """Keep the token that came with a message, if one did: a channel's come with the mention."""
        token = event.get("action_token") or (event.get("assistant_thread") or {}).get("action_token")
        if token and event.get("ts"):
            self._tokens[handle_of(str(event.get("channel")), str(event["ts"]))] = (self._clock(), str(token))
            if len(self._tokens) > _MOST_KNOWN:
                self._tokens.popitem(last=False)

    async def search(self, query: Query, handle: str | None) -> Sequence[Hit]:
        """What is found in the query's places. Raises SearchNotReady without a token, and SlackRefused."""
        at, token = self._tokens.get(handle or "", (0.0, ""))
        if not token or self._clock() - at > TOKEN_SECONDS:
            raise SearchNotReady(NO_TOKEN)
        if not query.words:
            return ()
        us = await self._api.us()
        try:
            return [hit async for hit in self._pages(query, token, us)]
        except SlackRefused as error:
            if error.code in _REFUSED:
                raise SearchNotReady(NOT_HERE) from error
            if error.code in ("invalid_action_token", "expired_action_token"):
                raise SearchNotReady(NO_TOKEN) from error
            raise

    async def _pages(self, query: Query, token: str, us: Us) -> AsyncIterator[Hit]:
        asked: dict[str, Any] = {"query": query.words, "action_token": token, "limit": PAGE}
        asked |= {"content_types": "messages", "channel_types": "public_channel"}
        if query.after is not None:
            asked["after"] = int(query.after)
        if query.before is not None:
            asked["before"] = int(query.before)
        if len(query.places) == 1:
            asked["context_channel_id"] = query.places[0].channel
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            told = await self._api.read("assistant.search.context", cursor=cursor, **asked)
            for hit in self._hits((told.get("results") or {}).get("messages") or (), query, us):
                yield hit
            cursor = (told.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    def _hits(self, raw: Iterable[Json], query: Query, us: Us) -> Iterable[Hit]:
        channels = {place.channel for place in query.places}
        for one in raw:
            hit = self._hit(one, us)
            if hit is None or hit.place.channel not in channels:
                continue
            wanted = query.author is None or hit.author.id == query.author
            timely = (query.after or 0.0) <= hit.sent_at < (query.before or float("inf"))
            if wanted and timely and (hit.files or not query.has_file):
                yield hit

    def _hit(self, one: Json, us: Us) -> Hit | None:
        channel, ts = str(one.get("channel_id") or ""), str(one.get("message_ts") or "")
        if not channel or not is_ts(ts):
            return None
        link = str(one.get("permalink") or "")
        root = (parse_qs(urlsplit(link).query).get("thread_ts") or [""])[0]
        threaded = is_ts(root) and root != ts
        place = Place(PLATFORM, us.team, channel)
        if threaded:
            place = Place(PLATFORM, us.team, channel, root, PlaceKind.THREAD)
        user = str(one.get("author_user_id") or "")
        kind = PersonKind.BOT if one.get("is_author_bot") else PersonKind.HUMAN
        author = Person(user, str(one.get("author_name") or self._people.name(user)), kind)
        files = tuple(str(file.get("name") or "file") for file in one.get("files") or ())
        words = words_of(str(one.get("content") or ""), us, self._people.name)
        return Hit(place, ts, author, float(ts), words, message_link(us, place, ts), files, fleeting=True)


def handle_of(channel: str, ts: str) -> str:
    """What stands for a message's token outside: it says nothing, and opens nothing after a restart."""
    return f"event:{channel}:{ts}"
