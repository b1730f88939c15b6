"""Reminders on Slack: in the zone of one's profile, from a message's shortcut, only while one may read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Person, Place, PlaceKind
from tests.slack_house import SlackHouse, slack_house
from tests.slack_town.values import Message


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackHouse]:
    async with slack_house(tmp_path) as opened:
        ringing = asyncio.create_task(opened.house.bell.run())
        yield opened
        ringing.cancel()


def labels(message: Message) -> list[str]:
    """What can be pressed under a message."""
    rows = [one["elements"] for one in message.blocks if one.get("type") == "actions"]
    return [str(button["text"]["text"]) for row in rows for button in row]


async def test_a_time_is_meant_in_the_zone_of_ones_profile(slack: SlackHouse) -> None:
    lima = slack.town.person("Lucho", tz="America/Lima", tz_offset=-5 * 3600)
    await lima.types("/gatepost remind tomorrow at nine to call Bob", slack.town.square).answered()
    (told,) = await slack.whispered(lima)

    assert "at 09:00 (America/Lima, UTC-5)" in str(told.blocks)


async def test_the_shortcut_reminds_of_a_message_and_a_button_ends_it(slack: SlackHouse) -> None:
    town = slack.town
    about = town.grace.says(town.square, "the launch is at noon")
    await town.ada.uses_shortcut("remind_me", about).answered()
    await town.until(lambda: town.ada.modal)
    assert town.ada.modal is not None
    typed = {"question": {"question": {"type": "plain_text_input", "value": "in 1 second"}}}
    await town.ada.submits(town.ada.modal, typed).answered()
    (told,) = await slack.whispered(town.ada)
    await town.until(lambda: slack.ours(town.ada.dm))
    (shown,) = slack.ours(town.ada.dm)
    before = labels(shown)
    await town.ada.presses(shown, "Done").answered()
    await town.until(lambda: not labels(shown))

    assert "I'll remind you in a direct message" in str(told.blocks)
    assert "the launch is at noon" in str(shown.blocks)
    assert before == ["Snooze 10 min", "Snooze 1 h", "Snooze tomorrow", "Done"]
    assert "Done." in str(shown.blocks)


async def test_one_for_the_channel_names_the_one_who_asked_and_calls_nobody_else(slack: SlackHouse) -> None:
    town = slack.town
    line = f"/gatepost remind here in 1 second to wake <@{town.grace.id}> <!channel> @here"
    await town.ada.types(line, town.square).answered()
    await town.until(lambda: slack.ours(town.square))
    (shown,) = slack.ours(town.square)
    said = str(shown.blocks)

    assert f"<@{town.ada.id}>" in said
    assert f"<@{town.grace.id}>" not in said
    assert "<!channel>" not in said


async def test_who_may_read_is_asked_of_slack(slack: SlackHouse) -> None:
    town = slack.town
    den = town.channel("den", town.ada, kind="group")
    guest = town.person("Guest", guest=True)
    places = {name: Place("slack", "T0", channel.id) for name, channel in (("square", town.square), ("den", den))}
    people = {"ada": town.ada.id, "grace": town.grace.id, "guest": guest.id, "nobody": "U0NOBODY"}
    reads = {
        (who, name): await slack.adapter.can_read(Person(user, who), where)
        for who, user in people.items()
        for name, where in places.items()
    }
    alone = await slack.adapter.open_dm(Person(town.ada.id, "Ada"), places["square"])

    assert {who for who, name in reads if name == "square" and reads[who, name]} == {"ada", "grace"}
    assert {who for who, name in reads if name == "den" and reads[who, name]} == {"ada"}
    assert (alone.kind, alone.channel) == (PlaceKind.DM, town.ada.dm.id)
