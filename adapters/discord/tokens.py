"""What can be told of a token by looking at it. Pure."""

import re

_WRONG_KINDS = (
    (re.compile(r"xox[a-z]-|xapp-"), "a token of Slack's"),
    (re.compile(r"[0-9a-f]{64}$"), "the application's public key"),
    (re.compile(r"\d{17,20}$"), "an id"),
    (re.compile(r"Bot\s"), "a token with the word Bot before it"),
    (re.compile(r"https?://"), "an address"),
)
"""What people put where the token belongs."""

_WHERE = "The token is on the bot's page in Discord's developer portal (Bot, Reset Token)."


def wrong_kind(token: str) -> str | None:
    """What to tell of something that can't be a bot's token, whatever Discord would say. Pure."""
    taken_for = next((what for pattern, what in _WRONG_KINDS if pattern.match(token)), None)
    return f"DISCORD_BOT_TOKEN holds {taken_for}. {_WHERE}" if taken_for is not None else None
