"""The playground's little world: its channels, the people one can be, and where they talk. Pure."""

from collections.abc import Sequence
from urllib.parse import quote

from bot.messages import MODERATOR, Audience, Person, PersonKind, Place, PlaceKind, Reach

PLATFORM = "web"
WORKSPACE = "local"
CHANNELS = ("general", "dev", "random")
PEOPLE = (Person("ada", "Ada", roles=(MODERATOR,)), Person("grace", "Grace", roles=(MODERATOR,)))
GATEPOST = Person("gatepost", "Gatepost", PersonKind.SELF)


def person(person_id: str) -> Person | None:
    """The person with this id, if one can be them."""
    return next((one for one in PEOPLE if one.id == person_id), None)


def dm(who: Person) -> str:
    """The channel in which this person talks with Gatepost alone."""
    return f"dm-{who.id}"


def channels_of(who: Person) -> Sequence[str]:
    """Every channel this person may read."""
    return (*CHANNELS, dm(who))


def place(channel: str, thread: str | None = None) -> Place:
    """The place with these ids."""
    kind = PlaceKind.DM if channel.startswith("dm-") else PlaceKind.CHANNEL
    return Place(PLATFORM, WORKSPACE, channel, thread, PlaceKind.THREAD if thread else kind)


def audience(where: Place) -> Audience | None:
    """Who can read there; None where there is no such place."""
    whole = place(where.channel)
    circle = frozenset({whole.key})
    if where.channel in CHANNELS:
        return Audience(whole.workspace_key, Reach.WORKSPACE, whole.key, circle)
    alone = next((one.id for one in PEOPLE if dm(one) == where.channel), None)
    if alone is None:
        return None
    return Audience(whole.workspace_key, Reach.ALONE, whole.key, circle, alone_with=alone)


def link(where: Place, message_id: str) -> str:
    """The address of a message within the page: `#/channel/general/thread/ID/message/ID`; `-` is no thread."""
    channel = "dm/-" if where.channel.startswith("dm-") else f"channel/{where.channel}"
    thread, message = quote(where.thread or "-", safe=""), quote(message_id, safe="")
    return f"#/{channel}/thread/{thread}/message/{message}"


PLACE_KEYS = frozenset(place(channel).key for channel in (*CHANNELS, *map(dm, PEOPLE)))
