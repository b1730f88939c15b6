"""Finds out whether a silent connection is a deaf one: has anything been said that we were not told of?"""

from collections.abc import Mapping
from typing import Any

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused

_CHANNELS = 20
"""Channels looked at, so that a look stays far within what Slack allows in a minute."""

_MESSAGES = 20
_GRACE = 60.0
"""Seconds by which Slack may be late with an event."""


async def missed_something(api: Api, told_at: float) -> bool:
    """Whether something was said in a channel of ours after we were told of an event for the last time.

    Raises SlackRefused.
    """
    answer = await api.read(
        "users.conversations", types="public_channel,private_channel", exclude_archived="true", limit=_CHANNELS
    )
    for channel in answer.get("channels", ()):
        if await _last_said(api, str(channel["id"])) > told_at + _GRACE:
            return True
    return False


async def _last_said(api: Api, channel: str) -> float:
    try:
        answer = await api.read("conversations.history", channel=channel, limit=_MESSAGES)
    except SlackRefused as error:
        if error.code in ("channel_not_found", "not_in_channel"):  # left since
            return 0.0
        raise
    return max(map(_touched_at, answer.get("messages", ())), default=0.0)


def _touched_at(message: Mapping[str, Any]) -> float:
    """When a message was written, or the last reply to it."""
    return max(float(message["ts"]), float(message.get("latest_reply") or 0))
