"""auth.test, users.*, bots.*, team.*, apps.connections.open: who is who."""

from tests.slack_town.call import Call, Method
from tests.slack_town.errors import Refusal
from tests.slack_town.limits import SPECIAL, TIER_2, TIER_3, TIER_4
from tests.slack_town.methods.conversations import page
from tests.slack_town.shapes import user_json
from tests.slack_town.values import APP, BOT_ID, BOT_USER, TEAM, Json
from tests.slack_town.world import World


def auth_test(world: World, call: Call) -> Json:
    """auth.test."""
    return {
        "url": "https://town.slack.com/",
        "team": "Town",
        "user": world.users[BOT_USER].name.lower(),
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def user_info(world: World, call: Call) -> Json:
    """users.info."""
    user = world.users.get(call.needed("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user_json(user)}


def user_list(world: World, call: Call) -> Json:
    """users.list."""
    shown, cursor = page(list(world.users.values()), call, 100, 1000)
    return {"members": [user_json(one) for one in shown], "response_metadata": {"next_cursor": cursor}}


def bot_info(world: World, call: Call) -> Json:
    """bots.info."""
    bot = next((one for one in world.users.values() if one.is_bot and one.bot_id == call.text("bot")), None)
    if bot is None:
        raise Refusal("bot_not_found")
    app = APP if bot.id == BOT_USER else "A0OTHER"
    return {"bot": {"id": bot.bot_id, "name": bot.name, "app_id": app, "user_id": bot.id, "deleted": False}}


def team_info(world: World, call: Call) -> Json:
    """team.info."""
    return {"team": {"id": TEAM, "name": "Town", "domain": "town", "email_domain": "", "icon": {}}}


def search_messages(world: World, call: Call) -> Json:
    """search.messages: never for bots."""
    raise Refusal("not_allowed_token_type")


METHODS = {
    "auth.test": Method(auth_test, SPECIAL),
    "users.info": Method(user_info, TIER_4, ("users:read",)),
    "users.list": Method(user_list, TIER_2, ("users:read",)),
    "bots.info": Method(bot_info, TIER_3, ("users:read",)),
    "team.info": Method(team_info, TIER_3, ("team:read",)),
    "search.messages": Method(search_messages, TIER_2),
}
