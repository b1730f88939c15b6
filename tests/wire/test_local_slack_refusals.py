"""Where the local Slack says no: limits, refusals, faults, files that are not for everybody."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
)

from tests.files import LOGIN_PAGE
from tests.slack_town.tokens import BOT_TOKEN
from tests.slack_town.values import TEAM, Channel, File, Message
from tests.wire.bolt_app import Bolt, over_socket_mode


@pytest.fixture
async def bolt() -> AsyncIterator[Bolt]:
    """An app over Socket Mode."""
    async with over_socket_mode() as app:
        yield app


async def _refusal(bolt: Bolt, method: str, **args: Any) -> SlackApiError:
    """How a call is refused."""
    with pytest.raises(SlackApiError) as refused:
        await bolt.client.api_call(method, json=args)
    return refused.value


async def _error(bolt: Bolt, method: str, **args: Any) -> str:
    """The error that a call gets."""
    return str((await _refusal(bolt, method, **args)).response["error"])


async def _post(bolt: Bolt, **args: Any) -> str:
    """The error that a post into the square gets."""
    return await _error(bolt, "chat.postMessage", channel=bolt.town.square.id, **args)


async def _posted(bolt: Bolt, place: Channel | None = None) -> Message:
    """A message of the app's."""
    channel = place or bolt.town.square
    posted = await bolt.client.chat_postMessage(channel=channel.id, text="Hi")
    return channel.messages[str(posted["ts"])]


# --- limits --------------------------------------------------------------------------------------


async def test_one_call_too_many_gets_429_and_the_seconds_to_wait(bolt: Bolt) -> None:
    message = await _posted(bolt)
    named = {"channel": message.channel, "ts": message.ts}
    for n in range(50):
        await bolt.client.chat_update(text=f"{n}", **named)  # type: ignore[arg-type]
    bolt.town.clock.advance(20)
    refused = await _refusal(bolt, "chat.update", text="too much", **named)
    bolt.town.clock.advance(int(refused.response.headers["Retry-After"]))
    await bolt.client.chat_update(text="in time", **named)  # type: ignore[arg-type]

    assert refused.response.status_code == 429
    assert refused.response["error"] == "ratelimited"
    assert 38 <= int(refused.response.headers["Retry-After"]) <= 40
    assert [one.method for one in bolt.town.limited()] == ["chat.update"]
    assert message.said == "in time"


async def test_posts_are_counted_by_channel_and_methods_each_for_themselves(bolt: Bolt) -> None:
    other = bolt.town.channel("other", bolt.town.ada)
    for _ in range(5):
        await _posted(bolt)
    refused = await _refusal(bolt, "chat.postMessage", channel=bolt.town.square.id, text="Hi")
    elsewhere = await _posted(bolt, other)
    await bolt.client.chat_update(channel=other.id, ts=elsewhere.ts, text="Ho")

    assert refused.response.status_code == 429
    assert elsewhere.said == "Ho"


# --- refusals ------------------------------------------------------------------------------------


async def test_places_that_take_no_posts_say_why(bolt: Bolt) -> None:
    town = bolt.town
    places = [town.channel(name, town.ada) for name in ("old", "quiet")]
    places[0].archived, places[1].refuses = True, "restricted_action_read_only_channel"
    places += [town.channel("public", app=False), town.channel("secret", kind="group", app=False)]

    assert [await _error(bolt, "chat.postMessage", channel=one.id, text="Hi") for one in places] == [
        "is_archived",
        "restricted_action_read_only_channel",
        "not_in_channel",
        "channel_not_found",
    ]


async def test_texts_and_blocks_have_their_limits(bolt: Bolt) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    divider = {"type": "divider"}
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}
    markdown = {"type": "markdown", "text": "x" * 12_001}
    message = await _posted(bolt)
    named = {"channel": message.channel, "ts": message.ts}
    bolt.town.api.limits.on = False

    assert await _error(bolt, "chat.update", text="x" * 4001, **named) == "msg_too_long"
    assert await _post(bolt, markdown_text="x" * 12_001) == "msg_too_long"
    assert await _post(bolt, text="x", blocks=[section]) == "invalid_blocks"
    assert await _post(bolt, text="x", blocks=[table]) == "invalid_blocks"
    assert await _post(bolt, text="x", blocks=[divider] * 51) == "msg_blocks_too_many"
    assert await _post(bolt, text="x", blocks=[markdown]) == "msg_blocks_too_long"
    assert await _post(bolt, text="x", markdown_text="y") == "markdown_text_conflict"
    assert await _post(bolt, text=" ") == "no_text"
    assert await _post(bolt, text="x", metadata={"event_type": "reply"}) == "invalid_metadata_schema"


async def test_only_ones_own_messages_can_be_changed_and_only_while_they_are_there(bolt: Bolt) -> None:
    theirs = bolt.town.ada.says(bolt.town.square, "mine")
    gone = await _posted(bolt)
    bolt.town.ada.deletes(gone)

    assert (
        await _error(bolt, "chat.update", channel=theirs.channel, ts=theirs.ts, text="x") == "cant_update_message"
    )
    assert await _error(bolt, "chat.delete", channel=theirs.channel, ts=theirs.ts) == "cant_delete_message"
    assert await _error(bolt, "chat.update", channel=gone.channel, ts=gone.ts, text="x") == "message_not_found"


async def test_a_missing_scope_and_a_revoked_token_are_named(bolt: Bolt) -> None:
    bolt.town.tokens.take("users:read")
    refused = (await _refusal(bolt, "users.info", user=bolt.town.ada.id)).response
    bolt.town.tokens.revoke()

    assert (refused["error"], refused["needed"]) == ("missing_scope", "users:read")
    assert "chat:write" in refused["provided"]
    assert "chat:write" in refused.headers["X-OAuth-Scopes"]
    assert await _error(bolt, "auth.test") == "token_revoked"


async def test_guests_and_strangers_are_marked(bolt: Bolt) -> None:
    guest, stranger = bolt.town.person("Gus", guest=True), bolt.town.stranger_person("Stan")
    shared = bolt.town.channel("shared", bolt.town.ada, stranger)
    stranger.mentions(shared, "hello")
    await bolt.town.settled()

    assert (await bolt.client.users_info(user=guest.id))["user"]["is_restricted"]
    assert (await bolt.client.users_info(user=stranger.id))["user"]["team_id"] != TEAM
    assert bolt.requests[0].body["is_ext_shared_channel"]
    assert bolt.events[0]["user_team"] != TEAM


async def test_what_a_message_would_ping_is_known_from_all_its_versions(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    stream: dict[str, Any] = {
        "recipient_team_id": TEAM,
        "recipient_user_id": bolt.town.ada.id,
        "markdown_text": "<!chan",
    }
    started = await bolt.client.chat_startStream(channel=asked.channel, thread_ts=asked.ts, **stream)
    named = {"channel": asked.channel, "ts": str(started["ts"])}
    await bolt.client.chat_stopStream(markdown_text=f"nel> <@{bolt.town.grace.id}>", **named)  # type: ignore[arg-type]
    await bolt.client.chat_update(text="never mind", **named)  # type: ignore[arg-type]

    assert bolt.town.square.replies(asked.ts)[0].pings == {"!channel", f"@{bolt.town.grace.id}"}


# --- faults --------------------------------------------------------------------------------------


async def test_a_lost_answer_makes_the_sdks_own_retry_handler_post_twice(bolt: Bolt) -> None:
    bolt.client.retry_handlers.append(AsyncConnectionErrorRetryHandler(1))
    bolt.town.faulty("chat.postMessage", lost=True)
    await bolt.client.chat_postMessage(channel=bolt.town.square.id, text="Hi")

    assert [one.said for one in bolt.town.square.visible()] == ["Hi", "Hi"]
    assert [one.lost for one in bolt.town.calls("chat.postMessage")] == [True, False]


async def test_a_reset_connection_means_that_nothing_was_done(bolt: Bolt) -> None:
    bolt.town.faulty("chat.*", reset=True)
    with pytest.raises(ClientError):
        await bolt.client.chat_postMessage(channel=bolt.town.square.id, text="Hi")

    assert bolt.town.square.visible() == []


async def test_errors_and_statuses_come_as_often_as_they_were_asked_for(bolt: Bolt) -> None:
    bolt.town.faulty("chat.postMessage", error="internal_error", times=2)
    bolt.town.faulty("chat.postMessage", status=503, body="<html>busy</html>")
    errors = [await _post(bolt, text="Hi") for _ in range(2)]
    busy = await _refusal(bolt, "chat.postMessage", channel=bolt.town.square.id, text="Hi")
    await _posted(bolt)

    assert busy.response.status_code == 503
    assert errors == ["internal_error", "internal_error"]
    assert len(bolt.town.square.visible()) == 1


# --- files ---------------------------------------------------------------------------------------


async def _fetched(bolt: Bolt, file: File, token: str = BOT_TOKEN) -> tuple[int, bytes]:
    info = (await bolt.client.files_info(file=file.id))["file"]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with bolt.session.get(info["url_private_download"], headers=headers, allow_redirects=False) as got:
        return got.status, await got.read()


async def test_a_file_is_uploaded_in_three_steps_and_fetched_with_the_token(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "draw")
    sent = await bolt.client.files_upload_v2(
        content=b"a,b\n1,2\n",
        filename="table.csv",
        channel=asked.channel,
        thread_ts=asked.ts,
        initial_comment="Here",
    )
    answer = bolt.town.square.replies(asked.ts)[0]
    file = bolt.town.world.files[sent["file"]["id"]]

    assert answer.said == "Here"
    assert answer.files == [file]
    assert await _fetched(bolt, file) == (200, b"a,b\n1,2\n")


async def test_without_token_or_scope_the_file_host_gives_a_login_page(bolt: Bolt) -> None:
    file = bolt.town.file("notes.txt", b"notes", "text/plain")
    without = await _fetched(bolt, file, token="")
    bolt.town.tokens.take("files:read", "files:write")
    bolt.town.tokens.scopes[BOT_TOKEN].add("files:write")
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    got = await bolt.session.get(f"{bolt.town.world.files_url}{file.fetched[0].path}", headers=headers)

    assert without == (200, LOGIN_PAGE)
    assert await got.read() == LOGIN_PAGE
    assert [one.authorization for one in file.fetched] == ["", f"Bearer {BOT_TOKEN}"]


async def test_files_can_lead_elsewhere_and_the_stranger_tells_who_came(bolt: Bolt) -> None:
    stranger = bolt.town.stranger
    moved = bolt.town.file("a.txt", b"a", "text/plain")
    moved.redirect = f"{stranger.url}/cdn/a.txt"
    stranger.pages["/cdn/a.txt"] = b"a"
    external = bolt.town.file("b.txt", b"", "text/plain")
    external.external_url = f"{stranger.url}/doc/b"
    bolt.town.ada.says(bolt.town.square, "look", files=[moved, external])
    await bolt.town.settled()
    files = bolt.events[0]["files"]
    await bolt.session.get(files[1]["url_private"], headers={"Authorization": "Bearer leaked"})

    assert bolt.events[0]["subtype"] == "file_share"
    assert (await _fetched(bolt, moved))[0] == 302
    assert (files[1]["mode"], files[1]["is_external"]) == ("external", True)
    assert [(one.path, one.authorization) for one in stranger.visits] == [("/doc/b", "Bearer leaked")]


async def test_a_file_from_elsewhere_is_only_hinted_at_in_the_event(bolt: Bolt) -> None:
    file = bolt.town.file("c.txt", b"c", "text/plain")
    file.check_file_info = True
    bolt.town.ada.says(bolt.town.square, "look", files=[file])
    await bolt.town.settled()

    assert bolt.events[0]["files"] == [{"id": file.id, "mode": "file_access", "file_access": "check_file_info"}]
    assert await _fetched(bolt, file) == (200, b"c")
