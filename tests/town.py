"""A small chat platform in memory, with threads, history, files and private replies, and the adapter for it.

What people do goes through `say`, `edit`, `delete`, `press` and `command`; what they see is in `messages`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from bot.errors import PlatformError
from bot.messages import (
    MODERATOR,
    Action,
    ActionName,
    Attachment,
    Budget,
    Capabilities,
    CommandCall,
    Failure,
    FailureKind,
    Inbound,
    InboundKind,
    PastMessage,
    Person,
    PersonKind,
    Place,
    PlaceKind,
    Rendered,
)
from bot.ports import Intake

ADA = Person("u1", "Ada", roles=(MODERATOR,))
GRACE = Person("u2", "Grace")
US = Person("bot", "Gatepost", PersonKind.SELF)
CHANNEL = Place("town", "w", "square")
THREAD = Place("town", "w", "square", "t0", PlaceKind.THREAD)
BEGAN = 1_700_000_000.0
DM = Place("town", "w", "dm", kind=PlaceKind.DM)


def dm_of(person: Person) -> Place:
    """Where the bot talks with somebody alone."""
    return Place("town", "w", f"dm-{person.id}", kind=PlaceKind.DM)


@dataclass
class Shown:
    """A message as people see it."""

    id: str
    place: Place
    person: Person
    text: str
    rendered: Rendered | None = None
    attachments: tuple[Attachment, ...] = ()
    edits: int = 0

    @property
    def at(self) -> float:
        """When it was said: a second after the one before."""
        return BEGAN + int(self.id.removeprefix("m"))

    @property
    def status(self) -> str | None:
        return self.rendered.status if self.rendered else None

    @property
    def final(self) -> bool:
        return self.rendered is not None and self.rendered.final


@dataclass
class Town:
    """The platform. What is in `held` it never does: post, edit, final (the last edit), delete, thread.

    While it is not `open` it does nothing of all that. Where it is `silent` it does everything, and tells nobody.
    Where it `forgets` keys, the same post is made twice. People in `dms_closed` take no direct messages, those in
    `shut_out` can't read that channel.
    """

    threads: bool = False
    silent: bool = False
    doing: bool = False
    forgets: bool = False
    held: set[str] = field(default_factory=set)
    messages: dict[str, Shown] = field(default_factory=dict)
    removed: list[Shown] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    whispers: list[tuple[Person, str]] = field(default_factory=list)
    progress: list[Rendered | None] = field(default_factory=list)
    whispered: list[Rendered] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    reads: list[tuple[Place, float]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    fetch_failures: int = 0
    dms_closed: set[str] = field(default_factory=set)
    shut_out: set[tuple[str, str]] = field(default_factory=set)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    condition: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.open.set()

    def add(
        self, text: str, who: Person = ADA, place: Place = THREAD, files: dict[str, bytes] | None = None
    ) -> Shown:
        """A message that people exchange without any bot."""
        name = f"m{next(self.numbers)}"
        self.files |= {f"{name}/{file}": data for file, data in (files or {}).items()}
        attachments = tuple(Attachment(f"{name}/{file}", file, len(data)) for file, data in (files or {}).items())
        shown = Shown(name, place, who, text, attachments=attachments)
        self.messages[name] = shown
        return shown

    def ours(self) -> list[Shown]:
        """What the bot shows, in order."""
        return [message for message in self.messages.values() if message.person == US]

    async def until(self, holds: Callable[["Town"], object], seconds: float = 30.0) -> None:
        """Wait until it holds."""
        async with asyncio.timeout(seconds), self.condition:
            await self.condition.wait_for(lambda: bool(holds(self)))

    async def touch(self) -> None:
        """Tell those who wait that something changed."""
        async with self.condition:
            self.condition.notify_all()


class PlainTownAdapter:
    """The adapter for it, and the people who use it. It cannot tell what became of a post."""

    platform = "town"

    def __init__(self, town: Town, budget: Budget | None = None) -> None:
        self.town = town
        self.capabilities = Capabilities(
            text_limit=2000,
            edits=budget or Budget(100, 1.0),
            threads=town.threads,
            buttons=True,
            private_files=True,
        )
        self._intake: Intake | None = None

    # --- what people do --------------------------------------------------------------------------

    async def say(
        self,
        text: str,
        who: Person = ADA,
        place: Place = THREAD,
        *,
        addressed: bool = True,
        files: dict[str, bytes] | None = None,
        reply_to: str | None = None,
    ) -> Inbound:
        """Send a message; it is delivered to the bot."""
        shown = self.town.add(text, who, place, files)
        inbound = Inbound(
            key=f"message:{shown.id}",
            kind=InboundKind.MESSAGE,
            place=place,
            message_id=shown.id,
            person=who,
            sent_at=1_700_000_000.0,
            text=text,
            addressed=addressed,
            reply_to=reply_to,
            attachments=shown.attachments,
        )
        await self.deliver(inbound)
        return inbound

    async def deliver(self, inbound: Inbound) -> None:
        """Hand an event over, as a platform does: perhaps again."""
        assert self._intake is not None
        await self._intake.accept(inbound)

    async def edit_message(self, said: Inbound, text: str) -> None:
        """Edit a message."""
        self.town.messages[said.message_id].text = text
        key = f"edit:{said.message_id}:{next(self.town.numbers)}"
        await self.deliver(replace(said, key=key, kind=InboundKind.EDIT, text=text))

    async def delete_message(self, message_id: str, place: Place = THREAD, who: Person = ADA) -> None:
        """Delete a message, anybody's."""
        if (gone := self.town.messages.pop(message_id, None)) is not None:
            self.town.removed.append(gone)
        key = f"delete:{message_id}"
        await self.deliver(Inbound(key, InboundKind.DELETE, place, message_id, who, 0.0))

    async def press(self, name: ActionName, shown: Shown, who: Person = ADA) -> None:
        """Press a button under an answer."""
        assert shown.rendered is not None
        action = next(action for action in shown.rendered.actions if action.name is name)
        await self.press_action(action, shown, who)

    async def press_action(self, action: Action, shown: Shown, who: Person = ADA) -> None:
        """Press a button that may not be there any more."""
        key = f"press:{next(self.town.numbers)}"
        await self.deliver(Inbound(key, InboundKind.BUTTON, shown.place, shown.id, who, 0.0, action=action))

    async def command(self, name: str, /, who: Person = ADA, place: Place = THREAD, **options: str) -> None:
        """Type a command."""
        await self.deliver(self.typed(name, who, place, **options))

    async def command_with(self, files: dict[str, bytes], name: str, /, **options: str) -> None:
        """Type a command with files attached to it."""
        said = self.town.add("", ADA, THREAD, files)
        await self.deliver(replace(self.typed(name, ADA, THREAD, **options), attachments=said.attachments))

    def typed(self, name: str, /, who: Person = ADA, place: Place = THREAD, **options: str) -> Inbound:
        """A command as an event."""
        key = f"command:{next(self.town.numbers)}"
        call = CommandCall(name, options)
        return Inbound(key, InboundKind.COMMAND, place, key, who, 0.0, addressed=True, command=call)

    # --- what the core calls ---------------------------------------------------------------------

    async def start(self, intake: Intake) -> None:
        self._intake = intake

    async def stop(self) -> None:
        self._intake = None

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        await self._doing("final" if rendered.final else "post")
        if place.channel.removeprefix("dm-") in self.town.dms_closed:
            raise PlatformError(Failure(FailureKind.FORBIDDEN), "takes no direct messages")
        self.town.posts.append(key)
        if key not in self.town.keys or self.town.forgets:
            name = f"m{next(self.town.numbers)}"
            self.town.keys[key] = name
            self.town.messages[name] = Shown(name, place, US, rendered.text, rendered)
        await self._done()
        return self.town.keys[key]

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        await self._doing("final" if rendered.final else "edit")
        shown = self.town.messages.get(message_id)
        if shown is None:
            raise PlatformError(Failure(FailureKind.NOT_FOUND), "no such message")
        shown.text, shown.rendered, shown.edits = rendered.text, rendered, shown.edits + 1
        await self._done()

    async def delete(self, place: Place, message_id: str) -> None:
        await self._doing("delete")
        self.town.messages.pop(message_id, None)
        await self._done()

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        self.town.fetched.append(attachment.id)
        if self.town.fetch_failures:
            self.town.fetch_failures -= 1
            raise PlatformError(Failure(FailureKind.TRANSIENT, 0.01), "try again")
        yield self.town.files[attachment.id]

    def render(self, markdown: str) -> str:
        return markdown

    def thread_for(self, place: Place, message_id: str) -> Place:
        return Place(place.platform, place.workspace, place.channel, message_id, PlaceKind.THREAD)

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        await self._doing("thread")
        self.town.titles[message_id] = title

    async def history(self, place: Place, before: str, limit: int) -> Sequence[PastMessage]:
        known = [m for m in self.town.messages.values() if m.place == place or m.id == place.thread]
        until = next((n for n, m in enumerate(known) if m.id == before), len(known))
        past = [PastMessage(m.id, m.person, m.text, 0.0, m.attachments, m.place) for m in known[:until]]
        return past[-limit:]

    async def past_since(
        self, place: Place, since: float, limit: int, told: Callable[[int], None]
    ) -> Sequence[PastMessage]:
        self.town.reads.append((place, since))
        known = [m for m in self.town.messages.values() if m.place == place or m.id == place.thread]
        past = [PastMessage(m.id, m.person, m.text, m.at, m.attachments, m.place) for m in known if m.at >= since]
        told(len(past))
        return past[-limit:]

    def link(self, place: Place, message_id: str) -> str | None:
        return f"https://town.test/{place.thread or place.channel}/{message_id}"

    async def open_dm(self, person: Person, place: Place) -> Place:
        return dm_of(person)

    async def can_read(self, person: Person, place: Place) -> bool:
        return (person.id, place.channel) not in self.town.shut_out

    async def reply_privately(self, person: Person, place: Place, rendered: Rendered, handle: str | None) -> None:
        self.town.whispers.append((person, rendered.text))
        self.town.whispered.append(rendered)
        await self.town.touch()

    async def show_progress(
        self, person: Person, place: Place, rendered: Rendered | None, handle: str | None, key: str
    ) -> None:
        self.town.progress.append(rendered)
        await self.town.touch()

    async def _doing(self, verb: str) -> None:
        self.town.doing = True
        await self.town.open.wait()
        if verb in self.town.held:
            await asyncio.Event().wait()

    async def _done(self) -> None:
        await self.town.touch()
        if self.town.silent:
            await asyncio.Event().wait()


class TownAdapter(PlainTownAdapter):
    """The same, where the platform can be asked for a post by its key."""

    async def reconcile(self, place: Place, key: str) -> str | None:
        return self.town.keys.get(key)
