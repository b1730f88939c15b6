"""What people type after a slash: one file a command, one tuple that lists them."""

from bot.commands.ask import ASK
from bot.commands.base import Command
from bot.commands.export import EXPORT
from bot.commands.forget import FORGET
from bot.commands.help import HELP
from bot.commands.imagine import IMAGINE
from bot.commands.model import MODEL
from bot.commands.models import MODELS
from bot.commands.persona import PERSONA_COMMAND
from bot.commands.remind import REMIND
from bot.commands.reset import RESET
from bot.commands.search import SEARCH
from bot.commands.settings import SETTINGS
from bot.commands.status import STATUS
from bot.commands.stop import STOP
from bot.commands.summary import SUMMARY
from bot.commands.usage import USAGE

COMMANDS: tuple[Command, ...] = (
    MODEL,
    MODELS,
    ASK,
    SUMMARY,
    IMAGINE,
    SEARCH,
    REMIND,
    PERSONA_COMMAND,
    SETTINGS,
    RESET,
    STOP,
    USAGE,
    EXPORT,
    FORGET,
    STATUS,
    HELP,
)
"""Every command, in the order in which help lists them."""
