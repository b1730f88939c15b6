"""Installing an app in the local Slack from its manifest."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.slack_town import Town
from tests.wire.bolt_app import over_socket_mode

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Gatepost"},
    "features": {
        "bot_user": {"display_name": "Gatepost"},
        "app_home": {"messages_tab_enabled": True},
        "agent_view": {"agent_description": "Answers"},
        "slash_commands": [{"command": "/ask", "description": "Ask"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history", "commands"]}},
    "settings": {"socket_mode_enabled": True, "event_subscriptions": {"bot_events": ["message.channels"]}},
}


async def test_an_installed_app_has_what_its_manifest_says_and_nothing_more() -> None:
    async with over_socket_mode() as bolt:
        bolt.town.install(MANIFEST)
        bolt.town.ada.mentions(bolt.town.square, "hello")
        bolt.town.ada.says(bolt.town.ada.dm, "hello")
        await bolt.town.settled()
        scopes = (await bolt.client.auth_test()).headers["X-OAuth-Scopes"]

        assert [one["type"] for one in bolt.events] == ["message"]
        assert scopes == "assistant:write,channels:history,chat:write,commands"
        with pytest.raises(SlackApiError, match="missing_scope"):
            await bolt.client.users_info(user=bolt.town.ada.id)
        with pytest.raises(LookupError):
            bolt.town.ada.types("/gatepost", bolt.town.square)
        with pytest.raises(LookupError):
            bolt.town.ada.uses_shortcut("ask_about_this")


async def test_a_manifest_that_slack_would_refuse_is_refused_with_every_reason() -> None:
    events = {"bot_events": ["message.im", "message.loud"]}
    bad = MANIFEST | {
        "display_information": {"name": "x" * 36},
        "settings": {"event_subscriptions": events, "sockets": True},
    }
    with pytest.raises(ValueError, match="needs 1 to 35 characters") as refused:
        Town().install(bad)

    assert str(refused.value).splitlines() == [
        "display_information.name: needs 1 to 35 characters",
        "settings.sockets: unknown",
        "settings.event_subscriptions.bot_events: message.loud is no event",
        "event_subscriptions: needs an address where Socket Mode is off",
        "/ask: needs an address where Socket Mode is off",
        "settings.event_subscriptions.bot_events: message.im needs the scope im:history",
    ]
