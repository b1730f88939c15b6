"""What some platforms can, and others cannot: asked for with `offers`."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from bot.messages import (
    Attachment,
    Audience,
    Budget,
    CallKind,
    CommandSpec,
    Hit,
    Inbound,
    PastMessage,
    Person,
    Place,
    Poll,
    Query,
    Readable,
    Rendered,
    Standing,
)
from bot.ports.adapter import Health, Route


@runtime_checkable
class OpensThreads(Protocol):
    """A platform on which a mention is answered in a thread of its own."""

    def thread_for(self, place: Place, message_id: str) -> Place | None:
        """The thread's place, known before the thread exists; None where we may not open one."""

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Open it. Idempotent."""


@runtime_checkable
class ReadsHistory(Protocol):
    """A platform whose earlier messages can be read."""

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        """At most `limit` messages before the message with this id, oldest first."""


@runtime_checkable
class NamesPeople(Protocol):
    """A platform that tells of what is said without the names of those who say it."""

    async def name_of(self, person: Person, place: Place) -> str:
        """What people in this place know somebody by, asked if need be."""


@runtime_checkable
class ReadsSince(Protocol):
    """A platform that tells all that was said in a place, as far back as is wanted."""

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        """What was said there at that time or later, oldest first, with what a thread hangs on; where it is more
        than `limit`, the newest. `told` hears after every page how many there are so far."""


@runtime_checkable
class LinksMessages(Protocol):
    """A platform whose messages have addresses."""

    def link(self, place: Place, message_id: str) -> str | None:
        """The address of a message in the place where it stands; None while that can't be told. From memory."""


@runtime_checkable
class Reconciles(Protocol):
    """A platform that can tell what became of a post."""

    async def reconcile(self, place: Place, key: str) -> str | None:
        """The id of the message posted with this key, or None when there is none."""


@runtime_checkable
class KnowsMembers(Protocol):
    """A platform whose direct messages belong to no workspace, and that can tell who is in which."""

    async def is_member(self, person: Person, workspaces: Sequence[str]) -> bool:
        """Whether this person is in one of these workspaces now."""


@runtime_checkable
class RepliesPrivately(Protocol):
    """A platform that can show something to one person only."""

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        """Show it to this person, in this place, and to nobody else."""


@runtime_checkable
class ShowsProgress(Protocol):
    """A platform that can show one person alone how far something has come."""

    async def show_progress(
        self, person: Person, place: Place, rendered: Rendered | None, handle: str | None, key: str
    ) -> None:
        """Show it, in place of what was shown for the event of this key before, or as seldom as the platform has
        it; None takes it away where that can be done. `handle` is the event's. The answer comes by itself."""


@runtime_checkable
class LearnsBudgets(Protocol):
    """A platform that says with every answer how much it allows."""

    def budget(self, place: Place, kind: CallKind) -> Budget | None:
        """What it said last of such calls in this place, from memory; None while it has said nothing."""

    def has_room(self) -> bool:
        """Whether a refresh would go out at once, beside the calls that are made for other things."""


@runtime_checkable
class AnswersCommands(Protocol):
    """A platform on which the answer to a command or a button belongs to the event that asked for it."""

    async def answer_command(
        self, person: Person, place: Place, rendered: Rendered, handle: str, *, private: bool
    ) -> None:
        """Show it as that event's answer, to this person alone where it is private."""


@runtime_checkable
class CatchesUp(Protocol):
    """A platform that does not tell again by itself what was said while nobody listened."""

    def listening(self) -> bool:
        """Whether what is said reaches us at this moment."""

    def when_missed(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever we listen again and something may have been lost in between."""

    async def places_since(self, since: float, known: Sequence[Place]) -> Sequence[Place]:
        """Places in which something may have been said since then. `known` are direct messages, to be looked at
        as well where the platform does not list them."""

    async def said_since(self, place: Place, since: float, limit: int) -> Sequence[Inbound]:
        """What people said in a place since then, exactly as it would have come in; the newest `limit`, oldest
        first."""


@runtime_checkable
class OpensDirectMessages(Protocol):
    """A platform on which we can talk with somebody alone."""

    async def open_dm(self, person: Person, place: Place) -> Place:
        """Where we talk with this person alone, whom we know from `place`. Idempotent."""


@runtime_checkable
class ChecksReaders(Protocol):
    """A platform that says who may read what."""

    async def can_read(self, person: Person, place: Place) -> bool:
        """Whether this person may read what was said in this place, at this moment. Where it can't be told it
        raises."""


@runtime_checkable
class KnowsRights(Protocol):
    """A platform that says what we ourselves may do in a place."""

    def standing(self, place: Place) -> Standing:
        """What is missing there, from memory."""


@runtime_checkable
class KnowsAudience(Protocol):
    """A platform that says how far a place reaches."""

    async def audience(self, place: Place) -> Audience:
        """Who can read this place, as it was seconds ago at most. Where it can't be told it raises."""


@runtime_checkable
class ListsReadable(Protocol):
    """A platform that says all that somebody can read."""

    async def readable(self, person: Person, workspace: str) -> Sequence[Readable]:
        """The places of a workspace that both this person and we can read, as it was seconds ago at most: its
        channels, each with the threads that are open to its readers, and the threads with readers of their own.

        Where it can't be told it raises.
        """


@runtime_checkable
class KnowsNames(Protocol):
    """A platform on which people are found by what they are called."""

    async def called(self, name: str, workspace: str) -> Sequence[Person]:
        """The people of a workspace with this name, or with this first name, a few at most.

        Where it can't be told it raises.
        """


@runtime_checkable
class SearchesMessages(Protocol):
    """A platform with a search of its own that a bot may use."""

    async def search(self, person: Person, query: Query, handle: str | None) -> Sequence[Hit]:
        """What it finds for this person in the query's places, best first. `handle` is that of their event.

        Raises `SearchNotReady` where it can't search yet, or not for this event.
        """


@runtime_checkable
class DescribesFiles(Protocol):
    """A platform that announces some files by their ids alone."""

    async def described(self, attachment: Attachment) -> Attachment:
        """The file with its name, size and address, asked for where it was announced without.

        Raises `FileRefused` where it is closed to us, and what `classify` knows.
        """


@runtime_checkable
class ShowsTyping(Protocol):
    """A platform with a sign that somebody is writing."""

    async def typing(self, place: Place) -> None:
        """Show the sign for a few seconds."""


@runtime_checkable
class ShowsStatus(Protocol):
    """A platform that can say what we are doing before there is a message."""

    def takes_status(self, place: Place) -> bool:
        """Whether it can there, as far as we have been told."""

    async def show_status(self, place: Place, status: str) -> None:
        """Show a short line, or with an empty one none. The next message takes it away; so may time."""


@runtime_checkable
class StreamsNatively(Protocol):
    """A platform on which a message can grow by what is appended to it, within its own limits.

    Every call may be refused as `FailureKind.CLOSED`: the message is there, but an ordinary one by now.
    """

    def takes_streams(self, place: Place) -> bool:
        """Whether the platform takes streams there, as far as we have been told."""

    def streamable(self, text: str) -> str:
        """The beginning of a rendered text that reads the same whatever follows. Pure."""

    async def start_stream(self, place: Place, text: str, asker: str) -> str:
        """Show a new message that grows; its id. `asker` is the id of the person it is for."""

    async def append_stream(self, place: Place, message_id: str, text: str, status: str | None) -> None:
        """Add to it. `status` is what we are doing meanwhile."""

    async def stop_stream(self, place: Place, message_id: str, text: str, rendered: Rendered, key: str) -> None:
        """Add the last text and end it, with the status, actions and files of `rendered`; `key` as in a post."""

    async def edit_streamed(self, place: Place, message_id: str, rendered: Rendered, key: str) -> None:
        """Replace a message that was a stream, ending it if it is one still."""


@runtime_checkable
class OffersPolls(Protocol):
    """A platform with polls of its own, which counts the votes and shows them."""

    async def post_poll(self, place: Place, poll: Poll, key: str) -> str:
        """Show a poll; its message's id. `key` is the same on every retry."""


@runtime_checkable
class OffersCommands(Protocol):
    """A platform that offers commands natively."""

    async def offer(self, specs: Sequence[CommandSpec]) -> None:
        """Make exactly these commands available."""


@runtime_checkable
class ServesPages(Protocol):
    """An adapter with something to serve on the program's own port."""

    def routes(self) -> Sequence[Route]:
        """Its paths."""


@runtime_checkable
class ReportsHealth(Protocol):
    """A platform whose connection can be lost."""

    def health(self) -> Health:
        """How the connection is now, from memory."""


@runtime_checkable
class RenewsConnection(Protocol):
    """A platform whose connection can look alive and be dead, or deaf."""

    async def hears(self) -> bool:
        """Whether events would really reach us: asked of the platform, for when none has come for long."""

    async def renew(self) -> None:
        """Give the connection up for another; what may have been missed is looked up by whoever catches up."""
