"""The local Discord's messages, threads and files, seen by unmodified discord.py."""

import io

import discord
import pytest
from PIL import Image

from tests.discord_town.client import Recorder, place
from tests.discord_town.limits import Limit
from tests.discord_town.people import Person
from tests.discord_town.rights import Right
from tests.discord_town.town import DiscordTown
from tests.discord_town.world import Channel, ChannelType, Guild, MessageFlag


async def test_a_client_gets_ready_and_hears_what_people_say(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.mentions_bot(square, "hello")
    heard = await client.hear("message")
    assert heard.content == f"<@{town.me.id}> hello"
    assert heard.author.name == "ada"
    assert heard.channel.name == "square"
    assert [one.id for one in heard.mentions] == [town.me.id]
    assert isinstance(heard.author, discord.Member)
    assert heard.channel.permissions_for(heard.guild.me).send_messages


async def test_a_message_that_was_edited_or_deleted_is_told(
    client: Recorder, square: Channel, ada: Person
) -> None:
    first, *others = [ada.says(square, text) for text in ("one", "two", "three")]
    ada.edits(first, "uno")
    assert (await client.hear("raw_message_edit")).data["content"] == "uno"
    ada.deletes(first)
    assert (await client.hear("raw_message_delete")).message_id == first.id
    ada.deletes(*others)
    assert (await client.hear("raw_bulk_message_delete")).message_ids == {one.id for one in others}


async def test_a_preview_comes_as_a_change_that_nobody_made(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    said = ada.says(square, "https://example.org/")
    await client.hear("message")
    town.unfolds(said)
    changed = await client.hear("raw_message_edit")
    assert (changed.data["content"], changed.data["edited_timestamp"]) == (said.content, None)
    assert changed.message.embeds[0].title == "Example"


async def test_every_version_of_a_message_is_kept_with_its_time(
    town: DiscordTown, client: Recorder, square: Channel
) -> None:
    message = await place(client, square).send("one")
    town.clock.advance(10)
    await place(client, square).get_partial_message(message.id).edit(content="two")
    town.clock.advance(10)
    await message.delete()
    first, second = square.gone[message.id].versions
    assert (first.text, second.text) == ("one", "two")
    assert second.at - first.at >= 10
    assert square.visible_at(first.at + 1) == ["one"]
    assert square.visible_at(second.at + 1) == ["two"]
    assert square.visible_at(town.clock()) == []


async def test_history_is_read_before_after_and_around_a_message(
    client: Recorder, square: Channel, ada: Person
) -> None:
    said = [ada.says(square, str(number)) for number in range(120)]
    channel, middle = place(client, square), discord.Object(said[60].id)
    assert [one.content async for one in channel.history(limit=2)] == ["119", "118"]
    assert [one.content async for one in channel.history(limit=2, before=middle)] == ["59", "58"]
    assert [one.content async for one in channel.history(limit=2, after=middle)] == ["61", "62"]
    assert {one.content async for one in channel.history(limit=3, around=middle)} == {"59", "60", "61"}
    assert len([one async for one in channel.history(limit=None, oldest_first=True)]) == 120


async def test_a_text_that_is_too_long_or_empty_is_refused(client: Recorder, square: Channel) -> None:
    channel = place(client, square)
    with pytest.raises(discord.HTTPException, match="2000 or fewer") as long:
        await channel.send("x" * 2001)
    with pytest.raises(discord.HTTPException) as empty:
        await channel.send("  ")
    assert (long.value.code, empty.value.code) == (50035, 50006)
    assert square.visible() == []


async def test_a_layout_holds_four_thousand_characters_and_stays_a_layout(
    client: Recorder, square: Channel
) -> None:
    class Page(discord.ui.LayoutView):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.add_item(discord.ui.TextDisplay(text))

    message = await place(client, square).send(view=Page("y" * 4000))
    assert square.visible() == ["y" * 4000]
    assert square.last.flags & MessageFlag.COMPONENTS_V2
    with pytest.raises(discord.HTTPException, match="4000"):
        await message.edit(view=Page("y" * 4001))
    with pytest.raises(discord.HTTPException, match="content"):
        await message.edit(content="plain again")


async def test_who_is_pinged_is_what_allowed_mentions_says_at_every_edit(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    grace = town.person("grace")
    text = f"<@{ada.id}> <@{grace.id}> @everyone `<@{grace.id}>`"
    message = await place(client, square).send(
        text, allowed_mentions=discord.AllowedMentions(everyone=False, users=[discord.Object(ada.id)], roles=False)
    )
    assert square.last.pings.users == {ada.id}
    assert square.last.ever_pinged.everyone is False
    partial = place(client, square).get_partial_message(message.id)
    await partial.edit(embed=discord.Embed(title="only an embed: all is parsed anew"))
    assert square.last.ever_pinged.users == {ada.id, grace.id}


async def test_a_link_is_unfolded_unless_that_is_suppressed(client: Recorder, square: Channel) -> None:
    message = await place(client, square).send("https://example.org", suppress_embeds=True)
    assert not square.last.ever_previewed
    await place(client, square).get_partial_message(message.id).edit(content="https://example.org/2")
    assert not square.last.ever_previewed
    await message.edit(content="https://example.org/3")
    assert square.last.ever_previewed


async def test_a_reply_points_at_its_message_and_survives_its_end(
    client: Recorder, square: Channel, ada: Person
) -> None:
    question = ada.says(square, "why?")
    heard = await client.hear("message")
    answer = await heard.reply("because", mention_author=True)
    assert square.last.reference is not None
    assert square.last.reference.message_id == question.id
    assert square.last.pings.users == {ada.id}
    ada.deletes(question)
    again = await answer.channel.fetch_message(answer.id)
    assert again.reference is not None
    assert again.reference.resolved is None or isinstance(
        again.reference.resolved, discord.DeletedReferencedMessage
    )
    with pytest.raises(discord.HTTPException, match="Unknown message"):
        await heard.reply("because")
    await heard.channel.send("anyway", reference=heard.to_reference(fail_if_not_exists=False))


async def test_a_forward_and_a_voice_message_come_as_such(client: Recorder, square: Channel, ada: Person) -> None:
    original = ada.says(square, "the original", files={"a.txt": b"a"})
    passed_on = ada.forwards(original, ada.dm)
    ada.edits(original, "something else")
    ada.deletes(original)
    await client.hear("message", 2)
    forward = await client.events("message")[1].channel.fetch_message(passed_on.id)
    assert forward.content == ""
    (snapshot,) = forward.message_snapshots
    assert (snapshot.content, snapshot.attachments[0].filename) == ("the original", "a.txt")
    assert await snapshot.attachments[0].read() == b"a"
    ada.sends_voice(square, seconds=4)
    voice = await client.hear("message", 3)
    assert voice.flags.voice
    assert voice.attachments[0].duration == 4


async def test_a_thread_has_its_messages_id_and_opens_once(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.mentions_bot(square, "what is a thread?")
    question = await client.hear("message")
    thread = await question.create_thread(name="what is a thread?")
    assert thread.id == question.id
    await thread.send("this")
    with pytest.raises(discord.HTTPException) as refused:
        await question.create_thread(name="again")
    assert (refused.value.status, refused.value.code) == (400, 160004)
    ada.says(town.state.channels[thread.id], "thanks")
    heard = await client.hear("message", 4)
    assert (heard.content, heard.channel, heard.channel.parent.name) == ("thanks", thread, "square")
    first = await anext(aiter(thread.history(limit=None, oldest_first=True)))
    assert first.type is discord.MessageType.thread_starter_message
    assert first.reference is not None
    assert first.reference.resolved == question


async def test_an_archived_thread_takes_no_edit_but_a_post_wakes_it(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    channel = ada.opens_thread(square, "slow")
    thread = await client.hear("thread_create")
    message = await thread.send("one")
    ada.archives(channel)
    with pytest.raises(discord.HTTPException) as refused:
        await message.edit(content="two")
    assert (refused.value.status, refused.value.code) == (400, 50083)
    await thread.send("two")
    assert not channel.archived
    ada.archives(channel, locked=True)
    with pytest.raises(discord.HTTPException) as locked:
        await thread.send("three")
    assert locked.value.code == 160005
    assert channel.visible() == ["one", "two"]


async def test_a_private_thread_is_told_only_once_the_bot_is_in_it(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    thread = ada.opens_thread(square, "secret", private=True)
    ada.says(thread, "nobody hears")
    ada.adds(thread, town.me)
    ada.says(thread, "you do")
    assert (await client.hear("message")).content == "you do"
    assert [one.content for one in client.events("message")] == ["you do"]


async def test_a_file_goes_up_and_comes_down_until_its_address_expires(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    ada.says(square, files={"größe 1.png": picture.getvalue()})
    (attachment,) = (await client.hear("message")).attachments
    assert (attachment.width, attachment.height, attachment.content_type) == (40, 30, "image/png")
    assert await attachment.read() == picture.getvalue()
    sent = await place(client, square).send("here", file=discord.File(io.BytesIO(b"long"), "answer.md"))
    assert [(one.filename, one.data) for one in square.last.attachments] == [("answer.md", b"long")]
    assert await sent.attachments[0].read() == b"long"
    town.clock.advance(86_500)
    with pytest.raises(discord.NotFound):
        await attachment.read()
    fresh = (await place(client, square).fetch_message(square.in_order()[0].id)).attachments[0]
    assert await fresh.read() == picture.getvalue()
    route = discord.http.Route("POST", "/attachments/refresh-urls")
    answer = await client.http.request(route, json={"attachment_urls": [attachment.url]})
    assert await client.http.get_from_cdn(answer["refreshed_urls"][0]["refreshed"]) == picture.getvalue()


async def test_a_file_that_is_too_large_is_refused(town: DiscordTown, client: Recorder, square: Channel) -> None:
    town.state.file_limit = 1000
    with pytest.raises(discord.HTTPException) as refused:
        await place(client, square).send(file=discord.File(io.BytesIO(b"x" * 1001), "big"))
    assert (refused.value.status, refused.value.code) == (413, 40005)


async def test_an_edit_that_names_its_attachments_keeps_those(client: Recorder, square: Channel) -> None:
    message = await place(client, square).send(
        files=[discord.File(io.BytesIO(b"1"), "1"), discord.File(io.BytesIO(b"2"), "2")]
    )
    await message.edit(attachments=[message.attachments[1], discord.File(io.BytesIO(b"3"), "3")])
    assert [one.filename for one in square.last.attachments] == ["2", "3"]


@pytest.mark.parametrize(
    ("right", "status", "code"), [(Right.VIEW_CHANNEL, 403, 50001), (Right.SEND_MESSAGES, 403, 50013)]
)
async def test_a_post_without_permission_is_refused(
    town: DiscordTown, client: Recorder, square: Channel, right: Right, status: int, code: int
) -> None:
    town.forbids(square, right)
    with pytest.raises(discord.Forbidden) as refused:
        await place(client, square).send("hello")
    assert (refused.value.status, refused.value.code) == (status, code)


async def test_history_without_permission_is_empty_and_replies_are_refused(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    ada.says(square, "hello")
    heard = await client.hear("message")
    town.forbids(square, Right.READ_MESSAGE_HISTORY)
    assert [one async for one in place(client, square).history()] == []
    with pytest.raises(discord.Forbidden) as refused:
        await heard.reply("hi")
    assert refused.value.code == 160002


async def test_what_is_gone_or_was_never_there_has_discords_codes(
    town: DiscordTown, client: Recorder, guild: Guild, square: Channel, ada: Person
) -> None:
    said = ada.says(square, "mine")
    with pytest.raises(discord.Forbidden) as not_ours:
        await place(client, square).get_partial_message(said.id).edit(content="yours")
    channel = place(client, square)
    ours = await channel.send("ours")
    grace = town.person("grace", guild, roles=(town.moderators(guild),))
    grace.deletes(square.messages[ours.id])
    with pytest.raises(discord.NotFound) as message:
        await ours.edit(content="yours")
    town.remove_channel(square)
    with pytest.raises(discord.NotFound) as gone:
        await channel.send("hello?")
    assert [one.value.code for one in (not_ours, message, gone)] == [50005, 10008, 10003]


async def test_direct_messages_go_both_ways_until_they_are_closed(client: Recorder, ada: Person) -> None:
    ada.says(ada.dm, "psst")
    heard = await client.hear("message")
    assert (heard.content, heard.guild, heard.channel.type) == ("psst", None, discord.ChannelType.private)
    await heard.channel.send("yes?")
    assert ada.dm.visible() == ["psst", "yes?"]
    ada.user.dms_closed = True
    user = await client.fetch_user(ada.id)
    with pytest.raises(discord.Forbidden) as closed:
        await user.send("hello?")
    assert closed.value.code == 50007


async def test_an_old_message_takes_few_edits(town: DiscordTown, client: Recorder, square: Channel) -> None:
    town.limits.old_edits = Limit(1, 0.5)
    message = await place(client, square).send("one")
    town.clock.advance(3700)
    await message.edit(content="two")
    await message.edit(content="three")
    assert [one.code for one in town.calls.of("edit_message")] == [0, 30046, 0]
    assert square.visible() == ["three"]


async def test_search_says_when_its_index_is_not_ready(
    town: DiscordTown, client: Recorder, guild: Guild, square: Channel, ada: Person
) -> None:
    hidden = town.channel(guild, "hidden")
    town.forbids(hidden, Right.VIEW_CHANNEL)
    voice = town.channel(guild, "voice", kind=ChannelType.VOICE)
    for channel in (square, hidden, voice):
        ada.says(channel, f"the word in {channel.name}")
    route = discord.http.Route("GET", "/guilds/{guild_id}/messages/search", guild_id=guild.id)
    town.state.search_index_ready = False
    assert "messages" not in await client.http.request(route, params=[("content", "word")])
    town.state.search_index_ready = True
    found = await client.http.request(route, params=[("content", "word")])
    assert [one["content"] for (one,) in found["messages"]] == ["the word in voice", "the word in square"]
    params = [("content", "word"), ("channel_id", str(square.id)), ("channel_id", str(hidden.id))]
    assert (await client.http.request(route, params=params))["total_results"] == 1


async def test_writing_and_reactions_are_seen(
    town: DiscordTown, client: Recorder, square: Channel, ada: Person
) -> None:
    said = ada.says(square, "hello")
    heard = await client.hear("message")
    await heard.add_reaction("👀")
    assert said.reactions == {"👀": [town.me.id]}
    async with heard.channel.typing():
        pass
    assert [who for _, who in square.typed] == [town.me.id]
