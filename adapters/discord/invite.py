"""The address under which the bot is added to a server, with the rights it needs and why. Pure."""

import base64
import binascii
from urllib.parse import urlencode

RIGHTS = (
    (1 << 10, "View Channels", "to see where it is asked"),
    (1 << 11, "Send Messages", "to answer in place, and in direct messages"),
    (1 << 38, "Send Messages in Threads", "to answer in threads"),
    (1 << 35, "Create Public Threads", "to answer a mention in a thread of its own"),
    (1 << 16, "Read Message History", "to know what a question refers to, and what was asked while it was away"),
    (1 << 15, "Attach Files", "to send pictures, and very long answers as a file"),
)
"""Each right with its name in Discord and what it is for."""


def application_id(token: str) -> str | None:
    """The application a token belongs to, which its first part says; None for what is no token."""
    head = token.partition(".")[0]
    try:
        found = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found if found.isdecimal() else None


def invitation(application: str) -> str:
    """The address to open, as somebody who may manage the server."""
    rights = sum(bit for bit, _, _ in RIGHTS)
    query = {"client_id": application, "scope": "bot applications.commands", "permissions": str(rights)}
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"
