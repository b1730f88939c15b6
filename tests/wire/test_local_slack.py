"""The local Slack, tried with slack-bolt as it is: what holds here the adapter's tests may rely on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.slack_town.values import BOT_USER, OTHER_TEAM, TEAM, Message
from tests.wire.bolt_app import Bolt, over_socket_mode


@pytest.fixture
async def bolt() -> AsyncIterator[Bolt]:
    """An app over Socket Mode."""
    async with over_socket_mode() as app:
        yield app


Named = dict[str, Any]


async def _refused(bolt: Bolt, method: str, **args: Any) -> str:
    """The error that a call gets."""
    with pytest.raises(SlackApiError) as refused:
        await bolt.client.api_call(method, json=args)
    return str(refused.value.response["error"])


async def _stream(bolt: Bolt, question: Message, **args: Any) -> Message:
    """A stream in answer to a question."""
    given = {"recipient_team_id": TEAM, "recipient_user_id": bolt.town.ada.id} | args
    started = await bolt.client.chat_startStream(channel=question.channel, thread_ts=question.ts, **given)
    return bolt.town.world.message(question.channel, str(started["ts"]))


# --- talking -------------------------------------------------------------------------------------


async def test_a_mention_arrives_as_two_events_with_one_ts_and_both_are_acknowledged(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "is a < b?")
    await bolt.town.settled()

    assert [one["type"] for one in bolt.events] == ["message", "app_mention"]
    assert {one["ts"] for one in bolt.events} == {asked.ts}
    assert len({one.event_id for one in asked.deliveries}) == 2
    assert bolt.events[0]["text"] == f"<@{BOT_USER}> is a &lt; b?"
    assert bolt.events[0]["channel_type"] == "channel"
    assert all(one.acked and one.took < 1 for one in asked.deliveries)


async def test_the_app_answers_in_the_thread_and_everything_is_on_record(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    meta = {"event_type": "reply", "event_payload": {"key": "k1"}}
    posted = await bolt.client.chat_postMessage(
        channel=asked.channel, thread_ts=asked.ts, text="Hi", metadata=meta, unfurl_links=False, unfurl_media=False
    )
    await bolt.client.chat_update(channel=asked.channel, ts=str(posted["ts"]), text="Hi, Ada")
    before = bolt.town.clock.now()
    await bolt.client.chat_delete(channel=asked.channel, ts=str(posted["ts"]))

    answer = bolt.town.square.messages[str(posted["ts"])]
    assert [one.text for one in answer.versions] == ["Hi", "Hi, Ada", ""]
    assert [one.at(before) for one in bolt.town.square.visible(asked.ts, at=before)] == [
        asked.versions[0],
        answer.versions[1],
    ]
    assert bolt.town.square.visible(asked.ts) == [asked]
    assert answer.metadata == meta
    assert not answer.unfurls
    methods = [one.method for one in bolt.town.calls() if one.method.startswith("chat.")]
    assert methods == ["chat.postMessage", "chat.update", "chat.delete"]


async def test_our_own_posts_and_edits_come_back_as_events_which_bolt_drops(bolt: Bolt) -> None:
    posted = await bolt.client.chat_postMessage(channel=bolt.town.square.id, text="Hi")
    await bolt.client.chat_update(channel=bolt.town.square.id, ts=str(posted["ts"]), text="Ho")
    await bolt.town.settled()

    assert len(bolt.town.square.messages[str(posted["ts"])].deliveries) == 2
    assert bolt.events == []


async def test_an_edit_and_a_deletion_arrive_and_an_edited_mention_fires_again(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "helo")
    bolt.town.ada.edits(asked, f"<@{BOT_USER}> hello")
    bolt.town.ada.deletes(asked)
    await bolt.town.settled()

    kinds = [one.get("subtype", one["type"]) for one in bolt.events]
    assert kinds == ["message", "app_mention", "message_changed", "app_mention", "message_deleted"]
    assert bolt.events[2]["previous_message"]["text"] == f"<@{BOT_USER}> helo"
    assert bolt.events[3]["ts"] == asked.ts


async def test_a_direct_message_has_a_place_of_its_own_and_a_token_for_search(bolt: Bolt) -> None:
    asked = bolt.town.ada.says(bolt.town.ada.dm, "what is a gatepost?")
    bolt.town.grace.says(bolt.town.square, "A gatepost holds a gate.")
    await bolt.town.settled()
    token = bolt.events[0]["assistant_thread"]["action_token"]
    found = await bolt.client.assistant_search_context(query="gatepost", action_token=token)

    assert [one["channel_type"] for one in bolt.events] == ["im", "channel"]
    assert asked.channel.startswith("D")
    assert [one["content"] for one in found["results"]["messages"]] == ["A gatepost holds a gate."]
    assert await _refused(bolt, "assistant.search.context", query="gatepost") == "invalid_action_token"


async def test_history_comes_in_pages_newest_first_and_metadata_only_when_asked_for(bolt: Bolt) -> None:
    said = [bolt.town.ada.says(bolt.town.square, f"line {n}", quietly=True) for n in range(5)]
    meta = {"event_type": "reply", "event_payload": {"key": "k1"}}
    await bolt.client.chat_postMessage(channel=said[4].channel, thread_ts=said[4].ts, text="Hi", metadata=meta)

    pages = await bolt.client.conversations_history(channel=said[0].channel, limit=2)
    lines = [one["text"] async for page in pages for one in page["messages"]]
    newest = (await bolt.client.conversations_history(channel=said[0].channel))["messages"][0]
    assert lines == [f"line {n}" for n in (4, 3, 2, 1, 0)]
    assert newest["reply_count"] == 1
    after = await bolt.client.conversations_history(channel=said[0].channel, oldest=said[2].ts)
    assert [one["ts"] for one in after["messages"]] == [said[4].ts, said[3].ts]
    plain = await bolt.client.conversations_replies(channel=said[0].channel, ts=said[4].ts)
    full = await bolt.client.conversations_replies(
        channel=said[0].channel, ts=said[4].ts, include_all_metadata=True
    )
    assert "metadata" not in plain["messages"][1]
    assert full["messages"][1]["metadata"] == meta


async def test_an_answer_to_a_message_that_is_gone_lands_in_the_channel_itself(bolt: Bolt) -> None:
    gone, kept = [bolt.town.ada.mentions(bolt.town.square, text) for text in ("never mind", "discussed")]
    bolt.town.grace.says(bolt.town.square, "indeed", thread=kept)
    for asked in (gone, kept):
        bolt.town.ada.deletes(asked)
    posted = [
        (await bolt.client.chat_postMessage(channel=one.channel, thread_ts=one.ts, text="Hi"))["message"]
        for one in (gone, kept)
    ]
    replies = await bolt.client.conversations_replies(channel=kept.channel, ts=kept.ts)

    assert [one.get("thread_ts") for one in posted] == [None, kept.ts]
    assert replies["messages"][0]["subtype"] == "tombstone"
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await bolt.client.conversations_replies(channel=gone.channel, ts=gone.ts)


async def test_typed_addresses_come_in_brackets_and_what_somebody_looks_at_with_their_message(bolt: Bolt) -> None:
    bolt.town.ada.looks_at(bolt.town.square)
    bolt.town.ada.says(bolt.town.ada.dm, "read https://example.org/a?b=1&c=2.")
    await bolt.town.settled()

    assert [one["type"] for one in bolt.events] == ["app_context_changed", "message"]
    assert bolt.events[1]["text"] == "read <https://example.org/a?b=1&amp;c=2>."
    assert bolt.events[1]["app_context"]["entities"][0]["value"] == bolt.town.square.id


async def test_joining_and_inviting_are_told(bolt: Bolt) -> None:
    side = bolt.town.channel("side", bolt.town.ada, app=False)
    bolt.town.ada.says(side, "before")
    bolt.town.ada.invites_the_app(side)
    bolt.town.grace.joins(side)
    await bolt.town.settled()

    assert [one.get("subtype", one["type"]) for one in bolt.events] == ["member_joined_channel", "channel_join"]


# --- streaming -----------------------------------------------------------------------------------


async def test_a_native_stream_grows_and_can_be_neither_edited_nor_deleted_before_it_stops(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    answer = await _stream(bolt, asked, markdown_text="Hel")
    await bolt.client.chat_appendStream(channel=answer.channel, ts=answer.ts, markdown_text="lo")
    growing = answer.said
    named: Named = {"channel": answer.channel, "ts": answer.ts}
    conflicts = [
        await _refused(bolt, "chat.update", text="x", **named),
        await _refused(bolt, "chat.delete", **named),
        await _refused(bolt, "chat.appendStream", chunks=[{"type": "markdown_text", "text": "x"}], **named),
    ]
    meta = {"event_type": "reply", "event_payload": {"key": "k1"}}
    await bolt.client.chat_stopStream(channel=answer.channel, ts=answer.ts, markdown_text="!", metadata=meta)

    assert growing == "Hello"
    assert conflicts == ["streaming_state_conflict", "cant_delete_message", "streaming_mode_mismatch"]
    assert answer.said == "Hello!"
    assert answer.metadata == meta
    assert await _refused(bolt, "chat.stopStream", **named) == "message_not_in_streaming_state"
    await bolt.client.chat_update(text="Hello, Ada!", **named)


async def test_a_stream_ends_five_minutes_after_its_start_whatever_is_appended(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    answer = await _stream(bolt, asked, markdown_text="a")
    bolt.town.clock.advance(299)
    named: Named = {"channel": answer.channel, "ts": answer.ts}
    await bolt.client.chat_appendStream(markdown_text="b", **named)
    bolt.town.clock.advance(1.5)

    assert (
        await _refused(bolt, "chat.appendStream", markdown_text="c", **named) == "message_not_in_streaming_state"
    )
    await bolt.client.chat_update(text="abc", **named)


async def test_the_sdks_own_stream_helper_works_with_task_cards(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    stream = await bolt.client.chat_stream(
        channel=asked.channel, thread_ts=asked.ts, recipient_team_id=TEAM, recipient_user_id=bolt.town.ada.id
    )
    for status, details in (("in_progress", "asking"), ("complete", " and told")):
        card = {"type": "task_update", "id": "t1", "title": "Search", "status": status, "details": details}
        await stream.append(chunks=[card])
    await stream.stop(markdown_text="Hello!")

    answer = bolt.town.square.replies(asked.ts)[0]
    assert answer.stream is not None
    assert answer.stream.tasks["t1"]["status"] == "complete"
    assert answer.stream.tasks["t1"]["details"] == "asking and told"
    assert answer.said == "Hello!"


async def test_a_stream_that_is_read_back_says_that_it_grows_and_has_its_markdown_changed(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    answer = await _stream(bolt, asked, markdown_text="## Hello\n- **bold** [link](https://example.org)")
    named: Named = {"channel": answer.channel, "ts": asked.ts}
    growing = (await bolt.client.conversations_replies(**named))["messages"][1]
    await bolt.client.chat_stopStream(channel=answer.channel, ts=answer.ts)
    stopped = (await bolt.client.conversations_replies(**named))["messages"][1]
    await bolt.client.chat_update(channel=answer.channel, ts=answer.ts, text="**as it is**")
    rewritten = (await bolt.client.conversations_replies(**named))["messages"][1]

    assert growing["text"] == "Hello\n• *bold* <https://example.org|link>"
    assert [one["streaming_state"] for one in (growing, stopped)] == ["in_progress", "completed"]
    assert rewritten["text"] == "**as it is**"


async def test_a_stream_needs_to_know_for_whom(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    named = {"channel": asked.channel, "thread_ts": asked.ts}
    refusals = [
        await _refused(bolt, "chat.startStream", recipient_user_id=bolt.town.ada.id, **named),
        await _refused(bolt, "chat.startStream", recipient_team_id=TEAM, **named),
        await _refused(
            bolt, "chat.startStream", recipient_team_id=OTHER_TEAM, recipient_user_id=bolt.town.ada.id, **named
        ),
    ]

    assert refusals == ["missing_recipient_team_id", "missing_recipient_user_id", "team_not_found"]


async def test_slacks_stop_button_ends_the_stream_and_tells_the_app(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    answer = await _stream(bolt, asked, markdown_text="Hel")
    told = bolt.town.ada.stops(bolt.town.square, asked)
    assert told is not None
    await told.answered()

    assert bolt.events[-1]["streaming_message_ts"] == [answer.ts]
    named: Named = {"channel": answer.channel, "ts": answer.ts}
    assert await _refused(bolt, "chat.appendStream", markdown_text="lo", **named) == "stopped_by_user"
