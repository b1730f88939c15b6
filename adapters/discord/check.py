"""Looks at an installation on Discord: the token, the intents, the servers. Asks, and connects to nothing."""

import re
from collections.abc import AsyncGenerator

from adapters.discord.errors import Refusal
from adapters.discord.rest import DISCORD, Rest
from adapters.discord.session import CONTENT_FLAGS, NO_CONTENT, REFUSED
from bot.messages import Finding, Mark

_WRONG_KINDS = (
    (re.compile(r"xox[a-z]-|xapp-"), "a token of Slack's"),
    (re.compile(r"[0-9a-f]{64}$"), "the application's public key"),
    (re.compile(r"\d{17,20}$"), "an id"),
    (re.compile(r"Bot\s"), "a token with the word Bot before it"),
    (re.compile(r"https?://"), "an address"),
)
"""What people put where the token belongs."""

_WHERE = "The token is on the bot's page in Discord's developer portal (Bot, Reset Token)."


async def check(token: str, base_url: str = DISCORD) -> AsyncGenerator[Finding, None]:
    """A row for each; what depends on the token only where that is good."""
    taken_for = next((what for pattern, what in _WRONG_KINDS if pattern.match(token)), None)
    if taken_for is not None:
        yield Finding("discord", Mark.FAULT, f"DISCORD_BOT_TOKEN holds {taken_for}. {_WHERE}")
        return
    rest = Rest(token, base_url)
    try:
        application = await rest.call("GET", "/oauth2/applications/@me", kind="application")
        yield Finding("discord", Mark.OK, f"the token is good, for the application {application['name']}")
        yield _intents(int(application.get("flags") or 0))
        yield _servers(await rest.call("GET", "/users/@me/guilds", kind="guilds"))
    except Refusal as refused:
        said = REFUSED if refused.status == 401 else f"Discord does not answer ({refused}). Check the network."
        yield Finding("discord", Mark.FAULT, said)
    finally:
        await rest.close()


def _intents(flags: int) -> Finding:
    if flags & CONTENT_FLAGS:
        return Finding("discord intents", Mark.OK, "it may read messages")
    return Finding("discord intents", Mark.WARNING, NO_CONTENT)


def _servers(guilds: list[object]) -> Finding:
    if not guilds:
        said = "The bot is in no server yet. `gatepost discord-invite` prints the address that invites it."
        return Finding("discord servers", Mark.WARNING, said)
    return Finding("discord servers", Mark.OK, f"in {len(guilds)}" if len(guilds) < 200 else "in 200 or more")
