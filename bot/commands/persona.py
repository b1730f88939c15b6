"""Shows and changes who the assistant is to be: here, in a channel, for oneself, for the workspace."""

from collections.abc import Sequence

from bot.commands.base import Command, CommandContext, CommandResult, Completion
from bot.commands.choosing import DEFAULT, SCOPE, choose_for, chosen_in, where
from bot.messages import Action, ActionName, Choice, CommandOption, CommandSpec, Place, person_key
from bot.personas import PERSONA, PERSONAS, is_own_words, mark_of
from bot.preferences.scopes import Scope
from bot.store.intents.settings import Chosen, choices_of

SHINES = "I am this wherever you ask me something: others may notice it in my answers there."
HELD = (
    "used only where nobody but you reads, in our direct messages: elsewhere a model might repeat them to others. "
    "The button lets me use them there as well; what they say may then show in my answers."
)
ALOUD = (
    "used where others read as well, as you have allowed: what they say may show in my answers there. "
    "Choose them again, and they are for our direct messages only."
)


async def run(context: CommandContext) -> CommandResult:
    """Without words, who it is here and who it could be; with a name or a description, become that."""
    wanted = context.option("persona")
    scope = await choose_for(context, PERSONA, wanted) if wanted else None
    now, own = await _chosen(context)
    said = [_now(now, context.place)]
    if scope is not None:
        said.insert(0, f"Done {where(scope, context.place)}.")
    if own is not None and is_own_words(own.value):
        said.append(_own(own, named=own == now))
    elif scope is Scope.ME and own is not None:
        said.append(SHINES)
    text = " ".join(said)
    if scope is None:
        built_in = (f"- `{name}`: {told}" for name, told in PERSONAS.items())
        how = f"Choose one with `/persona NAME`, or describe your own; `/persona {DEFAULT}` goes back."
        text = "\n".join((text, "", *built_in, "", how))
    return CommandResult(text, actions=_buttons(own))


async def _chosen(context: CommandContext) -> tuple[Chosen | None, Chosen | None]:
    """What is in force here, and what somebody has chosen for themselves, in force or not."""
    asker = person_key(context.place.platform, context.person)
    now = (await chosen_in(context)).get(PERSONA.name)
    every = await context.ports.store.read(choices_of, context.place, asker, PERSONA.name)
    return now, every.get(Scope.ME)


def _now(chosen: Chosen | None, place: Place) -> str:
    if chosen is None:
        return "I am myself here."
    who = f"“{chosen.value}”" if is_own_words(chosen.value) else f"`{chosen.value}`"
    return f"Here I am {who} (chosen {where(chosen.scope, place)})."


def _own(own: Chosen, *, named: bool) -> str:
    """Where somebody's own words for themselves hold, and why not elsewhere."""
    words = "Your own words for me are" if named else f"Your own words for me, “{own.value}”, are"
    return f"{words} {ALOUD if own.aloud else HELD}"


def _buttons(own: Chosen | None) -> tuple[Action, ...]:
    if own is None or own.aloud or not is_own_words(own.value):
        return ()
    return (Action(ActionName.USE_ALOUD, mark_of(own.value)),)


def complete(completion: Completion) -> Sequence[Choice]:
    """The personas that are built in."""
    if completion.option != "persona":
        return ()
    typed = completion.typed.lower()
    return [Choice(name, f"{name}: {text}"[:100]) for name, text in PERSONAS.items() if name.startswith(typed)]


PERSONA_COMMAND = Command(
    CommandSpec(
        "persona",
        "Show or change who I am to be, here or elsewhere",
        (
            CommandOption(
                "persona",
                f"A name, or own words (for `me`: used where only you read); `{DEFAULT}` goes back",
                rest=True,
                complete=True,
            ),
            SCOPE,
        ),
    ),
    run,
    complete,
)
