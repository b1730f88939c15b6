"""Shows and changes what can be chosen about answers: here, in this channel, for oneself, for the workspace."""

import difflib
from collections.abc import Mapping, Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.commands.cautions import caution, check
from bot.commands.choosing import DEFAULT, SCOPE, choose_for, chosen_in, where
from bot.errors import CommandRefused
from bot.messages import Choice, CommandOption, CommandSpec, Place
from bot.preferences import BY_NAME, PREFERENCES, RECORDING, Preference
from bot.store.intents.settings import Chosen


async def run(context: CommandContext) -> str:
    """Without a name, everything that is in force here; with a value, choose it."""
    name, value = context.option("name"), context.option("value")
    if not name:
        chosen = await chosen_in(context)
        return "\n".join((*(_line(one, chosen, context.place) for one in PREFERENCES), "", _HOW))
    preference = BY_NAME.get(name.lower())
    if preference is None:
        near = difflib.get_close_matches(name.lower()[:40], BY_NAME, 1, 0.6)
        meant = f" Did you mean `{near[0]}`?" if near else ""
        raise CommandRefused(f"There is no setting `{name[:40]}`.{meant} `/settings` lists them.")
    if not value:
        shown = (_line(preference, await chosen_in(context), context.place), await _progress(context, preference))
        return "\n\n".join((*filter(None, shown), _takes(preference)))
    value = check(context.ports.gateway, preference, value)
    scope = await choose_for(context, preference, value)
    told = await _carry_out(context, preference)
    chosen = await chosen_in(context)
    now = _line(preference, chosen, context.place).removeprefix("- ")
    done = f"Done {where(scope, context.place)}. In force now: {now}"
    return "\n\n".join(filter(None, (done, told, caution(context.ports.gateway, preference, chosen))))


async def _carry_out(context: CommandContext, preference: Preference) -> str:
    """Begin or end what was chosen, where it takes more than to know it; what to say of that."""
    recording = context.ports.recording
    return await recording.chosen(context.place) if preference is RECORDING and recording else ""


async def _progress(context: CommandContext, preference: Preference) -> str:
    recording = context.ports.recording
    return await recording.progress(context.place) if preference is RECORDING and recording else ""


def _line(preference: Preference, chosen: Mapping[str, Chosen], place: Place) -> str:
    choice = chosen.get(preference.name)
    held = f"`{choice.value}` ({where(choice.scope, place)})" if choice else f"{preference.default} (default)"
    return f"- `{preference.name}`: {held}. {preference.description}."


def _takes(preference: Preference) -> str:
    values = f" Values: {', '.join(f'`{one}`' for one in preference.choices)}." if preference.choices else ""
    scopes = ", ".join(f"`{one}`" for one in preference.scopes)
    return f"Change it with `/settings {preference.name} VALUE [SCOPE]`.{values} Scopes: {scopes}."


_HOW = f"Change one with `/settings NAME VALUE [SCOPE]`; `{DEFAULT}` goes back. The nearest scope wins."


def complete(completion: Completion) -> Sequence[Choice]:
    """The names of what can be chosen."""
    if completion.option != "name":
        return ()
    typed = completion.typed.lower()
    return [Choice(one.name, f"{one.name}: {one.description}") for one in PREFERENCES if typed in one.name]


SETTINGS = Command(
    CommandSpec(
        "settings",
        "Show or change how answers are made, here or elsewhere",
        (
            CommandOption("name", "What to change", complete=True),
            CommandOption("value", f"The new value; `{DEFAULT}` goes back", phrase=True),
            SCOPE,
        ),
    ),
    run,
    complete,
)
