"""Discord as a platform: what the core calls to show something there, and what it hears from there."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import discord
import structlog

from adapters.discord.acted import Acted
from adapters.discord.audience import audience_of
from adapters.discord.commands import offered, same
from adapters.discord.connection import Connection
from adapters.discord.errors import Refusal
from adapters.discord.hearing import Hearing
from adapters.discord.history import History
from adapters.discord.ids import snowflake
from adapters.discord.inbound import PLATFORM, message_link, place_of
from adapters.discord.interactions import Interactions
from adapters.discord.limits import TOTAL_CALLS, TOTAL_SECONDS, Rank
from adapters.discord.markdown import render
from adapters.discord.members import Members
from adapters.discord.menus import Menus
from adapters.discord.places import Places
from adapters.discord.posting import LATER_LIMIT, TEXT_LIMIT, Posting, channel_of
from adapters.discord.readers import Readers
from adapters.discord.reading import Reading
from adapters.discord.responses import Responses
from adapters.discord.rest import DISCORD, Rest
from adapters.discord.rights import standing
from adapters.discord.searching import Searching
from adapters.discord.session import Session
from adapters.discord.silence import missed_something
from bot.messages import (
    Attachment,
    Audience,
    Budget,
    CallKind,
    Capabilities,
    CommandSpec,
    Failure,
    FailureKind,
    Hit,
    Inbound,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Poll,
    Query,
    Quota,
    Readable,
    Rendered,
    Standing,
)
from bot.ports import Clock, Health, Intake

log = structlog.get_logger(__name__)

_EACH_PLACE = Budget(5, 5.0)
_TOTAL = Budget(TOTAL_CALLS, TOTAL_SECONDS)


class DiscordAdapter:
    """One bot on Discord.

    `reply_in` is where a mention in a channel is answered unless people chose otherwise; `serves` tells whether
    the operator lets it serve in a place.
    """

    platform = PLATFORM

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
            text_limit=TEXT_LIMIT,
            later_limit=LATER_LIMIT,
            edits=_EACH_PLACE,
            quotas={
                CallKind.POST: Quota(_EACH_PLACE, by_place=True),
                CallKind.EDIT: Quota(_EACH_PLACE, by_place=True),
                CallKind.DELETE: Quota(_EACH_PLACE, by_place=True),
            },
            total=_TOTAL,
            threads=reply_in == "thread",
            buttons=True,
            private_files=True,
        )
        self._clock = clock
        self._rest = Rest(token, base_url)
        self._session = Session(token, base_url, self._rest, settle=settle, polite=polite)
        self._places = Places(self._rest, self._session)
        self._members = Members(self._rest, clock)
        self._readers = Readers(self._rest)
        self._reading = Reading(self._readers, clock, serves)
        self._searching = Searching(self._rest, self._session)
        self._history = History(self._rest, self._session, self._places)
        self._posting = Posting(self._rest, self._history, clock)
        self._responses = Responses(self._rest, clock)
        acted = Acted(self._responses, self._places.find, lambda: self._session.me)
        menus = Menus(self._rest, self._responses, acted, self._read)
        self._interactions = Interactions(self._responses, acted, menus)
        self._hearing = Hearing(
            self._session, self._places, self._history, self._interactions, self._posting, clock, serves
        )

    # --- its life --------------------------------------------------------------------------------

    async def start(self, intake: Intake) -> None:
        """Connect in the background, so that nobody waits for Discord. Raises StartError for a refused token."""
        self._hearing.start(intake)
        await self._session.start(self._hearing)

    async def stop(self) -> None:
        """Hand over nothing more, and hang up."""
        self._hearing.stop()
        await self._session.stop()
        await self._rest.close()

    def health(self) -> Health:
        """Whether the connection stands, and when anything, and any event, came over it last."""
        return Health(self._hearing.connected, self._session.heard_at(self._clock()), self._hearing.told_at)

    async def hears(self) -> bool:
        """Whether nothing was said since we were told of something. Raises Refusal."""
        return not await missed_something(self._rest, self._knowing, self._hearing.told_at)

    async def renew(self) -> None:
        """Connect anew, as a new session."""
        self._hearing.hears(False)
        await self._session.renew()

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
        return await self._posting.post(place, rendered, key)

    async def post_poll(self, place: Place, poll: Poll, key: str) -> str:
        """Show a poll of Discord's own, once for each key."""
        return await self._posting.post_poll(place, poll, key)

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours. A thread that fell asleep is woken for it."""
        await self._posting.edit(place, message_id, rendered)

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away."""
        await self._posting.delete(place, message_id)

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached, from Discord's own hosts."""
        return self._history.fetch(attachment)

    def render(self, markdown: str) -> str:
        """Markdown as Discord writes it. Whom it names is told by `allowed_mentions` alone."""
        return render(markdown)

    def budget(self, place: Place, kind: CallKind) -> Budget | None:
        """What Discord's headers said last."""
        return self._rest.budget(kind.value, channel_of(place))

    def has_room(self) -> bool:
        """Whether the limit over everything leaves room for a refresh, first texts and what they need served."""
        return self._rest.is_free(Rank.REFRESH)

    async def typing(self, place: Place) -> None:
        """Show that we are writing, for ten seconds; only where there is room for it at once."""
        await self._posting.typing(place)

    async def is_member(self, person: Person, workspaces: Sequence[str]) -> bool:
        """Whether somebody is in one of these servers."""
        return await self._members.is_in(person.id, workspaces)

    async def open_dm(self, person: Person, place: Place) -> Place:
        """Where we talk with somebody alone. Whether they let us is only known once something is posted."""
        return place_of(None, int(await self._posting.open_dm(person)))

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person can read what was said in this channel or thread. Raises Refusal."""
        return await self._readers.can_read(self._knowing, person, place)

    def standing(self, place: Place) -> Standing:
        """What we are not allowed in a place, as far as discord.py knows."""
        return standing(self._session.client, place, message_content=self._session.message_content)

    async def audience(self, place: Place) -> Audience:
        """Who can read this place. Raises Refusal."""
        return await audience_of(self._knowing, self._readers, place)

    async def readable(self, person: Person, workspace: str) -> Sequence[Readable]:
        """All that this person and we can read. Raises Refusal."""
        return await self._reading.readable(self._knowing, person, workspace)

    async def called(self, name: str, workspace: str) -> Sequence[Person]:
        """The members of a server with this name. Raises Refusal."""
        guild = self._knowing.get_guild(int(workspace)) if workspace.isdecimal() else None
        return await self._readers.called(guild, name) if guild is not None else ()

    async def search(self, person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        """What Discord's own search finds. Raises SearchNotReady, and Refusal."""
        return await self._searching.search(query) if self._knowing else ()

    def thread_for(self, place: Place, message_id: str) -> Place | None:
        """A thread on a message has the message's id."""
        if not self._places.may_open_thread(place):
            return None
        return Place(place.platform, place.workspace, place.channel, message_id, PlaceKind.THREAD)

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Open a thread on a message; one that is there already is as good."""
        await self._posting.open_thread(place, message_id, title)

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """What was said before; in a thread that begins with the message it hangs on."""
        return await self._history.before(place, snowflake(before), limit)

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said from then on; a thread begins with the message it hangs on."""
        return await self._history.since(place, since, limit, told)

    def link(self, place: Place, message_id: str) -> str | None:
        """The address of a message, which opens in the app."""
        return message_link(place, message_id)

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The message that was posted with this key."""
        return await self._history.posted(place, key)

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """Show it to one person: as the answer to what they did, or by direct message."""
        left = rendered if handle is None else await self._responses.say(handle, rendered, private=True)
        if left is not None:
            await self._posting.say(await self._posting.open_dm(person), left)

    async def show_progress(
        self, person: Person, place: Place, rendered: Rendered | None, handle: str | None, key: str
    ) -> None:
        """Show it where the answer will stand, as long as Discord takes that."""
        if rendered is not None and handle is not None:
            await self._responses.say(handle, rendered, private=True)

    async def answer_command(
        self, person: Person, place: Place, rendered: Rendered, handle: str, *, private: bool
    ) -> None:
        """Show it as the answer to a command or a button, or otherwise where Discord takes that no more."""
        left = await self._responses.say(handle, rendered, private=private)
        if left is not None:
            channel = await self._posting.open_dm(person) if private else channel_of(place)
            await self._posting.say(channel, left)

    # --- catching up -----------------------------------------------------------------------------

    def listening(self) -> bool:
        """Whether what is said reaches the store."""
        return self._hearing.listens()

    def when_missed(self, tell: Callable[[], None]) -> None:
        """Tell after every new session: its predecessor's events are not told again."""
        self._hearing.when_missed(tell)

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """Channels and threads whose last message is newer, and all direct messages we know."""
        return self._history.places_since(since, known)

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What people said there, as it would have come in."""
        return await self._history.said_since(place, since, limit)

    @property
    def _knowing(self) -> Connection:
        """The connection while it knows channels and rights as they are. Raises Refusal."""
        if not self._hearing.connected:
            raise Refusal(Failure(FailureKind.TRANSIENT), "not connected: the channels are not known")
        return self._session.connection

    def _read(self, raw: dict[str, Any], channel: int, guild: int | None) -> discord.Message:
        return self._session.connection.message_from(raw, channel, guild)
