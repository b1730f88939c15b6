"""The reminders people have: made, listed, changed, cancelled, snoozed. Whose they are comes from the event."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.errors import NotAllowed, ReminderRefused
from bot.messages import (
    Action,
    ActionName,
    Caller,
    Inbound,
    Occurrence,
    PlaceKind,
    Reminder,
    Upcoming,
    Where,
    person_key,
)
from bot.ports import Adapter, Clock, NewId
from bot.preferences import TIME_ZONE
from bot.preferences.scopes import Scope
from bot.reminders.discretion import for_owner, readers_of
from bot.reminders.reading import When, read_when
from bot.reminders.saying import QUOTE_LIMIT, confirmed, described, exact, listed, one_line
from bot.store.engine import Store
from bot.store.intents.reminders import (
    add_reminder,
    answer_occurrence,
    end_reminder,
    find_occurrence,
    find_reminder,
    keep_reminder,
    last_occurrence,
    made_before,
    reminders_of,
    told_of,
)
from bot.store.intents.settings import chosen_where

MOST = 50
"""Reminders that one person may have to come."""

SNOOZES = ("10 min", "1 h", "tomorrow")
"""For how long the buttons under a reminder put it off."""


class ReminderBook:
    """Implements `bot.ports.Reminders`. `changed` is set whenever something may be due at another time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        new_id: NewId,
        *,
        most: int = MOST,
        adapters: Mapping[str, Adapter] | None = None,
        changed: asyncio.Event | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._most = most
        self._can_read = readers_of(adapters or {})
        self.changed = changed or asyncio.Event()

    def over(self, adapters: Mapping[str, Adapter]) -> "ReminderBook":
        """The same book, which asks these platforms what its owners can read; without any it tells them only what
        is their own."""
        return ReminderBook(
            self._store, self._clock, self._new_id, most=self._most, adapters=adapters, changed=self.changed
        )

    async def make(self, caller: Caller, when: str, text: str, where: Where | None = None) -> str:
        """Remind the caller of this, and confirm it by the exact time."""
        known = await self._store.read(made_before, caller.key)
        if known is not None and known.due_at is not None:
            return confirmed(known, ())
        meant = await self.read(caller, when)
        return await self.keep(caller, meant, text, where)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    async def read(self, caller: Caller, when: str) -> When:
        """When the caller means. Raises TimeUnclear."""
        return await asyncio.to_thread(read_when, when, await self.zone_of(caller), self._clock())

    async def keep(self, caller: Caller, when: When, text: str, where: Where | None = None) -> str:
        """Remind the caller then, and confirm it. Raises ReminderRefused."""
        if not one_line(text) and caller.about is None:
            raise ReminderRefused("Of what shall I remind you? For example: `/remind tomorrow at 9 to call Bob`.")
        kept = await self._store.write(
            add_reminder, self._new(caller, when, text, where), _owner(caller), caller.key, self._most
        )
        if kept is None:
            raise ReminderRefused(
                f"You have {self._most} reminders to come, which are the most I keep. `/remind list` shows them; "
                "`/remind cancel NUMBER` takes one back."
            )
        self.changed.set()
        return confirmed(kept, when.notes)

    def _new(self, caller: Caller, when: When, text: str, where: Where | None) -> Reminder:
        about, alone = caller.about, caller.place.kind is PlaceKind.DM
        return Reminder(
            id=self._new_id(),
            number=0,
            owner=caller.person,
            made_in=caller.place,
            where=Where.HERE if alone else where or Where.ME,
            text=one_line(text),
            own=caller.words(one_line(text)),
            zone=when.zone,
            slot=when.slot.isoformat(),
            due_at=when.due_at,
            rule=when.rule,
            quote=one_line(about.text, QUOTE_LIMIT) if about else "",
            about=about.message_id if about else None,
            about_by=about.person.id if about else "",
            about_place=about.place if about else None,
            aloud=caller.aloud,
        )

    async def list(self, caller: Caller) -> str:
        """What is still to come. Where others read along, only what they know of already."""
        mine = await self._store.read(reminders_of, _owner(caller))
        shown = [one for one in mine if _may_be_named(one, caller)]
        if not mine:
            return "You have no reminders. `/remind tomorrow at 9 to call Bob` makes one."
        lines = [listed(one) for one in await self._for_owner(shown)]
        if len(shown) < len(mine):
            lines.append(f"{len(mine) - len(shown)} more are for you alone: `/remind list` shows them.")
        return "\n".join(lines)

    async def upcoming(self, owner: str) -> Sequence[Upcoming]:
        """What is still to come for the person with this key, for their own eyes."""
        mine = await self._store.read(told_of, owner)
        shown = await self._for_owner([one for one, _ in mine])
        return [Upcoming(one.number, described(one), came) for one, (_, came) in zip(shown, mine, strict=True)]

    async def change(self, caller: Caller, number: int, when: str = "", text: str = "") -> str:
        """Another time, another text, or both."""
        reminder = await self._find(caller, number)
        if not when and not one_line(text):
            raise ReminderRefused(f"What is to change? For example: `/remind change {number} tomorrow at 10`.")
        if not when and reminder.due_at is None:
            raise ReminderRefused(
                f"Reminder {number} has been; `/remind change {number} tomorrow at 10` lets it come again."
            )
        meant = await self.read(caller, when) if when else None
        changed = replace(reminder, undelivered=False)
        if one_line(text):
            changed = _reworded(changed, caller, one_line(text))
        if meant is not None:
            changed = replace(
                changed, zone=meant.zone, slot=meant.slot.isoformat(), due_at=meant.due_at, rule=meant.rule
            )
        await self._store.write(keep_reminder, changed, self._clock())
        self.changed.set()
        (shown,) = await self._for_owner([changed])
        return confirmed(_for_all(shown, caller), meant.notes if meant else ())

    async def cancel(self, caller: Caller, number: int) -> str:
        """Let nothing more come of it."""
        ended = await self._store.write(end_reminder, _owner(caller), number, self._clock())
        if ended is None:
            raise ReminderRefused(_unknown(number))
        self.changed.set()
        (shown,) = await self._for_owner([ended])
        text = _for_all(shown, caller).text
        return f"Reminder {number} is cancelled{f': {text}' if text else '.'}"

    async def snooze(self, caller: Caller, number: int | None, when: str) -> str:
        """Remind once more of what was told last."""
        occurrence = await self._store.read(last_occurrence, _owner(caller), number)
        if occurrence is None:
            known = number is not None and await self._find(caller, number)
            raise ReminderRefused(
                f"Reminder {number} has not come yet: `/remind change {number} {when}` moves it."
                if known
                else "I have not reminded you of anything that could be put off."
            )
        if occurrence.answer is not None:
            return f"That one is dealt with: {occurrence.answer}"
        return await self._put_off(occurrence, when, caller.key) or "That one is dealt with."

    async def press(self, pressed: Inbound, action: Action) -> None:
        """A button under a reminder. Raises NotAllowed unless its owner pressed it."""
        occurrence = await self._store.read(find_occurrence, action.turn_id)
        if occurrence is None:
            raise NotAllowed("That reminder is gone. `/remind` makes a new one.")
        if occurrence.reminder.owner.id != pressed.person.id:
            raise NotAllowed("Only the person who is reminded can do that.")
        if action.name is ActionName.SNOOZE:
            when = action.value if action.value in SNOOZES else SNOOZES[0]
            await self._put_off(occurrence, when, pressed.key, pressed)
            return
        ends = action.name is ActionName.CANCEL
        answer = "Done, and it comes no more." if ends else "Done."
        await self._store.write(answer_occurrence, occurrence.key, self._clock(), answer, ends=ends, event=pressed)
        self.changed.set()

    async def _put_off(
        self, occurrence: Occurrence, when: str, made_by: str, event: Inbound | None = None
    ) -> str | None:
        reminder = occurrence.reminder
        meant = await asyncio.to_thread(read_when, when, reminder.zone, self._clock())
        later = replace(
            reminder,
            id=self._new_id(),
            slot=meant.slot.isoformat(),
            due_at=meant.due_at,
            rule=None,
        )
        answer = f"Snoozed until {exact(meant.due_at, meant.zone)}."
        answered = await self._store.write(
            answer_occurrence, occurrence.key, self._clock(), answer, again=(later, made_by), event=event
        )
        self.changed.set()
        return answer if answered is not None else None

    async def _for_owner(self, reminders: Sequence[Reminder]) -> Sequence[Reminder]:
        """As their owner may see them at this moment."""
        return await asyncio.gather(*(for_owner(one, self._can_read) for one in reminders))

    async def _find(self, caller: Caller, number: int) -> Reminder:
        reminder = await self._store.read(find_reminder, _owner(caller), number)
        if reminder is None:
            raise ReminderRefused(_unknown(number))
        return reminder

    async def zone_of(self, caller: Caller) -> str | None:
        """The zone a person has chosen, else their profile's, else the workspace's; None where nobody knows."""
        chosen = (await self._store.read(chosen_where, caller.place, _owner(caller))).get(TIME_ZONE.name)
        own = chosen.value if chosen is not None and chosen.scope is Scope.ME else None
        others = (caller.person.time_zone, chosen.value if chosen is not None else None)
        return own or next((zone for zone in others if zone and _exists(zone)), None)


def _owner(caller: Caller) -> str:
    return person_key(caller.place.platform, caller.person)


def _unknown(number: int) -> str:
    return f"You have no reminder {number}. `/remind list` shows what you have."


def _may_be_named(reminder: Reminder, caller: Caller) -> bool:
    """Whether what is said to the caller may say what this is about: not where others would learn it."""
    alone = not caller.aloud or caller.place.kind is PlaceKind.DM
    return alone or (reminder.aloud and reminder.made_in.key == caller.place.key)


def _reworded(reminder: Reminder, caller: Caller, text: str) -> Reminder:
    """The reminder with a new text: no more known to others than the old one, nor than where it is said now.

    A text that a model made is hidden from whoever can't read any more where the reminder was made: so it has to
    come from there, or from direct messages, which are its owner's. Raises ReminderRefused.
    """
    there, alone = caller.place.key == reminder.made_in.key, caller.place.kind is PlaceKind.DM
    own = caller.words(text) or alone
    if not own and not there:
        raise ReminderRefused(
            f"Reminder {reminder.number} was made elsewhere, and here I can give it a new text only word for word."
        )
    return replace(reminder, text=text, own=own, aloud=reminder.aloud and caller.aloud and there)


def _for_all(reminder: Reminder, caller: Caller) -> Reminder:
    return reminder if _may_be_named(reminder, caller) else replace(reminder, text="", quote="")


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
