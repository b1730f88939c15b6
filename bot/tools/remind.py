"""Reminds people: makes, lists, changes, cancels and snoozes the reminders of whoever asked."""

from typing import Literal

from pydantic import BaseModel, Field

from bot.errors import SaidError, ToolFailed
from bot.messages import Caller, Where
from bot.ports import Reminders
from bot.tools.base import Tool, ToolContext, ToolResult


class Remind(BaseModel):
    """Remind the person who asks of something, or list, change, cancel or snooze their reminders.

    Pass on their own words for the time: the tool reads them in their time zone. Tell them the exact time and zone
    that the result names. Where the result is a question, ask it.
    """

    action: Literal["make", "list", "change", "cancel", "snooze"] = "make"
    when: str = Field(
        default="",
        max_length=200,
        description=(
            "The time in words, as it was said: 'in 20 minutes', 'tomorrow at nine', 'every second Friday at 10', "
            "'on 3 March at 14:00 every year', or '2026-03-03 14:00'. To make, change or snooze one. "
            "Add an IANA name such as Europe/Berlin only if they named a zone."
        ),
    )
    text: str = Field(default="", max_length=1000, description="Of what to remind them, in their words.")
    where: Literal["me", "here", "channel"] = Field(
        default="me",
        description="'me' for themselves, 'here' for all in this place, 'channel' for its channel.",
    )
    number: int | None = Field(default=None, description="The number of the reminder to change, cancel or snooze.")


async def remind(context: ToolContext, arguments: Remind) -> ToolResult:
    """What was done, by its exact time. Reminders made before may quote other people, or hold what a model made of
    their words."""
    reminders = context.world.reminders
    if reminders is None:
        raise ToolFailed("nothing is kept for later here, so nobody can be reminded")
    caller = Caller(context.key, context.requester, context.place, aloud=True, said=context.asked)
    try:
        done = await _carry_out(reminders, caller, arguments)
    except SaidError as error:
        raise ToolFailed(error.said) from error
    return ToolResult(done, untrusted=arguments.action in ("list", "change", "cancel"))


async def _carry_out(reminders: Reminders, caller: Caller, wanted: Remind) -> str:
    match wanted.action:
        case "make":
            return await reminders.make(caller, wanted.when, wanted.text, Where(wanted.where))
        case "list":
            return await reminders.list(caller)
        case "snooze":
            return await reminders.snooze(caller, wanted.number, wanted.when or "10 minutes")
    if wanted.number is None:
        raise ToolFailed("which one? `list` gives their numbers")
    if wanted.action == "cancel":
        return await reminders.cancel(caller, wanted.number)
    return await reminders.change(caller, wanted.number, wanted.when, wanted.text)


def _of_oneself(wanted: Remind) -> bool:
    """Whether a call only adds to what its asker alone is reminded of, or looks at it."""
    return wanted.action in ("list", "snooze") or (wanted.action == "make" and wanted.where == "me")


def _told(wanted: Remind) -> str:
    match wanted.action:
        case "make":
            whom = {"me": "you", "here": "everybody here", "channel": "everybody in this channel"}[wanted.where]
            return f"remind {whom}, {wanted.when}: {wanted.text}"
        case "change":
            return f"change your reminder {wanted.number}: {wanted.when} {wanted.text}"
    return f"{wanted.action} your reminder {wanted.number}"


REMIND = Tool(
    name="remind",
    label="remind you",
    arguments=Remind,
    run=remind,
    effects=True,
    harmless=_of_oneself,
    repeatable=True,
    summary=_told,
    available=lambda here: here.ports.reminders is not None,
)
