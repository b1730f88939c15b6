"""What a command is, and what it may use. Commands are data: every surface offers the same table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.commands.channels import ReadableChannels
from bot.commands.recent import RecentModels
from bot.commands.underway import Underway
from bot.ledger.ledger import Ledger
from bot.messages import (
    Action,
    Choice,
    CommandCall,
    CommandSpec,
    Credits,
    OutFile,
    PastMessage,
    Person,
    Place,
    Routing,
    TurnKind,
)
from bot.ports import About, Adapter, Clock, Gateway, Progress, Recording, unheard
from bot.preferences.scopes import Scope
from bot.reminders.book import ReminderBook
from bot.store.engine import Store
from bot.store.files import Files
from bot.summaries.summariser import Summaries


class Desk(Protocol):
    """The conversations at work, as far as commands may touch them."""

    @property
    def running(self) -> int:
        """How many turns are being answered."""

    @property
    def waiting(self) -> int:
        """How many turns wait for others to end."""

    async def stop(self, conversation: str) -> bool:
        """Stop the turn at work, or the next. False when there is nothing to stop."""

    async def misfits(self, conversation: str, model_id: str) -> tuple[str, ...]:
        """What of a conversation this model can't take, a sentence each."""

    async def speakers_at_work(self, conversation: str) -> tuple[Person, ...]:
        """Whose question is being answered there."""


@dataclass(frozen=True, slots=True)
class CommandPorts:
    """What commands work with. `started_at` is when the program began to serve, `credits` the gateway's credit.

    `routing` says by what is in force, and by the asker's key, who may serve a request. `underway` is what takes
    a while; `recording` is there where the program lasts.
    """

    store: Store
    files: Files
    gateway: Gateway
    desk: Desk
    clock: Clock
    about: About
    started_at: float
    may_press: Callable[[str, Person, Sequence[Person]], None]
    may_set: Callable[[str, Person, Scope], None]
    recent: RecentModels
    ledger: Ledger
    is_admin: Callable[[str, Person], bool]
    credits: Callable[[], Credits | None]
    reminders: ReminderBook
    adapters: Mapping[str, Adapter]
    summaries: Summaries
    routing: Callable[[Mapping[str, str], str], Routing]
    channels: ReadableChannels
    underway: Underway = field(default_factory=Underway)
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """An option of a command while somebody types it: by whom and where, and what so far."""

    option: str
    typed: str
    person: Person
    place: Place
    ports: CommandPorts


@dataclass(frozen=True, slots=True)
class CommandContext:
    """One call of a command: by whom and where, from the event. `specs` are all commands, for help.

    `key` is the event's, the same whenever the call is carried out again. `about` is the message from whose menu
    the command was chosen, `handle` the event's. `progress` shows whoever typed it a short line while it is at
    work.
    """

    call: CommandCall
    person: Person
    place: Place
    ports: CommandPorts
    specs: Sequence[CommandSpec]
    key: str = ""
    about: PastMessage | None = None
    handle: str | None = None
    progress: Progress = unheard

    def option(self, name: str) -> str:
        """An option as it was typed, without the space around it; empty when it was left out."""
        return self.call.options.get(name, "").strip()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command says, as Markdown, with the files and the buttons that go with it."""

    text: str
    files: tuple[OutFile, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a command asks: the text as it stands in history, the kind of turn that answers it, and the model.

    Without a model the one answers that is chosen where it is asked.
    """

    text: str
    kind: TurnKind
    model: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command: what surfaces offer, what it does, and what it suggests while an option is typed.

    `run` returns Markdown for the person, or that with files. `complete` answers from memory what may go into an
    option. A command with `ask` is answered by a turn; where that gives None `run` answers, and where it
    raises a `SaidError`, `run` says why not. One that `quotes` shows people's own words, as they are.
    """

    spec: CommandSpec
    run: Callable[[CommandContext], Awaitable[str | CommandResult]]
    complete: Callable[[Completion], Sequence[Choice]] | None = None
    ask: Callable[[CommandContext], Awaitable[Question | None]] | None = None
    quotes: bool = False
