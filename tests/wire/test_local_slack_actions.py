"""What people do in the local Slack beside talking: commands, buttons, shortcuts, views, over both transports."""

from collections.abc import AsyncIterator

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError

from tests.slack_town.values import Json, Message
from tests.wire.bolt_app import Bolt, over_http, over_socket_mode

BUTTON: Json = {
    "type": "button",
    "action_id": "stop",
    "value": "turn-1",
    "text": {"type": "plain_text", "text": "Stop"},
}
MODELS: Json = {"type": "external_select", "action_id": "model", "min_query_length": 0}
FEEDBACK: Json = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "feedback",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "good"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "bad"},
        }
    ],
}


@pytest.fixture(params=[over_socket_mode, over_http])
async def bolt(request: pytest.FixtureRequest) -> AsyncIterator[Bolt]:
    """An app, once over each transport."""
    async with request.param() as app:
        yield app


async def _posted(bolt: Bolt, *blocks: Json) -> Message:
    """A message of the app's with these blocks."""
    posted = await bolt.client.chat_postMessage(channel=bolt.town.square.id, text="Choose", blocks=list(blocks))
    return bolt.town.square.messages[str(posted["ts"])]


async def test_a_command_is_answered_at_once_for_one_and_later_for_all(bolt: Bolt) -> None:
    @bolt.app.command("/gatepost")
    async def run(ack: AsyncAck, respond: AsyncRespond, command: Json) -> None:
        await ack(f"You said {command['text']}.")
        await respond("Everybody may know.", response_type="in_channel")

    await bolt.town.ada.types("/gatepost model acme/alpha", bolt.town.square).answered()
    await bolt.town.until(lambda: bolt.town.square.visible())

    assert [one.said for one in bolt.town.ada.whispers] == ["You said model acme/alpha."]
    assert [one.said for one in bolt.town.grace.sees(bolt.town.square)] == ["Everybody may know."]


async def test_a_command_that_nobody_takes_is_not_acknowledged_and_not_repeated(bolt: Bolt) -> None:
    told = bolt.town.ada.types("/gatepost", bolt.town.square)
    await bolt.town.until(lambda: bolt.requests)
    bolt.town.clock.advance(3)
    await told.over.wait()

    assert told.given_up
    assert len(told.attempts) == 1
    with pytest.raises(LookupError):
        bolt.town.ada.types("/remind me", bolt.town.square)


async def test_a_button_says_who_pressed_what_where(bolt: Bolt) -> None:
    pressed: list[Json] = []

    @bolt.app.action("stop")
    async def stop(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        pressed.append(body)
        await respond(replace_original=True, text="Stopped")

    message = await _posted(bolt, {"type": "actions", "elements": [BUTTON]})
    await bolt.town.ada.presses(message, "Stop").answered()
    await bolt.town.until(lambda: message.said == "Stopped")

    assert pressed[0]["user"]["id"] == bolt.town.ada.id
    assert pressed[0]["actions"][0]["value"] == "turn-1"
    assert pressed[0]["message"]["ts"] == message.ts
    with pytest.raises(LookupError):
        bolt.town.ada.presses(message, "Stop")


async def test_feedback_buttons_say_which_of_them_was_pressed(bolt: Bolt) -> None:
    heard: list[str] = []

    @bolt.app.action("feedback")
    async def note(ack: AsyncAck, action: Json) -> None:
        await ack()
        heard.append(action["value"])

    message = await _posted(bolt, {"type": "markdown", "text": "An answer"}, FEEDBACK)
    assert (message.said, message.buttons) == ("An answer", ["Good", "Bad"])
    await bolt.town.ada.presses(message, "Good").answered()
    await bolt.town.ada.presses(message, "bad").answered()
    await bolt.town.until(lambda: len(heard) == 2)

    assert heard == ["good", "bad"]


async def test_a_select_asks_the_app_for_its_options(bolt: Bolt) -> None:
    chosen: list[str] = []

    @bolt.app.options("model")
    async def offer(ack: AsyncAck, payload: Json) -> None:
        names = [f"acme/{payload['value']}-{n}" for n in (1, 2)]
        await ack(options=[{"text": {"type": "plain_text", "text": one}, "value": one} for one in names])

    @bolt.app.action("model")
    async def choose(ack: AsyncAck, action: Json) -> None:
        await ack()
        chosen.append(action["selected_option"]["value"])

    message = await _posted(bolt, {"type": "actions", "elements": [MODELS]})
    options = await bolt.town.ada.suggestions(message, "model", "alpha")
    await bolt.town.ada.chooses(message, "model", "acme/alpha-2").answered()
    await bolt.town.until(lambda: chosen)

    assert [one["value"] for one in options] == ["acme/alpha-1", "acme/alpha-2"]
    assert chosen == ["acme/alpha-2"]


async def test_a_message_shortcut_brings_the_message_and_opens_a_view_in_time(bolt: Bolt) -> None:
    @bolt.app.shortcut("ask_about_this")
    async def ask(ack: AsyncAck, body: Json) -> None:
        await ack()
        view = {
            "type": "modal",
            "callback_id": "ask",
            "title": {"type": "plain_text", "text": "Ask"},
            "blocks": [],
        }
        view["private_metadata"] = body["message"]["text"]
        await bolt.client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.app.view("ask")
    async def asked(ack: AsyncAck, body: Json) -> None:
        if body["view"]["state"]["values"]:
            await ack()
        else:
            await ack(response_action="errors", errors={"question": "Say more"})

    said = bolt.town.grace.says(bolt.town.square, "A gatepost holds a gate.")
    await bolt.town.ada.uses_shortcut("ask_about_this", said).answered()
    await bolt.town.until(lambda: bolt.town.ada.modal)
    modal = bolt.town.ada.modal
    assert modal is not None
    assert modal.body["private_metadata"] == "A gatepost holds a gate."
    refused = await bolt.town.ada.submits(modal, {}).answered()
    assert refused["errors"] == {"question": "Say more"}
    assert bolt.town.ada.modal is modal
    await bolt.town.ada.submits(
        modal, {"question": {"words": {"type": "plain_text_input", "value": "Why?"}}}
    ).answered()
    assert bolt.town.ada.modal is None


async def test_a_trigger_is_good_for_three_seconds_and_once(bolt: Bolt) -> None:
    triggers: list[str] = []

    @bolt.app.shortcut("new")
    async def note(ack: AsyncAck, body: Json) -> None:
        await ack()
        triggers.append(body["trigger_id"])

    view = {"type": "modal", "title": {"type": "plain_text", "text": "New"}, "blocks": []}
    for _ in range(2):
        await bolt.town.ada.uses_shortcut("new").answered()
    await bolt.town.until(lambda: len(triggers) == 2)
    await bolt.client.views_open(trigger_id=triggers[0], view=view)
    bolt.town.clock.advance(3.5)
    errors = []
    for trigger in (*triggers, "made-up"):
        with pytest.raises(SlackApiError) as refused:
            await bolt.client.views_open(trigger_id=trigger, view=view)
        errors.append(refused.value.response["error"])

    assert errors == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]


async def test_an_app_home_is_published_and_its_buttons_work(bolt: Bolt) -> None:
    @bolt.app.action("stop")
    async def stop(ack: AsyncAck, body: Json) -> None:
        await ack()
        await bolt.client.views_publish(user_id=body["user"]["id"], view={"type": "home", "blocks": []})

    opened = bolt.town.ada.opens_home()
    assert opened is not None
    await opened.answered()
    view = {"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}
    await bolt.client.views_publish(user_id=bolt.town.ada.id, view=view)
    home = bolt.town.ada.home
    assert home is not None
    await bolt.town.ada.presses(home, "Stop").answered()
    await bolt.town.until(lambda: bolt.town.ada.home is not home)

    assert bolt.events[0] | {"event_ts": ""} == {
        "type": "app_home_opened",
        "user": bolt.town.ada.id,
        "channel": bolt.town.ada.dm.id,
        "tab": "home",
        "event_ts": "",
    }


async def test_a_response_url_takes_five_answers_within_half_an_hour(bolt: Bolt) -> None:
    urls: list[str] = []

    @bolt.app.command("/gatepost")
    async def run(ack: AsyncAck, command: Json) -> None:
        await ack()
        urls.append(command["response_url"])

    for _ in range(2):
        await bolt.town.ada.types("/gatepost", bolt.town.square).answered()
    await bolt.town.until(lambda: len(urls) == 2)
    answers = [await bolt.session.post(urls[0], json={"text": f"answer {n}"}) for n in range(6)]
    markdown = await bolt.session.post(urls[1], json={"markdown_text": "**no**"})
    bolt.town.clock.advance(1801)
    late = await bolt.session.post(urls[1], json={"text": "late"})

    assert [one.status for one in answers] == [200] * 5 + [404]
    assert (await markdown.json())["error"] == "no_text"
    assert (await late.json())["error"] == "expired_url"
    assert len(bolt.town.ada.whispers) == 5


async def test_a_status_is_shown_until_a_message_comes_or_two_minutes_are_over(bolt: Bolt) -> None:
    asked = bolt.town.ada.says(bolt.town.ada.dm, "hello")
    thread = bolt.town.world.agent_thread
    named: Json = {"channel_id": asked.channel, "thread_ts": asked.ts}
    await bolt.client.assistant_threads_setTitle(title="A greeting", **named)
    await bolt.client.assistant_threads_setStatus(status="is thinking…", **named)
    shown = thread(asked.channel, asked.ts).status
    await bolt.client.chat_postMessage(channel=asked.channel, thread_ts=asked.ts, text="Hi")
    answered = thread(asked.channel, asked.ts).status
    await bolt.client.assistant_threads_setStatus(status="is thinking…", **named)
    bolt.town.clock.advance(121)

    assert (shown, answered, thread(asked.channel, asked.ts).status) == ("is thinking…", "", "")
    assert thread(asked.channel, asked.ts).title == "A greeting"


async def test_a_session_without_the_stop_event_gets_a_warning_and_no_button(bolt: Bolt) -> None:
    asked = bolt.town.ada.mentions(bolt.town.square, "hello")
    named = {"channel_id": asked.channel, "thread_ts": asked.ts}
    well = await bolt.client.agents_sessions_setStatus(status="processing", **named)
    can_stop = bolt.town.ada.can_stop(bolt.town.square, asked.ts)
    bolt.town.world.subscribed.discard("agent_session_stopped")
    badly = await bolt.client.agents_sessions_setStatus(status="processing", **named)

    assert "warning" not in well
    assert can_stop
    assert badly["warning"] == "missing_agent_session_stopped_event_subscription"
    assert not bolt.town.ada.can_stop(bolt.town.square, asked.ts)
