"""What is said once to a server that we were added to. Pure."""

import discord

_WITH_CONTENT = (
    "In that thread, and in direct messages, no mention is needed. Pictures, PDFs and text files can be attached. "
    "I read messages only in threads I am in, and what was said before where somebody calls me."
)
_WITHOUT_CONTENT = (
    "Mention me or reply to me in that thread too; in direct messages no mention is needed. Pictures, PDFs and "
    "text files can be attached. I can read nothing else: the message content intent is off, which whoever runs "
    "me can change."
)


def greeting(*, message_content: bool) -> str:
    """What we do, and what we can read."""
    reads = _WITH_CONTENT if message_content else _WITHOUT_CONTENT
    return (
        f"Hello, I'm Gatepost. Mention me with a question and I answer in a thread. {reads} "
        "`/help` lists what can be typed."
    )


def greeting_place(guild: discord.Guild) -> int | None:
    """Where to say it: where new members are greeted, or in the first channel in which we may write."""
    channels = [*([guild.system_channel] if guild.system_channel else []), *guild.text_channels]
    for channel in channels:
        rights = channel.permissions_for(guild.me)
        if rights.view_channel and rights.send_messages:
            return channel.id
    return None
