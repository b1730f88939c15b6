"""The seams: what the core asks of the world around it, and what it offers in return."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable

from bot.messages import (
    NOBODY,
    Ability,
    Account,
    Attachment,
    Budget,
    Caller,
    CallKind,
    Capabilities,
    ChatRequest,
    Choice,
    CommandCall,
    CommandSpec,
    Completed,
    Delta,
    Embedded,
    Failure,
    Inbound,
    Model,
    ModelDetails,
    PageMessage,
    PastMessage,
    Person,
    PicturePart,
    PictureRequest,
    Place,
    Poll,
    Purpose,
    Reading,
    Rendered,
    Where,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch. Waiting and pacing use the event loop's own time, which a test can turn."""

NewId: TypeAlias = Callable[[], str]
"""A fresh id: unguessable, short, sortable by nothing."""


class Intake(Protocol):
    """What an adapter calls when something happens on its platform."""

    async def accept(self, inbound: Inbound) -> None:
        """Take it in. Returns after the COMMIT; only then may the platform be told that we have it.

        The same key twice is one event. Raises `StoreError` when it could not be kept: do not acknowledge.
        """

    async def say(self, place: Place, person: Person, call: CommandCall) -> str:
        """What a command says to this person, as Markdown, for a surface that shows it in its own way."""

    async def complete(
        self, place: Place, person: Person, command: str, option: str, typed: str
    ) -> Sequence[Choice]:
        """Suggestions for an option while somebody types, best first, at most 25; from memory only."""


class Adapter(Protocol):
    """One platform. It translates and performs single calls; it never decides.

    Every call may raise; `classify` says what that means. An edit of a deleted message is `NOT_FOUND`.
    """

    @property
    def platform(self) -> str:
        """The platform's name, the first segment of every place key."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""

    async def start(self, intake: Intake) -> None:
        """Connect, and hand over what happens from now on."""

    async def stop(self) -> None:
        """Disconnect. Nothing is handed over afterwards."""

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message; its id. `key` is stored before the call and the same on every retry."""

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours. Idempotent."""

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away. One that is gone already is no error."""

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of a file somebody attached, in pieces."""

    def render(self, markdown: str) -> str:
        """Markdown as the platform writes it. Pure; never shorter lines joined, never pings anyone."""

    def classify(self, error: Exception) -> Failure:
        """What an error of this adapter's calls means."""


Offer = TypeVar("Offer")


def offers(adapter: object, port: type[Offer]) -> TypeGuard[Offer]:
    """Whether an adapter has what one of the ports below asks for, worked out once for each class.

    `isinstance` says the same and takes 50 µs for a protocol, on the way of every message.
    """
    kind: Any = type(adapter)  # to the checker a type is not hashable enough for a cache
    wanted: Any = port
    return _offers(kind, wanted)


@cache
def _offers(kind: Any, port: Any) -> bool:
    return issubclass(kind, port)


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
class LearnsBudgets(Protocol):
    """A platform that says with every answer how much it allows."""

    def budget(self, place: Place, kind: CallKind) -> Budget | None:
        """What it said last of such calls in this place, from memory; None while it has said nothing."""


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
        """Whether this person may read this place at this moment. Where it can't be told it raises."""


@runtime_checkable
class ShowsTyping(Protocol):
    """A platform with a sign that somebody is writing."""

    async def typing(self, place: Place) -> None:
        """Show the sign for a few seconds."""


@runtime_checkable
class ShowsStatus(Protocol):
    """A platform that can say what we are doing before there is a message."""

    async def show_status(self, place: Place, status: str) -> None:
        """Show a short line, or with an empty one none. The next message takes it away; so may time."""


@runtime_checkable
class StreamsNatively(Protocol):
    """A platform on which a message can grow by what is appended to it, within its own limits.

    Every call may be refused as `FailureKind.CLOSED`: the message is there, but an ordinary one by now.
    """

    def takes_streams(self) -> bool:
        """Whether the platform takes streams, as far as we have been told."""

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


Value = TypeVar("Value")
Answer = TypeVar("Answer", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class Structured(Generic[Value]):
    """An answer as a checked value, and the answers that it took: one, or two where the first did not fit."""

    value: Value
    rounds: tuple[Completed, ...]


class Gateway(Protocol):
    """The OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is written; the last delta is a `Finish`.

        Fails with a `GatewayError`. Retries by itself, and says so with `Retrying`, only before the first
        visible text. Closing the iterator (`aclose`) closes the connection.
        """

    def whole(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """As `stream`, for whoever needs nothing before the end: the answer is asked for in one piece."""

    def draw(self, request: PictureRequest) -> AsyncGenerator[Delta, None]:
        """A picture from a model of type `image`; the last delta is a `Finish`. Nothing comes before it is done.

        Fails with a `GatewayError`; retries by itself, and says so, while nothing can have been made.
        """

    async def embed(
        self, texts: Sequence[str], model: str, dimensions: int | None = None, *, account: Account = NOBODY
    ) -> Embedded:
        """A vector for each text, in order; `account` pays.

        Sent in as few requests as providers allow; of a long text the beginning counts. `dimensions` is wished
        for: look at the vectors. Fails with a `GatewayError`.
        """

    async def complete(self, request: ChatRequest) -> Completed:
        """An answer as `stream` gives it, but whole: for tools and commands, where nobody reads along."""

    async def structured(self, request: ChatRequest, wanted: type[Answer]) -> Structured[Answer]:
        """An answer that is a `wanted`: asked for by its schema, checked, asked for once more if it does not fit.

        Fails with `AnswerUnfit` after that, and as `complete` does. The docstring of `wanted` says what it is.
        """

    @property
    def routes(self) -> bool:
        """Whether the endpoint is an AI gateway that takes routing and runs tools, as far as is known by now."""

    def model(self, model_id: str) -> Model | None:
        """What the catalogue says of a model, and what refusals taught since, from memory; None for nothing."""

    def models(self) -> Sequence[Model]:
        """The catalogue, from memory; empty until it has been read once."""

    def search(
        self, typed: str, limit: int = 25, *, purpose: Purpose = Purpose.CHAT, recent: Sequence[str] = ()
    ) -> Sequence[Model]:
        """Models for what somebody has typed so far, best first, among equals the `recent` ones; from memory, in a
        few milliseconds. One about to be withdrawn is found only by its whole id."""

    def learned(self, model_id: str, unable: Ability) -> None:
        """A refusal has shown that a model cannot do this. `model` says so too, for a day."""

    async def details(self, model_id: str) -> ModelDetails:
        """A model with its providers, asked for now.

        Raises `ModelUnknown`, or another `GatewayError` where nothing is known of it and the gateway is silent.
        """


class Reminders(Protocol):
    """Reminders, for people and for models. Each call answers in Markdown what was done, by the exact time.

    Every call raises a `SaidError` with the sentence, or the question, where it can't be done; carrying it out
    again with the caller's key does nothing anew.
    """

    async def make(self, caller: Caller, when: str, text: str, where: Where | None = None) -> str:
        """Remind the caller of this. `when` is in words, in their own time zone."""

    async def list(self, caller: Caller) -> str:
        """What is still to come for the caller."""

    async def change(self, caller: Caller, number: int, when: str = "", text: str = "") -> str:
        """Another time, another text, or both."""

    async def cancel(self, caller: Caller, number: int) -> str:
        """Let nothing more come of it."""

    async def snooze(self, caller: Caller, number: int | None, when: str) -> str:
        """Remind once more of what the caller was reminded of last, by this reminder or by any."""


class MediaReader(Protocol):
    """Reads what people attach, away from this process."""

    async def read(self, name: str, data: bytes, url: str | None = None) -> "ReadFile":
        """What is in the file; of a web page that is at `url`, what it says.

        Never raises for a bad file: the reading says what was left out and why.
        """

    async def smaller(self, picture: PicturePart) -> PicturePart:
        """The picture in far fewer bytes, for a gateway that found it too large; itself where that can't be."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A reading, with the bytes its stored files name (by SHA-256) and that have to be kept for it."""

    reading: Reading
    blobs: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Route:
    """One path of the program's own port, offered by an adapter as data. `handler` is aiohttp's."""

    method: str
    path: str
    handler: Callable[[Any], Awaitable[Any]]


@runtime_checkable
class ServesPages(Protocol):
    """An adapter with something to serve on the program's own port."""

    def routes(self) -> Sequence[Route]:
        """Its paths."""


@dataclass(frozen=True, slots=True)
class About:
    """What a page may say of the program."""

    version: str
    demo: bool
    default_model: str


class Views(Protocol):
    """What a page shows of the core. Reads only."""

    def about(self) -> About:
        """Which program this is, and whether its model is the built-in one."""

    def commands(self) -> Sequence[CommandSpec]:
        """The commands people can type."""

    async def model(self, place: Place, person: Person) -> str:
        """The id of the model that answers this person there."""


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """How a turn went. Times are seconds since it began; `cost` is US dollars in decimal digits.

    `result` is how it ended, `error` the name of what went wrong. `first_text` is None when none became visible.
    """

    platform: str
    result: str
    model: str
    seconds: float
    first_text: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: str = "0"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CallFigures:
    """How one call of a platform went: `result` is `made`, `unneeded`, or the kind of failure.

    `age` is for how many seconds its oldest text had been unseen; `saved` counts the changes it showed beyond one.
    """

    platform: str
    verb: str
    result: str
    age: float | None = None
    saved: int = 0


class Meter(Protocol):
    """Where figures about the work go. Every call is quick and never fails."""

    def turn(self, ended: TurnFigures) -> None:
        """A turn ended."""

    def call(self, made: CallFigures) -> None:
        """A platform was called."""

    def event(self, platform: str, now: float) -> None:
        """An event came in, at this time in seconds since the epoch."""


class NoMeter:
    """Counts nothing: for a program that ends with its one answer."""

    def turn(self, ended: TurnFigures) -> None:
        """Not counted."""

    def call(self, made: CallFigures) -> None:
        """Not counted."""

    def event(self, platform: str, now: float) -> None:
        """Not counted."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a platform's connection is. `heard_at` is its last sign of life, in seconds since the epoch."""

    connected: bool
    heard_at: float | None = None


@runtime_checkable
class ReportsHealth(Protocol):
    """A platform whose connection can be lost."""

    def health(self) -> Health:
        """How the connection is now, from memory."""


class FileStore(Protocol):
    """Bytes we keep, named by their SHA-256."""

    async def put(self, data: bytes) -> str:
        """Keep them; their hash. Raises `StoreFull` when there is no room."""

    async def get(self, sha256: str) -> bytes:
        """The bytes again. Raises `StoreError` when they are not there."""


class PageEvents(Protocol):
    """What people did on the page: each kept first, then handed to the intake, and owed until that is done."""

    async def keep(self, inbound: Inbound, message: PageMessage | None) -> Inbound | None:
        """Keep the event, and the message as it is now, in one commit; once for each key. The event that is
        to be handed over, or None when it was, or when it changes a message that is gone and nothing was kept."""

    async def owed(self) -> Sequence[Inbound]:
        """What was kept and not handed over, oldest first."""

    async def settle(self, key: str) -> None:
        """It was handed over."""


class PageMessages(Protocol):
    """What the page shows."""

    async def post(self, message: PageMessage, key: str) -> str:
        """Keep a new message, once for each key; the id of the one that is kept."""

    async def change(self, message: PageMessage) -> bool:
        """Keep the message as it is now; False when it is gone."""

    async def entitle(self, message_id: str, title: str) -> bool:
        """Note that we take part in the thread on this message; False when there is no such message."""

    async def find(self, message_id: str) -> PageMessage | None:
        """The message with this id, deleted or not."""

    async def posted(self, key: str) -> str | None:
        """The id of the message that was posted with this key."""

    async def newest(self) -> int:
        """The highest `seq` so far."""

    async def changed(self, channels: Sequence[str], since: int, limit: int) -> Sequence[PageMessage]:
        """Messages of these channels that changed after `since`, in the order of their last change."""

    async def said(self, place: Place, before: str | None, limit: int) -> Sequence[PageMessage]:
        """The last messages of a place before that one, oldest first. A thread begins with what it hangs on."""


class PageKeys(Protocol):
    """Who was let in. Only hashes are kept."""

    async def grant(self, digest: str, kind: str, now: float) -> None:
        """Remember a key of this kind."""

    async def redeem(self, digest: str, kind: str) -> bool:
        """Use a key up; whether it was there."""

    async def holds(self, digest: str, kind: str, not_before: float) -> bool:
        """Whether the key was granted, and not before that time."""


class PageStore(PageEvents, PageMessages, PageKeys, Protocol):
    """Everything the playground keeps."""
