"""Shows and changes who the assistant is to be: here, in a channel, for oneself, for the workspace."""

from collections.abc import Sequence

from bot.commands.base import Command, CommandContext, Completion
from bot.commands.choosing import DEFAULT, SCOPE, choose_for, chosen_in, where
from bot.messages import Choice, CommandOption, CommandSpec
from bot.personas import PERSONA, PERSONAS
from bot.preferences import Scope

SHINES = "I am this wherever you ask me something: others may notice it in my answers there."


async def run(context: CommandContext) -> str:
    """Without words, who it is here and who it could be; with a name or a description, become that."""
    wanted = context.option("persona")
    if wanted:
        scope = await choose_for(context, PERSONA, wanted)
        shared = f" {SHINES}" if scope is Scope.ME and wanted.lower() != DEFAULT else ""
        return f"Done {where(scope, context.place)}. {await _now(context)}{shared}"
    built_in = (f"- `{name}`: {text}" for name, text in PERSONAS.items())
    how = f"Choose one with `/persona NAME`, or describe your own; `/persona {DEFAULT}` goes back."
    return "\n".join((await _now(context), "", *built_in, "", how))


async def _now(context: CommandContext) -> str:
    chosen = (await chosen_in(context)).get(PERSONA.name)
    if chosen is None:
        return "I am myself here."
    who = f"`{chosen.value}`" if chosen.value in PERSONAS else f"“{chosen.value}”"
    return f"Here I am {who} (chosen {where(chosen.scope, context.place)})."


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
            CommandOption("persona", f"A name, or a description; `{DEFAULT}` goes back", rest=True, complete=True),
            SCOPE,
        ),
    ),
    run,
    complete,
)
