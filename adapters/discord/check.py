"""Looks at an installation on Discord: the token, the intents, the servers. Asks, and connects to nothing."""

from collections.abc import AsyncGenerator

from adapters.discord.errors import Refusal
from adapters.discord.rest import DISCORD, Rest
from adapters.discord.session import CONTENT_FLAGS, NO_CONTENT, REFUSED
from adapters.discord.tokens import wrong_kind
from bot.messages import Finding, Mark


async def check(token: str, base_url: str = DISCORD) -> AsyncGenerator[Finding, None]:
    """A row for each; what depends on the token only where that is good."""
    if (wrong := wrong_kind(token)) is not None:
        yield Finding("discord", Mark.FAULT, wrong, fatal=True)
        return
    rest = Rest(token, base_url)
    try:
        application = await rest.call("GET", "/oauth2/applications/@me", kind="application")
        yield Finding("discord", Mark.OK, f"the token is good, for the application {application['name']}")
        yield _intents(int(application.get("flags") or 0))
        yield _servers(await rest.call("GET", "/users/@me/guilds", kind="guilds"))
    except Refusal as refused:
        said = REFUSED if refused.status == 401 else f"Discord does not answer ({refused}). Check the network."
        yield Finding("discord", Mark.FAULT, said, fatal=refused.status == 401)
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
