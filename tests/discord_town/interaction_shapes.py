"""How an act of a person looks as JSON when the gateway tells it."""

from tests.discord_town import message_shapes, shapes
from tests.discord_town.interactions import Interaction
from tests.discord_town.rights import rights_in
from tests.discord_town.state import State
from tests.discord_town.world import Json


def interaction(state: State, one: Interaction) -> Json:
    """What the gateway tells of an act; member and rights come with it."""
    now, guild_of = state.clock(), one.channel.guild
    rights = str(int(rights_in(one.channel, one.user, now)))
    shape: Json = {
        "id": str(one.id),
        "application_id": str(state.application.id),
        "type": int(one.kind),
        "data": one.data,
        "token": one.token,
        "version": 1,
        "locale": "en-US",
        "channel_id": str(one.channel.id),
        "channel": shapes.channel(state, one.channel) | {"permissions": rights},
        "app_permissions": str(int(rights_in(one.channel, state.me, now))),
        "entitlements": [],
        "attachment_size_limit": state.file_limit,
        "authorizing_integration_owners": {"0": str(guild_of.id) if guild_of else "0"},
        "context": 0 if guild_of else 1,
    }
    if guild_of is None:
        shape["user"] = shapes.user(one.user)
    else:
        shape["guild_id"] = str(guild_of.id)
        shape["guild"] = {"id": str(guild_of.id), "locale": "en-US", "features": []}
        shape["guild_locale"] = "en-US"
        shape["member"] = shapes.member(guild_of.members[one.user.id]) | {"permissions": rights}
    if one.message is not None:
        shape["message"] = message_shapes.message(state, one.message, content=True)
    return shape
