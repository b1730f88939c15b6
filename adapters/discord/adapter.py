"""Discord as a platform: what the core calls to show something there, and what it hears from there."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import discord
import structlog

from adapters.discord import inbound as taken
from adapters.discord.commands import offered, same
from adapters.discord.connection import Connection
from adapters.discord.errors import THREAD_ARCHIVED, THREAD_EXISTS, Refusal, not_found
from adapters.discord.history import History
from adapters.discord.interactions import Interactions
from adapters.discord.joining import greeting, greeting_place
from adapters.discord.limits import Rank
from adapters.discord.markdown import render
from adapters.discord.members import Members
from adapters.discord.outbound import CONTENT, LAYOUT, STATUS, changed_message, new_message, new_poll, said_alone
from adapters.discord.places import Places, Where, may_open_thread
from adapters.discord.readers import Readers
from adapters.discord.rest import DISCORD, Rest
from adapters.discord.session import Session
from adapters.discord.waiting import Waiting
from bot.errors import PlatformError
from bot.messages import (
    Attachment,
    Budget,
    CallKind,
    Capabilities,
    CommandSpec,
    Failure,
    FailureKind,
    Inbound,
    InboundKind,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Poll,
    Quota,
    Rendered,
)
from bot.ports import Clock, Health, Intake

log = structlog.get_logger(__name__)

_EACH_PLACE = Budget(5, 5.0)
_TOTAL = Budget(50, 1.0)
_TOO_OLD = 55 * 60.0
"""Seconds after which a message is not edited while it grows: Discord takes few edits of old ones."""


class DiscordAdapter:
    """One bot on Discord.

    `reply_in` is where a mention in a channel is answered unless people chose otherwise; `serves` tells whether
    the operator lets it serve in a place.
    """

    platform = taken.PLATFORM

    def __init__(
        self,
        token: str,
        clock: Clock,
        *,
        reply_in: str = "thread",
        base_url: str = DISCORD,
        serves: Callable[[Place], bool] = lambda _place: True,
        settle: float = 1.0,
        polite: float = 5.0,
    ) -> None:
        self.capabilities = Capabilities(
            text_limit=CONTENT - STATUS,
            later_limit=LAYOUT - STATUS,
            edits=_EACH_PLACE,
            quotas={
                CallKind.POST: Quota(_EACH_PLACE, by_place=True),
                CallKind.EDIT: Quota(_EACH_PLACE, by_place=True),
                CallKind.DELETE: Quota(_EACH_PLACE, by_place=True),
            },
            total=_TOTAL,
            threads=reply_in == "thread",
            buttons=True,
            private_replies=True,
        )
        self._clock = clock
        self._serves = serves
        self._rest = Rest(token, base_url)
        self._places = Places(self._rest)
        self._session = Session(token, base_url, self._rest, self, settle=settle, polite=polite)
        self._members = Members(self._rest, clock)
        self._readers = Readers(self._rest)
        self._waiting = Waiting()
        self._history = History(self._rest, self._session, self._places)
        self._interactions = Interactions(
            self._rest, clock, self._find, lambda *about: self._client.message_from(*about), lambda: self._me
        )
        self._intake: Intake | None = None
        self._connected = False
        self._missed: Callable[[], None] = lambda: None

    # --- its life --------------------------------------------------------------------------------

    async def start(self, intake: Intake) -> None:
        """Connect in the background, so that nobody waits for Discord. Raises StartError for a refused token."""
        self._intake = intake
        await self._session.start()

    async def stop(self) -> None:
        """Hand over nothing more, and hang up."""
        self._intake = None
        self._waiting.stop()
        await self._session.stop()
        await self._rest.close()

    def health(self) -> Health:
        """Whether the connection stands. discord.py notices a silent one by itself."""
        return Health(self._connected)

    async def offer(self, specs: Sequence[CommandSpec]) -> None:
        """Make exactly these commands available, with one call, and only if they are not."""
        self._interactions.know(specs)
        path = f"/applications/{await self._session.application_id()}/commands"
        wanted = offered(specs)
        if same(wanted, await self._rest.patiently("GET", path, kind="commands")):
            return
        await self._rest.patiently("PUT", path, wanted, kind="commands")
        log.info("commands offered", commands=len(wanted))

    # --- what the core calls ---------------------------------------------------------------------

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message, once for each key."""
        self._check(rendered)
        channel = _channel(place)
        body = new_message(rendered, key, in_place=place.kind is not PlaceKind.THREAD)
        path = f"/channels/{channel}/messages"
        files = rendered.files
        told = await self._rest.call(
            "POST", path, body, kind="post", channel=channel, rank=Rank.FIRST, files=files
        )
        self._history.note(body["nonce"], str(told["id"]))
        return str(told["id"])

    async def post_poll(self, place: Place, poll: Poll, key: str) -> str:
        """Show a poll of Discord's own, once for each key."""
        channel, path = _channel(place), f"/channels/{_channel(place)}/messages"
        told = await self._rest.call(
            "POST", path, new_poll(poll, key), kind="post", channel=channel, rank=Rank.FIRST
        )
        return str(told["id"])

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours. A thread that fell asleep is woken for it."""
        self._check(rendered)
        channel, message = _channel(place), _snowflake(message_id)
        if not rendered.final and self._clock() - _time_of(message) > _TOO_OLD:
            raise Refusal(Failure(FailureKind.UNEDITABLE), "older than an hour")
        try:
            await self._edit(channel, message_id, rendered)
        except Refusal as refused:
            if refused.code != THREAD_ARCHIVED:
                raise
            await self._wake(channel, refused)
            await self._edit(channel, message_id, rendered)

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away."""
        channel = _channel(place)
        path = f"/channels/{channel}/messages/{_snowflake(message_id)}"
        try:
            await self._rest.call("DELETE", path, kind="delete", channel=channel, rank=Rank.FIRST)
        except Refusal as refused:
            if refused.failure.kind not in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN, FailureKind.UNEDITABLE):
                raise

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached, from Discord's own hosts."""
        return self._history.fetch(attachment)

    def render(self, markdown: str) -> str:
        """Markdown as Discord writes it. Whom it names is told by `allowed_mentions` alone."""
        return render(markdown)

    def classify(self, error: Exception) -> Failure:
        """What an error means."""
        if isinstance(error, PlatformError):
            return error.failure
        return Failure(FailureKind.INVALID)

    def budget(self, place: Place, kind: CallKind) -> Budget | None:
        """What Discord's headers said last."""
        return self._rest.budget(kind.value, _channel(place))

    async def typing(self, place: Place) -> None:
        """Show that we are writing, for ten seconds; only where there is room for it at once."""
        if not self._rest.is_free(Rank.TYPING):
            return
        channel = _channel(place)
        await self._rest.call(
            "POST", f"/channels/{channel}/typing", kind="typing", channel=channel, rank=Rank.TYPING
        )

    async def is_member(self, person: Person, workspaces: Sequence[str]) -> bool:
        """Whether somebody is in one of these servers."""
        return await self._members.is_in(person.id, workspaces)

    async def open_dm(self, person: Person, place: Place) -> Place:
        """Where we talk with somebody alone. Whether they let us is only known once something is posted."""
        return taken.place_of(None, int(await self._dm(person)))

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person sees this channel or thread at this moment. Raises Refusal."""
        if not self._connected:
            raise Refusal(Failure(FailureKind.TRANSIENT), "not connected: the channels are not known")
        return await self._readers.can_read(self._client, person, place)

    def thread_for(self, place: Place, message_id: str) -> Place | None:
        """A thread on a message has the message's id."""
        client = self._session.client
        if client is not None and not may_open_thread(client, place):
            return None
        return Place(place.platform, place.workspace, place.channel, message_id, PlaceKind.THREAD)

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Open a thread on a message; one that is there already is as good."""
        path = f"/channels/{place.channel}/messages/{_snowflake(message_id)}/threads"
        body = {"name": title[:100] or "Question", "auto_archive_duration": 1440}
        try:
            await self._rest.call("POST", path, body, kind="thread", channel=place.channel, rank=Rank.FIRST)
        except Refusal as refused:
            if refused.code != THREAD_EXISTS:
                raise

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """What was said before; in a thread that begins with the message it hangs on."""
        return await self._history.before(place, _snowflake(before), limit)

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The message that was posted with this key."""
        return await self._history.posted(place, key)

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """Show it to one person: as the answer to what they did, or by direct message."""
        if handle is None or not await self._interactions.say(handle, rendered.text, private=True):
            await self._say(await self._dm(person), rendered.text)

    async def answer_command(
        self, person: Person, place: Place, rendered: Rendered, handle: str, *, private: bool
    ) -> None:
        """Show it as the answer to a command or a button, or otherwise where Discord takes that no more."""
        if await self._interactions.say(handle, rendered.text, private=private):
            return
        await self._say(await self._dm(person) if private else _channel(place), rendered.text)

    # --- catching up -----------------------------------------------------------------------------

    def listening(self) -> bool:
        """Whether what is said reaches the store."""
        return self._connected and not self._waiting

    def when_missed(self, tell: Callable[[], None]) -> None:
        """Tell after every new session: its predecessor's events are not told again."""
        self._missed = tell

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """Channels and threads whose last message is newer, and all direct messages we know."""
        return self._history.places_since(since, known)

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What people said there, as it would have come in."""
        return await self._history.said_since(place, since, limit)

    # --- what is heard ---------------------------------------------------------------------------

    def hears(self, listens: bool, *, afresh: bool = False) -> None:
        """Whether events reach us now."""
        self._connected = listens
        log.info("discord listens" if listens else "discord is not connected", afresh=afresh)
        if listens and afresh:
            self._missed()

    async def said(self, message: discord.Message) -> None:
        """Somebody wrote, we ourselves perhaps."""
        if message.author.id != self._me:
            await self._heard(message, InboundKind.MESSAGE)
        elif message.nonce is not None:
            self._history.note(str(message.nonce), str(message.id))

    async def edited(self, message: discord.Message) -> None:
        """Somebody wrote anew; or only a preview was added, which nobody did."""
        if message.author.id != self._me and message.edited_at is not None:
            await self._heard(message, InboundKind.EDIT)

    async def removed(self, guild: int | None, channel: int, messages: set[int]) -> None:
        """Messages were taken away, anybody's."""
        place = (await self._find(guild, channel)).place
        for message in sorted(messages):
            await self._hand_over(taken.deleted(message, place, self._clock()))

    async def acted(self, interaction: "discord.Interaction[Any]") -> None:
        """A command, a button, a menu or a form."""
        if self._intake is not None:
            await self._interactions.take(interaction, self._intake)

    async def joined(self, guild: discord.Guild) -> None:
        """We were added to a server: say once what we do and what we can read, where we serve at all."""
        where = greeting_place(guild)
        served = where is not None and self._serves(taken.place_of(guild.id, where))
        log.info("joined", workspace=str(guild.id), greeted=served)
        if where is not None and served:
            said = greeting(message_content=self._session.message_content)
            await self.post(taken.place_of(guild.id, where), Rendered(said, final=True), f"joined:{guild.id}")

    async def _heard(self, message: discord.Message, kind: InboundKind) -> None:
        guild = message.guild.id if message.guild is not None else None
        where = await self._find(guild, message.channel.id)
        event = taken.heard(message, where.place, self._me, took_part=where.took_part, kind=kind)
        if event is not None:
            await self._hand_over(event)

    async def _hand_over(self, event: Inbound) -> None:
        if self._intake is not None:
            await self._waiting.deliver(event, self._intake)

    # --- how it is done --------------------------------------------------------------------------

    @property
    def _client(self) -> Connection:
        client = self._session.client
        assert client is not None  # whoever asks was told something by it
        return client

    @property
    def _me(self) -> int:
        return self._session.me

    async def _find(self, guild: int | None, channel: int) -> Where:
        return await self._places.find(self._client, guild, channel)

    def _check(self, rendered: Rendered) -> None:
        limit = self.capabilities.later_limit if rendered.part else self.capabilities.text_limit
        if limit is not None and len(rendered.text) > limit:
            raise Refusal(Failure(FailureKind.INVALID), "text is too long")

    async def _edit(self, channel: str, message_id: str, rendered: Rendered) -> None:
        rank = Rank.FIRST if rendered.final else Rank.REFRESH
        path = f"/channels/{channel}/messages/{message_id}"
        body = changed_message(rendered)
        await self._rest.call("PATCH", path, body, kind="edit", channel=channel, rank=rank, files=rendered.files)

    async def _wake(self, thread: str, refused: Refusal) -> None:
        """Take a thread out of its archive. One that is locked, or not ours to wake, stays: a post may wake it."""
        try:
            await self._rest.patiently(
                "PATCH", f"/channels/{thread}", {"archived": False}, kind="wake", channel=thread, rank=Rank.FIRST
            )
        except Refusal as error:
            if error.failure.kind is FailureKind.TRANSIENT:
                raise
            raise refused from error

    async def _dm(self, person: Person) -> str:
        body = {"recipient_id": str(_snowflake(person.id))}
        told = await self._rest.patiently("POST", "/users/@me/channels", body, kind="dm")
        return str(told["id"])

    async def _say(self, channel: str, text: str) -> None:
        for body in said_alone(text, private=False):
            await self._rest.call("POST", f"/channels/{channel}/messages", body, kind="post", channel=channel)


def _channel(place: Place) -> str:
    """The channel in Discord's sense: a thread is one."""
    return place.thread or place.channel


def _snowflake(value: str) -> int:
    """An id as Discord takes it. Raises Refusal for what names nothing there."""
    if not value.isdecimal():
        raise not_found("no id of Discord's")
    return int(value)


def _time_of(snowflake: int) -> float:
    return discord.utils.snowflake_time(snowflake).timestamp()
