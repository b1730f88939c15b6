"""Who can read a channel at this moment, asked of Slack."""

from adapters.slack.api import Api
from adapters.slack.failures import SlackRefused
from adapters.slack.people import People
from bot.messages import FailureKind, Person, Place

_PAGE, _MOST_PAGES = 1000, 20


async def can_read(api: Api, people: People, person: Person, place: Place) -> bool:
    """Whether this person may read there: full members every public channel, everybody what they are in.

    Raises SlackRefused where Slack does not tell.
    """
    us = await api.us()
    profile = await people.find(person.id, us.team)
    if not profile.known:
        return False
    try:
        info = (await api.read("conversations.info", channel=place.channel))["channel"]
        alone = bool(info.get("is_private") or info.get("is_im") or info.get("is_mpim"))
        if not alone and not profile.outsider:
            return True
        return await _is_in(api, person.id, place.channel)
    except SlackRefused as error:
        if error.failure.kind in (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN):
            return False
        raise


async def _is_in(api: Api, user: str, channel: str) -> bool:
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        answer = await api.read("conversations.members", channel=channel, limit=_PAGE, cursor=cursor)
        if user in answer["members"]:
            return True
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            return False
    return False
