"""What was said on Discord before: read for context, for catching up, and to find our own posts again."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import discord

from adapters.discord import inbound as taken
from adapters.discord.connection import Connection
from adapters.discord.errors import Refusal, not_found
from adapters.discord.ids import first_at, time_of
from adapters.discord.limits import Rank
from adapters.discord.outbound import layout_mark, marks_of, nonce_of
from adapters.discord.places import Places
from adapters.discord.rest import Rest
from adapters.discord.session import Session
from bot.messages import Attachment, Failure, FailureKind, Inbound, PastMessage, PersonKind, Place, PlaceKind

_PAGE = 100
_MOST_KNOWN = 1_000
_SILENT_PAGES = 5


class History:
    """Reads messages over HTTP; discord.py makes sense of them."""

    def __init__(self, rest: Rest, session: Session, places: Places) -> None:
        self._rest = rest
        self._session = session
        self._places = places
        self._known: OrderedDict[str, str] = OrderedDict()  # our posts of late: nonce to message

    def note(self, nonce: str, message_id: str) -> None:
        """A post of ours is there: its answer says so, or the gateway where that was lost."""
        self._known[nonce] = message_id
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    async def before(self, place: Place, message: int, limit: int) -> Sequence[PastMessage]:
        """The last messages before this one, oldest first."""
        size, said = min(_PAGE, limit), list[PastMessage]()
        for _ in range(_SILENT_PAGES):
            query = {"before": str(message), "limit": str(size)}
            raw = await self._read(place, query, rank=Rank.FIRST, about=message, leads_to=1)
            said = [one for one in self._past(raw, place) if one is not None]
            if said or len(raw) < size or not self._session.message_content:
                break
            message = int(raw[-1]["id"])  # people joined, and nobody spoke
        if place.thread is not None and len(said) < limit and (start := await self._start(place)) is not None:
            said = [start, *(one for one in said if one.message_id != start.message_id)]
        return said[-limit:]

    async def since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said from then on, the newest `limit`, oldest first; page by page back from the end."""
        least, raw = first_at(since), list[Any]()
        while len(raw) < limit:
            page = await self._read(place, {"limit": str(_PAGE), **_before(raw)})
            raw += [one for one in page if int(one["id"]) >= least]
            told(len(raw))
            if len(page) < _PAGE or int(page[-1]["id"]) < least:
                break
        said = [one for one in self._past(raw[:limit], place) if one is not None]
        if place.thread is not None and len(raw) < limit and int(place.thread) >= least:
            start = await self._start(place)
            said = said if start is None else [start, *(one for one in said if one.message_id != start.message_id)]
        return said

    async def posted(self, place: Place, key: str) -> str | None:
        """Our message with this key: one we were told of, or one that bears its marks among the newest hundred.

        A plain message without buttons bears none. For some minutes Discord itself knows it: the same post again
        is the same message.
        """
        if known := self._known.get(nonce_of(key)):
            return known
        wanted = {nonce_of(key), layout_mark(key)}
        for message in await self._read(place, {"limit": str(_PAGE)}):
            ours = str((message.get("author") or {}).get("id")) == str(self._session.me)
            if (ours or not self._session.me) and not wanted.isdisjoint(marks_of(message)):
                return str(message["id"])
        return None

    def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """Places with a message newer than that, by what Discord told us when we connected."""
        client = self._session.client
        if client is None:
            return known
        found: list[Place] = []
        for guild in client.guilds:
            here: list[discord.TextChannel | discord.VoiceChannel | discord.Thread] = []
            here += [*guild.text_channels, *guild.voice_channels, *guild.threads]
            for channel in here:
                last = channel.last_message_id
                if last is not None and time_of(last) >= since and may_read(channel):
                    found.append(_place(guild, channel))
        return [*found, *known]

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What people said there since, as it would have come in; nothing where we may not look any more."""
        client, after = self._session.client, first_at(since)
        raw: list[Any] = []
        try:
            while len(raw) < limit:
                page = await self._read(place, {"limit": str(_PAGE), **_before(raw)})
                raw += [one for one in page if int(one["id"]) > after]
                if len(page) < _PAGE or int(page[-1]["id"]) <= after:
                    break
        except Refusal as refused:
            if refused.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
                return ()
            raise
        if client is None:
            return ()
        where = await self._places.find(_guild(place), int(place.thread or place.channel))
        messages = [self._message(client, one, place) for one in reversed(raw[:limit])]
        how: dict[str, Any] = {"content": self._session.message_content}
        events = [
            taken.heard(one, place, self._session.me, took_part=where.took_part(one), **how) for one in messages
        ]
        return [one for one in events if one is not None and one.person.kind is PersonKind.HUMAN]

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """A file's bytes. Addresses expire: one that Discord no longer knows is asked for anew."""
        try:
            async for piece in self._rest.download(attachment.url or ""):
                yield piece
        except Refusal as refused:
            if refused.status not in (403, 404) or attachment.url is None:
                raise
        else:
            return
        async for piece in self._rest.download(await self._fresh_url(attachment)):
            yield piece

    async def _fresh_url(self, attachment: Attachment) -> str:
        channel, message, file = attachment.id.split("/")
        path = f"/channels/{channel}/messages/{message}"
        told: Any = await self._rest.patiently("GET", path, kind="message", channel=channel)
        forwarded = [one["message"] for one in told.get("message_snapshots") or ()]
        files = [file for one in (told, *forwarded) for file in one.get("attachments") or ()]
        url = next((str(one["url"]) for one in files if str(one["id"]) == file), None)
        if url is None:
            raise not_found("no such file any more")
        return url

    async def _start(self, thread: Place) -> PastMessage | None:
        """What the thread hangs on, which stands in the channel; None for a thread that hangs on nothing."""
        path = f"/channels/{thread.channel}/messages/{thread.thread}"
        try:
            raw = await self._rest.patiently("GET", path, kind="message", channel=thread.channel)
        except Refusal as refused:
            if refused.failure.kind in (FailureKind.TRANSIENT, FailureKind.RATE_LIMIT):
                raise
            return None
        return next(iter(self._past([raw], thread.parent)), None)

    async def _read(self, place: Place, query: dict[str, str], **how: Any) -> Any:
        channel = place.thread or place.channel
        path = f"/channels/{channel}/messages"
        return await self._rest.patiently("GET", path, kind="history", channel=channel, query=query, **how)

    def _past(self, raw: Iterable[Any], place: Place) -> list[PastMessage | None]:
        client = self._session.client
        if client is None or not self._session.me:
            raise Refusal(Failure(FailureKind.TRANSIENT), "who we are is not known yet")
        messages = [self._message(client, one, place) for one in raw]
        shown = [one for one in messages if self._session.message_content or taken.says_something(one)]
        return [taken.past(one, place, self._session.me) for one in reversed(shown)]

    def _message(self, client: Connection, raw: Any, place: Place) -> discord.Message:
        return client.message_from(raw, int(raw["channel_id"]), _guild(place))


def _guild(place: Place) -> int | None:
    return None if place.kind is PlaceKind.DM else int(place.workspace)


def _place(guild: discord.Guild, channel: discord.abc.GuildChannel | discord.Thread) -> Place:
    if isinstance(channel, discord.Thread):
        return taken.place_of(guild.id, channel.parent_id, channel.id)
    return taken.place_of(guild.id, channel.id)


def may_read(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether we ourselves can read what was said there."""
    try:
        rights = channel.permissions_for(channel.guild.me)
    except discord.ClientException:  # a thread whose channel is not known
        return True
    return rights.view_channel and rights.read_message_history


def _before(read: Sequence[Any]) -> dict[str, str]:
    return {"before": str(read[-1]["id"])} if read else {}
