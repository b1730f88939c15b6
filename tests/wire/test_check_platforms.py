"""What `gatepost check` finds on Discord and Slack, with the fault really there."""

from collections.abc import AsyncGenerator

import pytest

from adapters.discord.check import check as check_discord
from adapters.slack.check import check as check_slack
from bot.messages import Finding, Mark
from tests.discord_town.town import DiscordTown
from tests.slack_town import APP_TOKEN, BOT_TOKEN, Town, slack_town


async def rows(check: AsyncGenerator[Finding, None]) -> dict[str, Finding]:
    return {row.name: row async for row in check}


async def test_a_discord_bot_that_is_set_up_well_is_well(town: DiscordTown) -> None:
    town.guild()

    found = await rows(check_discord(town.token, town.base_url))

    assert {name: row.mark for name, row in found.items()} == {
        "discord": Mark.OK,
        "discord intents": Mark.OK,
        "discord servers": Mark.OK,
    }


async def test_a_discord_token_that_is_refused_is_found(town: DiscordTown) -> None:
    found = await rows(check_discord(town.token + "x", town.base_url))

    assert found["discord"].mark is Mark.FAULT
    assert "Copy it again from the bot's page" in found["discord"].said
    assert list(found) == ["discord"]


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (BOT_TOKEN, "holds a token of Slack's"),
        ("0f" * 32, "holds the application's public key"),
        ("123456789012345678", "holds an id"),
        ("Bot abc.def.ghi", "holds a token with the word Bot before it"),
    ],
)
async def test_something_else_where_the_discord_token_belongs_is_found(token: str, said: str) -> None:
    found = await rows(check_discord(token, "http://127.0.0.1:1"))

    assert said in found["discord"].said


async def test_discord_that_does_not_answer_is_found() -> None:
    found = await rows(check_discord("abc.def.ghi", "http://127.0.0.1:1/api/v10"))

    assert found["discord"].mark is Mark.FAULT
    assert "Check the network." in found["discord"].said


async def test_a_missing_message_content_intent_is_found(town: DiscordTown) -> None:
    town.state.application.message_content = False

    found = (await rows(check_discord(town.token, town.base_url)))["discord intents"]

    assert found.mark is Mark.WARNING
    assert "Turn it on in Discord's developer portal" in found.said


async def test_a_bot_in_no_server_is_found(town: DiscordTown) -> None:
    found = (await rows(check_discord(town.token, town.base_url)))["discord servers"]

    assert found.mark is Mark.WARNING
    assert "gatepost discord-invite" in found.said


async def on_slack(town: Town, bot: str = BOT_TOKEN, app: str | None = APP_TOKEN) -> dict[str, Finding]:
    return await rows(check_slack(bot, app, town.base_url))


async def test_a_slack_app_that_is_set_up_well_is_well() -> None:
    async with slack_town() as town:
        found = await on_slack(town)

    assert {row.mark for row in found.values()} == {Mark.OK}
    assert set(found) == {"slack", "slack scopes", "slack socket", "slack app"}


async def test_a_slack_token_that_was_revoked_is_found() -> None:
    async with slack_town() as town:
        town.tokens.revoke()
        found = await on_slack(town)

    assert found["slack"].mark is Mark.FAULT
    assert "Slack refuses SLACK_BOT_TOKEN (token_revoked)." in found["slack"].said


async def test_missing_slack_scopes_are_named() -> None:
    async with slack_town() as town:
        town.tokens.take("files:read", "im:history")
        found = (await on_slack(town))["slack scopes"]

    assert found.mark is Mark.FAULT
    assert "The app lacks files:read, im:history." in found.said


async def test_an_app_token_that_may_open_no_socket_is_found() -> None:
    async with slack_town() as town:
        town.tokens.take("connections:write", token=APP_TOKEN)
        found = (await on_slack(town))["slack socket"]

    assert found.mark is Mark.FAULT
    assert "connections:write" in found.said
