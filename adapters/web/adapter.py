"""The playground as a platform: what the core calls to show something there, and what it hears from there."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from adapters.web import inbound as heard
from adapters.web import workspace
from adapters.web.api import Api
from adapters.web.door import Door
from adapters.web.errors import asks_the_store, refusal
from adapters.web.feed import Feed
from adapters.web.handover import Handover
from adapters.web.outbound import actions_json, clean, clean_name, private_files_json
from adapters.web.searching import searched
from adapters.web.speaking import Speaking
from adapters.web.whispers import Whispers
from adapters.web.workspace import GATEPOST, PEOPLE, PLACE_KEYS, PLATFORM
from bot.messages import (
    Attachment,
    Audience,
    Budget,
    Capabilities,
    FailureKind,
    Hit,
    Inbound,
    OutFile,
    PageFile,
    PageMessage,
    PastMessage,
    Person,
    Place,
    PlaceKind,
    Query,
    Readable,
    Rendered,
    is_called,
)
from bot.ports import Clock, FileStore, Intake, NewId, PageStore, Route, Views

CAPABILITIES = Capabilities(text_limit=8000, edits=Budget(20, 2.0), threads=True, buttons=True, private_files=True)
_PIECE = 256 * 1024
_PAGE = 500


class WebAdapter:
    """The page and the adapter for it.

    `announce` is given an address to print when somebody has to be let in anew. `password` None means that only
    this machine is answered.
    """

    platform = PLATFORM
    capabilities = CAPABILITIES

    def __init__(
        self,
        store: PageStore,
        files: FileStore,
        views: Views,
        *,
        clock: Clock,
        new_id: NewId,
        announce: Callable[[str], None],
        password: str | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._new_id = new_id
        self._feed = Feed(store)
        self._handover = Handover(store, self._feed.notify, self._tell)
        self._whispers = Whispers()
        self._door = Door(store, password, clock, new_id, announce)
        speaking = Speaking(store, files, views, self._whispers, self._handover.take_in, clock)
        self._api = Api(
            store, files, views, self._feed, self._door, speaking, self._whispers, lambda: self._handover.intake
        )

    async def start(self, intake: Intake) -> None:
        """Hand over first what was kept and never handed over, then what happens from now on."""
        await self._handover.start(intake)

    async def stop(self) -> None:
        """Hand over nothing more, and hang up."""
        self._handover.stop()
        await self._feed.close()

    def routes(self) -> Sequence[Route]:
        """The page, its API, its socket and its files."""
        return self._api.routes()

    async def invitation(self, origin: str) -> str:
        """A fresh address to print, such as `http://127.0.0.1:8080/?token=…` for the origin before the slash."""
        return await self._door.invitation(origin)

    @asks_the_store
    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message, once for each key."""
        message = await self._message(place, self._new_id(), rendered)
        if place.thread is not None:
            await self._known(place.thread)
        message_id = await self._store.post(replace(message, sent_at=self._clock()), f"post:{key}")
        self._feed.notify()
        return message_id

    @asks_the_store
    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours."""
        before = await self._known(message_id)
        if before.person.id != GATEPOST.id:
            raise refusal(FailureKind.FORBIDDEN, "not a message of ours")
        message = await self._message(place, message_id, rendered)
        if not await self._store.change(replace(message, sent_at=before.sent_at)):
            raise refusal(FailureKind.NOT_FOUND, "message is deleted")
        self._feed.notify()

    @asks_the_store
    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away."""
        message = await self._store.find(message_id)
        if message is not None and message.person.id == GATEPOST.id:
            await self._store.change(heard.gone(message))
            self._feed.notify()

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached."""
        data = await self._bytes_of(attachment)
        for start in range(0, len(data), _PIECE):
            yield data[start : start + _PIECE]

    def render(self, markdown: str) -> str:
        """The page writes markdown; names ping nobody here."""
        return clean(markdown)

    def thread_for(self, place: Place, message_id: str) -> Place:
        """A thread is called like the message it hangs on."""
        return Place(place.platform, place.workspace, place.channel, message_id, PlaceKind.THREAD)

    @asks_the_store
    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Open a thread on a message; the first title stays."""
        if not await self._store.entitle(message_id, clean_name(title)):
            raise refusal(FailureKind.NOT_FOUND, "no message to open a thread on")
        self._feed.notify()

    @asks_the_store
    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """What was said before; in a thread that begins with the message it hangs on."""
        said = await self._store.said(place, before, limit)
        return [heard.past(message) for message in said if not message.deleted]

    @asks_the_store
    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said from then on."""
        found: list[PageMessage] = []
        while len(found) < limit:
            page = await self._store.said(place, found[0].id if found else None, min(limit - len(found), _PAGE))
            found = [*(one for one in page if one.sent_at >= since), *found]
            told(len(found))
            if len(page) < _PAGE or page[0].sent_at < since:
                break
        return [heard.past(message) for message in found if not message.deleted]

    def link(self, place: Place, message_id: str) -> str | None:
        """Where the page shows a message."""
        return workspace.link(place, message_id)

    @asks_the_store
    async def reconcile(self, place: Place, key: str) -> str | None:
        """The message that was posted with this key."""
        return await self._store.posted(f"post:{key}")

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """Show something to one person, in the tab they asked in."""
        await self._whisper(self._new_id(), person, place, rendered, handle)

    async def show_progress(
        self, person: Person, place: Place, rendered: Rendered | None, handle: str | None, key: str
    ) -> None:
        """Show it in a note that changes, and is gone when there is nothing more to show."""
        note_id = f"progress-{key}"
        if rendered is None:
            self._feed.whisper(person, handle, {"dismiss": note_id})
        else:
            await self._whisper(note_id, person, place, rendered, handle)

    async def _whisper(
        self, note_id: str, person: Person, place: Place, rendered: Rendered, handle: str | None
    ) -> None:
        self._whispers.keep(note_id, person, place, rendered)
        note = {
            "id": note_id,
            "sentAt": self._clock(),
            "channel": place.channel,
            "thread": place.thread,
            "html": await self._feed.html(rendered.text),
            "status": rendered.status,
            "files": private_files_json(note_id, rendered.files),
            "actions": actions_json(rendered.actions),
        }
        self._feed.whisper(person, handle, {"private": note})

    async def open_dm(self, person: Person, place: Place) -> Place:
        """Where this person talks with us alone."""
        return workspace.place(workspace.dm(person))

    async def can_read(self, person: Person, place: Place) -> bool:
        """Everybody reads the channels, and nobody another's direct messages."""
        return place.channel in workspace.channels_of(person)

    async def audience(self, place: Place) -> Audience:
        """Everybody in the channels, one person in a direct message."""
        found = workspace.audience(place)
        if found is None:
            raise refusal(FailureKind.NOT_FOUND, "no such place")
        return found

    async def readable(self, person: Person, within: str) -> Sequence[Readable]:
        """The channels, and one's direct messages."""
        return [Readable(workspace.place(one), one) for one in workspace.channels_of(person)]

    async def called(self, name: str, workspace: str) -> Sequence[Person]:
        """The people one can be with this name."""
        return [one for one in PEOPLE if is_called(one.name, name)]

    @asks_the_store
    async def search(self, person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        """What is on the page, newest first."""
        return await searched(self._store, query)

    async def typing(self, place: Place) -> None:
        """Show that we are writing."""
        self._feed.typing(place)

    @asks_the_store
    async def _bytes_of(self, attachment: Attachment) -> bytes:
        return await self._files.get(attachment.id)

    async def _tell(self, event: Inbound, said: str) -> None:
        await self.reply_privately(event.person, event.place, Rendered(said), event.handle)

    async def _known(self, message_id: str) -> PageMessage:
        message = await self._store.find(message_id)
        if message is None:
            raise refusal(FailureKind.NOT_FOUND, "no such message")
        return message

    async def _message(self, place: Place, message_id: str, rendered: Rendered) -> PageMessage:
        if replace(place, thread=None).key not in PLACE_KEYS:
            raise refusal(FailureKind.NOT_FOUND, "no such place")
        if len(rendered.text) > CAPABILITIES.text_limit:
            raise refusal(FailureKind.INVALID, "text is too long")
        return PageMessage(
            id=message_id,
            place=place,
            person=GATEPOST,
            sent_at=0.0,
            text=rendered.text,
            files=tuple([await self._keep(file) for file in rendered.files]),
            status=rendered.status,
            actions=rendered.actions,
            final=rendered.final,
        )

    async def _keep(self, file: OutFile) -> PageFile:
        sha256 = await self._files.put(file.data)
        return PageFile(sha256, clean_name(file.name), len(file.data), file.media_type, file.description)
