"""How far places reach, on Discord, Slack and the page, as the platforms' own libraries and answers tell it."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import PlatformError
from bot.messages import Person, Place, PlaceKind, Reach
from bot.search.audience import Disclosure, Discretion
from tests.discord_bot import Bot, discord_bot
from tests.discord_town.rights import Right
from tests.discord_town.world import Channel, ChannelType, Overwrite
from tests.slack_stage import slack_over_socket
from tests.slack_town.person import Person as Member
from tests.slack_town.values import Channel as SlackChannel
from tests.web_page import playground

VIEW, HISTORY = int(Right.VIEW_CHANNEL), int(Right.READ_MESSAGE_HISTORY)


def spot(bot: Bot, channel: Channel) -> Place:
    """Where this channel, thread or direct message is, for the core."""
    if channel.guild is None:
        return Place("discord", "dm", str(channel.id), kind=PlaceKind.DM)
    if channel.is_thread and channel.parent is not None:
        return Place("discord", str(bot.guild.id), str(channel.parent.id), str(channel.id), PlaceKind.THREAD)
    return Place("discord", str(bot.guild.id), str(channel.id))


async def test_discords_channels_reach_as_far_as_their_overwrites_say() -> None:
    async with discord_bot() as bot:
        town, guild = bot.town, bot.guild
        staff, muted = town.role(guild, "staff"), town.role(guild, "quarantined")
        kept = (
            Overwrite(guild.id, 0, deny=VIEW),
            Overwrite(staff.id, 0, allow=VIEW),
            Overwrite(town.me.id, 1, allow=VIEW),
        )
        channels = {
            "open": town.channel(guild, "open"),
            "staff": town.channel(guild, "staff", overwrites=kept),
            "staff too": town.channel(guild, "staff-too", overwrites=kept),
            "not for some": town.channel(guild, "lively", overwrites=(Overwrite(muted.id, 0, deny=VIEW),)),
            "no history": town.channel(guild, "fleeting", overwrites=(Overwrite(guild.id, 0, deny=HISTORY),)),
            "silent for some": town.channel(
                guild, "news", overwrites=(Overwrite(muted.id, 0, deny=int(Right.SEND_MESSAGES)),)
            ),
            "grown up": town.channel(guild, "grown-up", nsfw=True),
            "voice": town.channel(guild, "voice", kind=ChannelType.VOICE),
        }
        await bot.quiet()
        found = {name: await bot.adapter.audience(spot(bot, one)) for name, one in channels.items()}

    assert {name for name, one in found.items() if one.reach is Reach.WORKSPACE} == {"open", "silent for some"}
    assert found["staff"].circle == found["staff too"].circle
    assert len({one.circle for one in found.values()}) == 6  # open and silent are one circle as well
    assert {name for name, one in found.items() if one.outsiders} == {"voice"}


async def test_what_discord_may_show_where_over_public_private_thread_and_direct_message() -> None:
    async with discord_bot() as bot:
        town, guild = bot.town, bot.guild
        kept = (
            Overwrite(guild.id, 0, deny=VIEW),
            Overwrite(bot.ada.id, 1, allow=VIEW),
            Overwrite(town.me.id, 1, allow=VIEW),
        )
        den = town.channel(guild, "den", overwrites=kept)
        question = bot.ada.says(bot.general, "a question")
        thread = bot.ada.opens_thread(question, "open")
        quiet = bot.ada.opens_thread(bot.general, "quiet", private=True)
        bot.ada.adds(quiet, town.me)
        places = {"general": bot.general, "den": den, "thread": thread, "quiet": quiet, "dm": bot.ada.dm}
        await bot.quiet()
        asked, ada = Discretion(bot.adapter), Person(str(bot.ada.id), "Ada")
        grace = Person(str(bot.grace.id), "Grace")
        spots = [spot(bot, one) for one in places.values()]
        names = {one.key: name for one, name in zip(spots, places, strict=True)}
        shown = {
            name: {
                names[key]
                for key, how in (await asked.disclosures(spots, spot(bot, here), ada)).items()
                if how is Disclosure.HERE
            }
            for name, here in places.items()
        }
        for_grace = await asked.disclosures(spots, spot(bot, bot.grace.dm), grace)

    assert shown == {
        "general": {"general", "thread"},
        "thread": {"general", "thread"},
        "den": {"general", "thread", "den"},
        "quiet": {"general", "thread", "quiet"},
        "dm": {"general", "thread", "den", "quiet", "dm"},
    }
    assert {names[key] for key, how in for_grace.items() if how is not Disclosure.NOT} == {"general", "thread"}


async def test_discord_is_not_guessed_about_while_it_is_not_connected() -> None:
    async with discord_bot() as bot:
        where = spot(bot, bot.general)
        bot.town.gateway.cut()
        while bot.adapter.listening():  # noqa: ASYNC110 - the adapter has no bell
            await asyncio.sleep(0)
        with pytest.raises(PlatformError):
            await bot.adapter.audience(where)
        told = await Discretion(bot.adapter).disclosures([where], where, Person(str(bot.ada.id), "Ada"))

    assert told == {where.key: Disclosure.NOT}


async def test_slack_shows_public_words_to_full_members_and_shared_or_guests_places_only_their_own() -> None:
    async with slack_over_socket() as slack:
        town = slack.town
        guest, alien = town.person("Guest", guest=True), town.stranger_person("Alien")
        channels = {
            "square": town.square,
            "den": town.channel("den", town.ada, kind="group"),
            "lobby": town.channel("lobby", town.ada, guest),
            "bridge": town.channel("bridge", town.ada, alien),
            "table": town.channel("table", town.ada, town.grace, kind="mpim"),
            "dm": town.ada.dm,
        }
        spots = {name: slack_spot(one) for name, one in channels.items()}
        names = {one.key: name for name, one in spots.items()}
        asked = Discretion(slack.adapter)

        async def seen(who: Member, here: str, *wanted: Disclosure) -> set[str]:
            found = await asked.disclosures(spots.values(), spots[here], Person(who.id, "somebody"))
            return {names[key] for key, how in found.items() if how in wanted}

        shown = {name: await seen(town.ada, name, Disclosure.HERE) for name in channels}
        of_grace = await seen(town.grace, "square", Disclosure.HERE, Disclosure.PRIVATELY)
        of_guest = await seen(guest, "lobby", Disclosure.HERE, Disclosure.PRIVATELY)
        of_alien = await seen(alien, "bridge", Disclosure.HERE, Disclosure.PRIVATELY)

    public = {"square", "lobby", "bridge"}
    assert shown == {
        "square": public,
        "den": public | {"den"},
        "lobby": {"lobby"},
        "bridge": {"bridge"},
        "table": public | {"table"},
        "dm": set(channels),
    }
    assert of_grace == public | {"table"}
    assert of_guest == {"lobby"}
    assert of_alien == {"bridge"}


def slack_spot(channel: SlackChannel) -> Place:
    """Where this channel or direct message is, for the core."""
    if channel.kind == "im":
        return Place("slack", "T0TOWN", channel.id, "1.000000", PlaceKind.DM)
    return Place("slack", "T0TOWN", channel.id)


async def test_the_pages_channels_are_everybodys_and_its_direct_messages_one_persons(tmp_path: Path) -> None:
    async with playground(tmp_path) as page:
        asked, ada, grace = Discretion(page.adapter), Person("ada", "Ada"), Person("grace", "Grace")
        general, dm = Place("web", "local", "general"), Place("web", "local", "dm-ada", kind=PlaceKind.DM)
        below = Place("web", "local", "general", "m1", PlaceKind.THREAD)
        both = (general, dm)

        in_thread = await asked.disclosures(both, below, ada)
        alone = await asked.disclosures(both, dm, ada)
        of_grace = await asked.disclosures(both, below, grace)

    assert in_thread == {general.key: Disclosure.HERE, dm.key: Disclosure.PRIVATELY}
    assert alone == {general.key: Disclosure.HERE, dm.key: Disclosure.HERE}
    assert of_grace == {general.key: Disclosure.HERE, dm.key: Disclosure.NOT}
