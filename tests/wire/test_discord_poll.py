"""On Discord a poll is Discord's own."""

from pathlib import Path

from tests.discord_house import discord_house

WANTED = '{"question": "Where to?", "choices": ["Alps", "Sea", "Alps"], "hours": 2}'


async def test_a_poll_is_posted_as_discords_own(tmp_path: Path) -> None:
    async with discord_house(tmp_path) as here:
        asked = here.ada.says(here.ada.dm, "a poll please")
        await (await here.request()).call(("c1", "create_poll", WANTED))
        await here.answer("There it is.")
        await here.rest()
        polls = [one.poll for one in asked.channel.in_order() if one.poll]

    assert [poll["question"]["text"] for poll in polls] == ["Where to?"]
    assert [one["poll_media"]["text"] for one in polls[0]["answers"]] == ["Alps", "Sea"]
    assert (polls[0]["duration"], polls[0]["allow_multiselect"]) == (2, False)
