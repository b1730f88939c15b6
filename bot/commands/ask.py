"""Asks a question without a mention. A turn answers it, in the place where it was typed."""

from bot.commands.base import Command, CommandContext, Question
from bot.errors import CommandRefused
from bot.messages import CommandOption, CommandSpec, TurnKind


async def ask(context: CommandContext) -> Question:
    """The question, to the model that is chosen here. Raises CommandRefused."""
    text = context.option("text")
    if not text:
        raise CommandRefused("/ask needs words: what is your question?")
    return Question(text, TurnKind.ANSWER, None)


async def run(context: CommandContext) -> str:
    """Why it can't be asked; that it can be after all where that has just changed."""
    await ask(context)
    return "I can answer that now. Please type it again."


ASK = Command(
    CommandSpec(
        "ask",
        "Ask me something, without a mention; the answer comes here, for all to read",
        (CommandOption("text", "Your question", required=True, rest=True),),
        takes_files=True,
        aloud=True,
    ),
    run,
    ask=ask,
)
