"""Slack as a platform: what the core calls to show something there, and what it hears from there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog

from adapters.slack import outbound
from adapters.slack.acting import Acting
from adapters.slack.api import SLACK, Api
from adapters.slack.away import Away
from adapters.slack.failures import DEAD_TOKEN, SlackRefused, reading
from adapters.slack.files import Files
from adapters.slack.hearing import Hearing
from adapters.slack.inbound import PLATFORM, is_ts, message_link
from adapters.slack.past import Past
from adapters.slack.people import People
from adapters.slack.posting import Posting, known_ts
from adapters.slack.readers import Readers
from adapters.slack.searching import Searching
from adapters.slack.silence import missed_something
from adapters.slack.socket_mode import Socket
from adapters.slack.tokens import bot_token_refused
from adapters.slack.transport import HttpEvents, bolt_app
from adapters.slack.whispering import Whispering
from bot.errors import StartError
from bot.messages import (
    Attachment,
    Audience,
    Budget,
    CallKind,
    Capabilities,
    CommandSpec,
    Hit,
    Inbound,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Query,
    Quota,
    Readable,
    Rendered,
)
from bot.ports import Clock, Health, Intake, Route

log = structlog.get_logger(__name__)

_MINUTE = 60.0
CAPABILITIES = Capabilities(
    text_limit=outbound.TEXT_LIMIT,
    edits=Budget(50, _MINUTE),
    quotas={
        CallKind.POST: Quota(Budget(5, 5.0), by_channel=True),
        CallKind.EDIT: Quota(Budget(50, _MINUTE)),
        CallKind.STATUS: Quota(Budget(100, _MINUTE)),
        CallKind.START: Quota(Budget(20, _MINUTE)),
        CallKind.APPEND: Quota(Budget(100, _MINUTE)),
        CallKind.STOP: Quota(Budget(20, _MINUTE)),
    },
    stream_seconds=240.0,
    threads=True,
    buttons=True,
    command_prefix="/gatepost ",
    thread_prefix="@Gatepost !",
)
"""Slack's tiers, counted by method, app and workspace; posts about one a second in a channel."""


class SlackAdapter:
    """One workspace. An app token means Socket Mode, a signing secret HTTP events; both may be there."""

    platform = PLATFORM
    capabilities = CAPABILITIES

    def __init__(
        self,
        token: str,
        *,
        specs: Sequence[CommandSpec],
        clock: Clock,
        app_token: str | None = None,
        signing_secret: str | None = None,
        base_url: str = SLACK,
        ping_every: float = 5.0,
    ) -> None:
        self._api = Api(token, base_url)
        self._people = People(self._api, clock)
        self._readers = Readers(self._api, self._people, clock)
        self._searching = Searching(self._api, self._people, clock)
        self._files = Files(self._api)
        self._past = Past(self._api, self._people)
        self._posting = Posting(self._api, self._files, self._past, self._people)
        self._whispering = Whispering(self._api, self._files)
        self._hearing = Hearing(self._api, self._people, specs, self._whispering.say)
        self._away = Away(self._api, self._hearing, clock)
        self._acting = Acting(self._api, self._people, self._hearing, specs, self._begin, self._posting)
        self._signing_secret = signing_secret
        self._app_token = app_token
        self._clock, self._told_at = clock, 0.0
        self._ping_every = ping_every
        self._intake: Intake | None = None
        self._bolt: Any = None
        self._socket: Socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, intake: Intake) -> None:
        """Connect, and hand over what happens from now on. Raises StartError for a token that is not valid."""
        try:
            us = await self._api.us()
            log.info("slack", workspace=us.team, user=us.user)
        except SlackRefused as error:
            if error.code in DEAD_TOKEN:
                raise StartError(bot_token_refused(error.code)) from error
            log.warning("slack can't be asked yet", code=error.code)
        self._intake, self._told_at = intake, self._clock()
        self._bolt = bolt_app(self._api.client, self._take)
        if self._app_token is not None:
            self._socket = Socket(self._bolt, self._app_token, self._api.base_url, ping_every=self._ping_every)
            self._socket.lost = self._away.missed
            self._socket.start()
        else:
            self._away.missed()

    async def connected(self) -> None:
        """Returns once Slack can reach us."""
        if self._socket is not None:
            await self._socket.connected()

    async def stop(self) -> None:
        """Disconnect. Nothing is handed over afterwards."""
        self._intake = None
        if self._socket is not None:
            await self._socket.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.close()

    def routes(self) -> Sequence[Route]:
        """Where Slack sends events by HTTP, if it is to."""
        secret = self._signing_secret
        return HttpEvents(lambda: self._bolt, secret).routes() if secret is not None else ()

    def health(self) -> Health:
        """Whether events reach us and our token is good, and when anything, and any event, came last."""
        silent = self._socket.silent_for() if self._socket is not None else None
        heard_at = self._clock() - silent if silent is not None else None
        return Health(self.listening() and self._api.dead is None, heard_at, self._told_at)

    async def hears(self) -> bool:
        """Whether nothing was said since we were told of something. Raises SlackRefused."""
        return not await missed_something(self._api, self._told_at)

    async def renew(self) -> None:
        """Connect anew, and look up what was missed."""
        self._told_at = self._clock()
        if self._socket is not None:
            await self._socket.renew()
        else:
            self._away.missed()

    def render(self, markdown: str) -> str:
        """Markdown that pings nobody."""
        return outbound.render(markdown)

    # --- messages --------------------------------------------------------------------------------

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message, once for each key."""
        return await self._posting.post(place, rendered, key)

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours."""
        await self._posting.edit(place, known_ts(message_id), rendered)

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away."""
        self._hearing.deleted.add(message_id)
        if not is_ts(message_id) or not await self._posting.delete(place, message_id):
            self._hearing.deleted.discard(message_id)

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The message that was posted with this key, or begun as a stream and never ended."""
        return await self._posting.find(place, key)

    def takes_streams(self, place: Place) -> bool:
        """Whether this workspace has streams, as far as we know; they are replies."""
        return self._posting.streams and place.thread is not None

    def streamable(self, text: str) -> str:
        """The beginning of rendered text that nothing can turn into a ping any more."""
        return outbound.streamable(text)

    async def start_stream(self, place: Place, text: str, asker: str) -> str:
        """Show a message that grows."""
        return await self._posting.start(place, text, asker)

    async def append_stream(self, place: Place, message_id: str, text: str, status: str | None) -> None:
        """Add to it."""
        await self._posting.append(place, message_id, text, status)

    async def stop_stream(self, place: Place, message_id: str, text: str, rendered: Rendered, key: str) -> None:
        """Add the last and end it."""
        await self._posting.stop(place, message_id, text, rendered, key)

    async def edit_streamed(self, place: Place, message_id: str, rendered: Rendered, key: str) -> None:
        """Replace what was a stream, and mark it as this post."""
        await self._posting.edit(place, known_ts(message_id), rendered, key)

    def takes_status(self, place: Place) -> bool:
        """Whether this workspace shows what we do, as far as we know; under threads alone."""
        return self._posting.statuses and place.thread is not None

    async def show_status(self, place: Place, status: str) -> None:
        """Say what we do, under the thread."""
        await self._posting.status(place, status)

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """Show something to one person: here, or where that cannot be in a direct message; never to others."""
        await self._whispering.show(person, place, rendered, handle)

    async def show_progress(
        self, person: Person, place: Place, rendered: Rendered | None, handle: str | None, key: str
    ) -> None:
        """Say once that it takes a while: what one person was shown can't be changed here."""
        if rendered is not None:
            said = replace(rendered, text=f"{rendered.text}\nI'll tell you here when it is done.")
            await self._whispering.show_once(person, place, said, key)

    async def open_dm(self, person: Person, place: Place) -> Place:
        """Where we talk with somebody alone. Raises SlackRefused."""
        return Place(PLATFORM, place.workspace, await self._whispering.dm(person), None, PlaceKind.DM)

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person may read there at this moment. Raises SlackRefused."""
        return await self._readers.can_read(person, place)

    async def audience(self, place: Place) -> Audience:
        """Who can read this channel, and so its threads. Raises SlackRefused."""
        return await self._readers.audience(place)

    async def readable(self, person: Person, workspace: str) -> Sequence[Readable]:
        """All that this person and we can read. Raises SlackRefused."""
        return await self._readers.readable(person, workspace)

    async def called(self, name: str, workspace: str) -> Sequence[Person]:
        """The people of the workspace with this name. Raises SlackRefused."""
        return await self._readers.called(name)

    async def search(self, person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        """What Slack's own search finds. Raises SearchNotReady, and SlackRefused."""
        return await self._searching.search(query, handle)

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached."""
        return self._files.fetch(attachment)

    async def described(self, attachment: Attachment) -> Attachment:
        """A file with its name, which Slack tells of some only when it is asked."""
        return await self._files.described(attachment)

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """What was said before."""
        return await self._past.before(place, before, limit)

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said from then on."""
        return await self._past.since(place, since, limit, told)

    async def name_of(self, person: Person, place: Place) -> str:
        """What somebody is called. Raises SlackRefused."""
        return (await self._people.find(person.id, place.workspace)).name

    def link(self, place: Place, message_id: str) -> str | None:
        """The address of a message, once we know our own."""
        us = self._api.known
        return message_link(us, place, message_id) if us is not None and is_ts(message_id) else None

    def thread_for(self, place: Place, message_id: str) -> Place:
        """A thread is called like the message it hangs on."""
        return Place(place.platform, place.workspace, place.channel, message_id, PlaceKind.THREAD)

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Nothing to do: a thread on Slack is there with its first reply."""
        known_ts(message_id)

    # --- what was said while we were away --------------------------------------------------------

    def listening(self) -> bool:
        """Whether events reach us."""
        return self._intake is not None and (self._socket is None or self._socket.alive)

    def when_missed(self, tell: Callable[[], None]) -> None:
        """Whom to tell when something may have been missed."""
        self._away.tell = tell

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """Where something may have been said."""
        return await self._away.places_since(since, known)

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What was said there."""
        return await self._away.said_since(place, since, limit)

    # --- what comes in ---------------------------------------------------------------------------

    async def _take(self, body: dict[str, Any]) -> dict[str, Any] | str | None:
        if self._intake is None:
            raise SlackRefused("take", "stopping")
        if body.get("type") == "event_callback":
            with reading():
                self._searching.note(body["event"])
        self._told_at = self._clock()
        return await self._acting.take(body, self._intake)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("slack: background work failed", error=type(error).__name__, detail=str(error))
