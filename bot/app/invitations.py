"""What to open to add the bot to a server."""

from adapters.discord.invite import RIGHTS, application_id, invitation
from bot.errors import StartError
from bot.settings import Settings


def discord_invitation(settings: Settings) -> tuple[str, tuple[str, ...]]:
    """The address, and a line for each right it asks for. Raises StartError without a token to read it from."""
    if settings.discord_bot_token is None:
        raise StartError("DISCORD_BOT_TOKEN is not set. Copy it from Discord's developer portal.")
    application = application_id(settings.discord_bot_token.get_secret_value())
    if application is None:
        raise StartError("DISCORD_BOT_TOKEN is no bot's token. Copy it again from Discord's developer portal.")
    return invitation(application), tuple(f"{name}: {why}" for _, name, why in RIGHTS)
