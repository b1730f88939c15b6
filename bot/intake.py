"""Events in: each is decided on, committed, and handed to its conversation; acknowledged only after that."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.access import Access
from bot.admission import Admission
from bot.buttons import Buttons
from bot.commands.dispatch import Commands
from bot.commands.errands import Errands
from bot.conversation import words
from bot.conversation.desk import Desk
from bot.conversation.unposted import standing_in
from bot.errors import GatepostError, NotAllowed, sentence_for
from bot.forgetting import Forgetting
from bot.messages import (
    Action,
    ActionName,
    Choice,
    CommandCall,
    Inbound,
    InboundKind,
    Person,
    PersonKind,
    Place,
    PlaceKind,
    Rendered,
    Upcoming,
    person_key,
)
from bot.polls import Polls
from bot.ports import (
    Adapter,
    Clock,
    Meter,
    NewId,
    NoMeter,
    OpensThreads,
    Recording,
    offers,
)
from bot.preferences import REPLY_IN
from bot.reminders.book import ReminderBook
from bot.store.engine import Store
from bot.store.files import Files
from bot.store.intents.absence import accept_late
from bot.store.intents.changes import accept_delete, accept_edit
from bot.store.intents.inbox import (
    Accepted,
    Outcome,
    Target,
    takes_part,
)
from bot.store.intents.settings import in_force

log = structlog.get_logger(__name__)


class Intake:
    """Implements `bot.ports.Intake` for every adapter. `deleted` is told when a message was."""

    def __init__(
        self,
        store: Store,
        files: Files,
        desk: Desk,
        commands: Commands,
        access: Access,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        new_id: NewId,
        deleted: Callable[[], None],
        reminders: ReminderBook,
        meter: Meter | None = None,
        recording: Recording | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._desk = desk
        self._commands = commands
        self._access = access
        self._adapters = adapters
        self._clock = clock
        self._new_id = new_id
        self._deleted = deleted
        self._reminders = reminders
        self._meter = meter or NoMeter()
        self._recording = recording
        self._errands = Errands(store, commands, adapters, clock)
        self._admission = Admission(store, access, self._errands, adapters, clock)
        self._polls = Polls(store, adapters, clock)
        self._forgetting = Forgetting(store, files, clock, self._errands.tell, deleted)
        self._buttons = Buttons(
            store,
            desk,
            access,
            self._polls,
            reminders,
            self._forgetting,
            commands.underway,
            self._errands.tell,
            clock,
            new_id,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, inbound: Inbound) -> None:
        """Take it in; returns after the COMMIT. A caller that is cancelled leaves nothing half taken in."""
        self._meter.event(inbound.place.platform, self._clock())
        if self._recording is not None:
            self._recording.hear(inbound)
        if inbound.person.kind is not PersonKind.HUMAN:
            return
        taking = asyncio.create_task(self._take(inbound))
        self._tasks.add(taking)
        taking.add_done_callback(self._tasks.discard)
        await asyncio.shield(taking)

    async def _take(self, inbound: Inbound) -> None:
        admitted = await self._admission.admitted(inbound)
        if admitted is not None:
            await self._take_in(admitted)

    async def _take_in(self, inbound: Inbound) -> None:
        match inbound.kind:
            case InboundKind.MESSAGE:
                await self._message(inbound)
            case InboundKind.EDIT:
                await self._edit(inbound)
            case InboundKind.DELETE:
                await self._delete(inbound)
            case InboundKind.COMMAND:
                if inbound.addressed or await self._store.read(takes_part, inbound.place):
                    await self._command(inbound)
            case InboundKind.BUTTON:
                await self._button(inbound)

    async def say(self, place: Place, person: Person, call: CommandCall, key: str = "") -> str:
        """What a command says, as Markdown, for a surface that shows it in its own way."""
        if not self._access.serves(place):
            return words.NOT_HERE
        try:
            return (await self._commands.run(call, person, place, key))[0].text
        except GatepostError as error:
            return sentence_for(error)

    async def complete(
        self, place: Place, person: Person, command: str, option: str, typed: str
    ) -> Sequence[Choice]:
        """Suggestions from memory, at most 25; none where people are not served."""
        if not self._access.serves(place) and place.kind is not PlaceKind.DM:
            return ()
        return self._commands.complete(command, option, typed, person, place)[:25]

    async def upcoming(self, place: Place, person: Person) -> Sequence[Upcoming]:
        """This person's reminders; none where people are not served."""
        if not self._access.serves(place):
            return ()
        return await self._reminders.upcoming(person_key(place.platform, person))

    async def recover(self) -> None:
        """Carry out the commands that a dead process took in and did not come to the end of."""
        await self._errands.recover()
        await self._polls.recover()
        await self._forgetting.recover()

    async def close(self) -> None:
        """Let what was begun in the background end."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._admission.close()
        await self._forgetting.close()
        await self._errands.close()
        await self._polls.close()

    async def _message(self, inbound: Inbound) -> None:
        target = await self._target(inbound)
        accepted = await self._desk.take_in(inbound, target)
        if accepted.outcome is Outcome.ASKED:
            self._asked(inbound, accepted)

    async def _edit(self, inbound: Inbound) -> None:
        target = await self._target(inbound)
        accepted = await self._store.write(accept_edit, inbound, target, self._new_id(), self._clock())
        if accepted.outcome is Outcome.CHANGED:
            self._desk.changed(accepted)
        elif accepted.outcome is Outcome.ASKED:
            self._desk.asked(accepted, inbound)
            self._asked(inbound, accepted)

    def _asked(self, inbound: Inbound, accepted: Accepted) -> None:
        log.info("asked", place=inbound.place.key, turn=accepted.turn_id)
        self._desk.open_thread(inbound, accepted)

    async def offer(self, late: Sequence[Inbound]) -> None:
        """Take in what was asked too long ago, all in one conversation, and ask whether it is still wanted."""
        late = [one for one in late if not one.kept_back]
        if not late or not await self._admission.serves(late[0]):
            return
        target = await self._target(late[0])
        turn_id = self._new_id()
        offer = Rendered("", words.MISSED, (Action(ActionName.REGENERATE, turn_id),), final=True)
        accepted = await self._store.write(accept_late, late, target, turn_id, offer, self._clock())
        if accepted.outcome is Outcome.ASKED:
            log.info("asked while away", place=late[0].place.key, turn=turn_id)
            self._desk.open_thread(late[0], accepted)
            await self._desk.show_ended(turn_id)

    async def _delete(self, inbound: Inbound) -> None:
        accepted = await self._store.write(accept_delete, inbound, self._clock())
        await self._files.remove(accepted.orphans)
        self._deleted()
        match accepted.outcome:
            case Outcome.WITHDRAWN:
                await self._desk.withdrawn(accepted)
            case Outcome.CHANGED:
                self._desk.changed(accepted)
            case Outcome.ERASED:
                self._desk.answer_deleted(accepted)
            case _:
                pass

    async def _command(self, inbound: Inbound) -> None:
        """Carry a command out, or put what it asks to a model; that is answered where it was typed."""
        call, place = inbound.command, inbound.place
        question = await self._commands.question(call, inbound.person, place) if call else None
        if question is None:
            await self._errands.take_in(inbound)
            return
        asked = replace(inbound, text=question.text, addressed=True)
        own = place.kind is PlaceKind.CHANNEL
        target = Target(place, f"{place.key}#{inbound.about}" if own else place.key)
        accepted = await self._desk.take_in_by_command(asked, target, question.kind, question.model)
        if accepted.outcome is Outcome.ASKED:
            log.info("asked", place=place.key, turn=accepted.turn_id, command=call.name if call else "")
            standing = standing_in(self._adapters[place.platform], place)
            self._errands.acknowledge(inbound, words.on_it(standing))

    async def _button(self, inbound: Inbound) -> None:
        action = inbound.action
        if action is None:
            return
        try:
            await self._buttons.press(inbound, action)
        except NotAllowed as error:
            await self._errands.say(inbound, error.said, private=True)

    async def _target(self, inbound: Inbound) -> Target:
        """Where it is answered: in place, or in a thread of its own where the platform has them."""
        place = inbound.place
        if place.kind is not PlaceKind.CHANNEL:
            return Target(place, place.key)
        thread = await self._thread_for(inbound) if inbound.addressed else None
        if thread is not None:
            return Target(thread, thread.key)
        return Target(place, f"{place.key}#{inbound.about}")

    async def _thread_for(self, inbound: Inbound) -> Place | None:
        """The thread in which a mention is answered, where the platform has them and nobody chose otherwise."""
        place = inbound.place
        adapter = self._adapters[place.platform]
        if not offers(adapter, OpensThreads):
            return None
        threads = self._adapters[place.platform].capabilities.threads
        asker = person_key(place.platform, inbound.person)
        chosen = (await self._store.read(in_force, place, asker)).get(REPLY_IN.name)
        wanted = threads if chosen is None else chosen == "thread"
        return adapter.thread_for(place, inbound.about) if wanted else None
