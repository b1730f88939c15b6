"""Buttons: who may press them, and what each does, once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.access import Access
from bot.commands.underway import Underway
from bot.conversation.desk import Desk
from bot.errors import NotAllowed
from bot.forgetting import Forgetting
from bot.messages import Action, ActionName, Inbound, TurnKind, person_key
from bot.polls import Polls
from bot.ports import Clock, NewId
from bot.reminders.book import ReminderBook
from bot.store.engine import Store
from bot.store.intents.calls import decide_call
from bot.store.intents.feedback import rate
from bot.store.intents.inbox import Outcome, accept_again, accept_once
from bot.store.intents.owed import accept_stop
from bot.store.intents.rows import find_turn
from bot.store.intents.settings import use_aloud
from bot.store.intents.speakers import speakers

_FORGOTTEN = "What was asked there is no longer kept. Ask again instead."
_CHOSEN_ANEW = "You have chosen something else since. `/persona` shows what, and asks again. Nothing was changed."
_USED_ALOUD = "Done. I use your own words where others read, too. Choose them again with `/persona` to end that."


class Buttons:
    """What is pressed under answers, reminders and polls. `tell` answers an event privately."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        access: Access,
        polls: Polls,
        reminders: ReminderBook,
        forgetting: Forgetting,
        underway: Underway,
        tell: Callable[[Inbound, str], Awaitable[None]],
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._desk = desk
        self._access = access
        self._polls = polls
        self._reminders = reminders
        self._forgetting = forgetting
        self._underway = underway
        self._tell = tell
        self._clock = clock
        self._new_id = new_id

    async def press(self, inbound: Inbound, action: Action) -> None:
        """Do what a button says. Raises NotAllowed, with a sentence."""
        platform = inbound.place.platform
        match action.name:
            case ActionName.GOOD | ActionName.BAD:
                await self._store.write(rate, inbound, action.turn_id, action.name, self._clock())
            case ActionName.SNOOZE | ActionName.DONE | ActionName.CANCEL:
                await self._reminders.press(inbound, action)
            case ActionName.CONFIRM | ActionName.DECLINE:
                await self._decide(inbound, action, allowed=action.name is ActionName.CONFIRM)
            case ActionName.FORGET | ActionName.KEEP:
                await self._forgetting.decide(inbound, wanted=action.name is ActionName.FORGET)
            case ActionName.USE_ALOUD:
                await self._use_aloud(inbound, action)
            case ActionName.VOTE:
                await self._polls.vote(inbound)
            case ActionName.STOP if self._underway.stop(platform, inbound.person, mark=action.turn_id):
                pass
            case ActionName.STOP if not action.turn_id:
                await self._stop_here(inbound)
            case _:
                await self._stop_or_again(inbound, action)

    async def _stop_or_again(self, inbound: Inbound, action: Action) -> None:
        """What those who asked may do with an answer, and whoever keeps order there."""
        asked = await self._store.write(speakers, action.turn_id)
        if not any(person.id for person in asked):
            raise NotAllowed(_FORGOTTEN)
        self._access.may_press(inbound.place.platform, inbound.person, asked)
        if action.name is ActionName.STOP:
            await self._stop(inbound, action.turn_id)
        else:
            await self._again(inbound, action)

    async def _decide(self, inbound: Inbound, action: Action, *, allowed: bool) -> None:
        """Whether a tool's call may be made: the one for whom it would be made says so, and nobody else."""
        turn = await self._store.read(find_turn, action.turn_id)
        if turn is None or turn.requester.id != inbound.person.id:
            raise NotAllowed(f"Only {turn.requester.name if turn else 'who asked'} can decide that.")
        if await self._store.write(decide_call, inbound, self._clock(), allowed=allowed):
            self._desk.decided(action.turn_id, action.value or "", allowed=allowed)

    async def _use_aloud(self, inbound: Inbound, action: Action) -> None:
        """Whoever presses speaks for their own words alone, and for those they were shown."""
        presser = person_key(inbound.place.platform, inbound.person)
        if not await self._store.write(use_aloud, presser, action.turn_id):
            raise NotAllowed(_CHOSEN_ANEW)
        await self._tell(inbound, _USED_ALOUD)

    async def _stop_here(self, inbound: Inbound) -> None:
        """A platform's own stop button knows the place and no turn."""
        place = inbound.place
        asked = await self._desk.speakers_at_work(place.key)
        if asked:
            self._access.may_press(place.platform, inbound.person, asked)
        turn_id = self._desk.next_turn(place.key)
        if turn_id is None:
            await self._store.write(accept_once, inbound, self._clock())
        else:
            await self._stop(inbound, turn_id)

    async def _stop(self, inbound: Inbound, turn_id: str) -> None:
        written = self._desk.written(turn_id)
        conversation = await self._store.write(accept_stop, inbound, turn_id, self._clock(), written)
        if conversation is not None:
            await self._desk.stop_turn(conversation, turn_id)

    async def _again(self, inbound: Inbound, action: Action) -> None:
        kind = TurnKind.CONTINUE if action.name is ActionName.CONTINUE else TurnKind.REGENERATE
        if action.name is ActionName.OTHER_MODEL and not action.value:
            raise NotAllowed("Choose a model first: `/models` lists them.")
        new_id = self._new_id()
        accepted = await self._store.write(
            accept_again, inbound, kind, action.turn_id, new_id, self._clock(), action.value
        )
        if accepted.outcome is Outcome.REFUSED:
            raise NotAllowed("The conversation has gone on since. Ask again instead.")
        if accepted.outcome is Outcome.ASKED:
            turn = await self._store.write(find_turn, new_id)
            if turn is not None:
                self._desk.asked(replace(accepted, place=turn.place), inbound)
