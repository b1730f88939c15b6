"""What Slack sends, told apart and passed on, and what it is told beside messages: prompts, titles, views."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import structlog

from adapters.slack import home, outbound
from adapters.slack.api import Api
from adapters.slack.at_home import AtHome
from adapters.slack.failures import SlackRefused, reading
from adapters.slack.hearing import NOT_HERE, Hearing
from adapters.slack.inbound import PLATFORM, Us, place_of, text_in, ts_of, words_of
from adapters.slack.manifest import ASK_ABOUT_THIS, PROMPTS
from adapters.slack.people import People
from adapters.slack.posting import Posting
from bot.errors import NotAllowed
from bot.messages import (
    Action,
    ActionName,
    CommandCall,
    CommandSpec,
    Inbound,
    InboundKind,
    PastMessage,
    Person,
    Place,
    PlaceKind,
)
from bot.ports import Intake

log = structlog.get_logger(__name__)

Json: TypeAlias = dict[str, Any]
Begin: TypeAlias = Callable[[Coroutine[Any, Any, None]], None]

_TITLE_LIMIT = 60


class Acting:
    """Takes in everything that Slack sends. `take` returns what goes with the acknowledgement."""

    def __init__(
        self,
        api: Api,
        people: People,
        hearing: Hearing,
        specs: Sequence[CommandSpec],
        begin: Begin,
        posting: Posting,
    ) -> None:
        self._api = api
        self._people = people
        self._hearing = hearing
        self._entries = {spec.entry.id: spec for spec in specs if spec.entry is not None}
        self._begin = begin
        self._posting = posting
        self._home = AtHome(api, people, specs)
        self._prompted: set[str] = set()

    async def take(self, body: Json, intake: Intake) -> Json | str | None:
        """Keep what happened. Raises StoreError or SlackRefused when it could not be kept: no acknowledgement.

        Raises NotUnderstood for what does not have the form of its kind.
        """
        us = await self._api.us()
        if "command" in body:
            return await self._command(body, us, intake)
        match body.get("type"):
            case "event_callback":
                with reading():
                    event: Json = {**body["event"]}
                await self._event(event, us, intake)
            case "block_actions":
                await self._pressed(body, us, intake)
            case "block_suggestion":
                return await self._suggest(body, us, intake)
            case "message_action":
                await self._shortcut(body, us, intake)
            case "view_submission":
                await self._submitted(body, us, intake)
        return None

    async def _event(self, event: Json, us: Us, intake: Intake) -> None:
        match event.get("type"):
            case "message" | "app_mention":
                with reading():
                    heard = await self._hearing.event(event, us)
                if heard is not None:
                    await intake.accept(heard)
                    self._entitle(heard)
            case "agent_session_stopped":
                with reading():
                    stopped = await self._hearing.stopped(event, us)
                await intake.accept(stopped)
                self._begin(self._posting.rest(stopped.place))
            case "app_home_opened":
                with reading():
                    opened = self._home_opened(
                        str(event["user"]), str(event["channel"]), event.get("tab"), us, intake
                    )
                self._begin(opened)
            case "tokens_revoked" | "app_uninstalled":
                log.error("the Slack app was removed or its token revoked; install it again", event=event["type"])
                self._api.dead = str(event["type"])

    async def _command(self, body: Json, us: Us, intake: Intake) -> str | None:
        try:
            with reading():
                called = await self._hearing.command(body, us)
        except NotAllowed as error:
            return error.said
        await intake.accept(called)
        return None

    # --- buttons and menus -----------------------------------------------------------------------

    async def _pressed(self, body: Json, us: Us, intake: Intake) -> None:
        with reading():
            pressed: Json = {**body["actions"][0]}
        if pressed.get("action_id") == home.HOME_MODEL:
            self._begin(self._home.choose_model(body, pressed, us, intake))
            return
        if str(pressed.get("action_id")).startswith(home.HOME_COMMAND):
            self._begin(self._home.press(body, pressed, us, intake))
            return
        with reading():
            action, container = _action(pressed), body.get("container") or {}
            if action is None or "message_ts" not in container:
                return
            ts = ts_of(container, "message_ts")
            stands = {"ts": ts, "thread_ts": container.get("thread_ts")}
            place = place_of(us.team, stands, str(container["channel_id"]))
            press = await self._hearing.press(action, place, ts, body, us)
        await intake.accept(press)

    async def _suggest(self, body: Json, us: Us, intake: Intake) -> Json:
        with reading():
            profile = await self._people.find(str(body["user"]["id"]), us.team)
            channel = str((body.get("channel") or {}).get("id") or f"D{profile.id}")
        place = Place(PLATFORM, us.team, channel)
        choices = await intake.complete(place, profile.person(), "model", "id", str(body.get("value") or ""))
        return {"options": outbound.options([(one.value, one.label) for one in choices])}

    # --- questions about a message ---------------------------------------------------------------

    async def _shortcut(self, body: Json, us: Us, intake: Intake) -> None:
        with reading():
            channel, message, trigger = str(body["channel"]["id"]), {**body["message"]}, str(body["trigger_id"])
            url = str(body.get("response_url") or "")
            about = home.about(channel, message, url)
        spec = self._entries.get(str(body.get("callback_id")))
        entry = spec.entry if spec is not None else None
        if spec is not None and entry is not None and entry.question is None:
            await self._chosen(about, CommandCall(spec.name), body, trigger, us, intake)
        elif entry is not None:
            self._begin(self._open(trigger, home.form_of(entry, channel, message, url)))
        elif body.get("callback_id") == ASK_ABOUT_THIS:
            self._begin(self._open(trigger, home.question_about(channel, message, url)))

    async def _chosen(self, about: Json, call: CommandCall, body: Json, key: str, us: Us, intake: Intake) -> None:
        """A command about a message; its answer is for whoever chose it alone."""
        with reading():
            profile = await self._people.find(str(body["user"]["id"]), us.team)
        message = await self._read(about)
        if message is None:
            self._begin(self._say_at(str(about["response_url"]), NOT_HERE))
            return
        asked = await self._asked_about(message, about, "", profile.person(), key, us)
        handle = str(about["response_url"]) or None
        await intake.accept(replace(asked, kind=InboundKind.COMMAND, command=call, root=None, handle=handle))

    async def _open(self, trigger: str, view: Json) -> None:
        await self._api.write("views.open", trigger_id=trigger, view=view)

    async def _submitted(self, body: Json, us: Us, intake: Intake) -> None:
        with reading():
            view: Json = {**body["view"]}
            spec = self._entries.get(str(view.get("callback_id")))
            if spec is None and view.get("callback_id") != ASK_ABOUT_THIS:
                return
            (about, question), key = home.asked_about(view), f"{view['id']}:submitted"
        if spec is not None and spec.entry is not None and spec.entry.question is not None:
            call = CommandCall(spec.name, {spec.entry.question.name: question})
            await self._chosen(about, call, body, key, us, intake)
            return
        with reading():
            profile = await self._people.find(str(body["user"]["id"]), us.team)
        message = await self._read(about)
        if message is None:
            self._begin(self._say_at(str(about["response_url"]), NOT_HERE))
            return
        await intake.accept(await self._asked_about(message, about, question, profile.person(), key, us))

    async def _asked_about(
        self, message: Json, about: Json, question: str, person: Person, key: str, us: Us
    ) -> Inbound:
        channel, ts = str(about["channel"]), str(about["ts"])
        standing = place_of(us.team, {"ts": ts, "thread_ts": about.get("thread_ts")}, channel)
        user = str(message.get("user") or message.get("bot_id") or "")
        words = words_of(text_in(message), us, self._people.name)
        author = Person(user, self._people.name(user))
        now = self._people.now()
        return Inbound(
            key=f"{PLATFORM}:{us.team}:{key}",
            kind=InboundKind.MESSAGE,
            place=standing,
            message_id=f"{now:.6f}",
            person=person,
            sent_at=now,
            text=question,
            addressed=True,
            quotes=(PastMessage(ts, author, words, float(ts), place=standing),),
            root=ts if standing.kind is PlaceKind.CHANNEL else None,
        )

    async def _read(self, about: Json) -> Json | None:
        """The message that is asked about; None where we may not look."""
        try:
            answer = await self._api.read(
                "conversations.replies",
                channel=about["channel"],
                ts=about["thread_ts"] or about["ts"],
                oldest=about["ts"],
                inclusive="true",
                limit=10,
            )
        except SlackRefused as error:
            if error.failure.kind.passes:
                raise
            return None
        found: list[Json] = answer.get("messages") or []
        return next((one for one in found if one.get("ts") == about["ts"]), None)

    async def _say_at(self, url: str, said: str) -> None:
        await self._api.respond(url, {"response_type": "ephemeral", "replace_original": False, "text": said})

    # --- beside messages -------------------------------------------------------------------------

    def _entitle(self, heard: Inbound) -> None:
        """Name a thread of direct messages after its question."""
        place = heard.place
        begins = place.kind is PlaceKind.DM and place.thread == heard.message_id
        if begins and heard.kind is InboundKind.MESSAGE and heard.text:
            title = " ".join(heard.text.split())[:_TITLE_LIMIT]
            self._begin(self._quietly("assistant.threads.setTitle", place.channel, place.thread, title=title))

    async def _home_opened(self, user: str, channel: str, tab: object, us: Us, intake: Intake) -> None:
        if tab == "messages":
            if user not in self._prompted:
                self._prompted.add(user)
                suggested = home.prompts(PROMPTS)
                await self._quietly("assistant.threads.setSuggestedPrompts", channel, None, prompts=suggested)
            return
        await self._home.publish(user, channel, us, intake)

    async def _quietly(self, method: str, channel: str, thread: str | None, **given: Any) -> None:
        try:
            await self._api.write(method, channel_id=channel, thread_ts=thread, **given)
        except SlackRefused as error:
            log.debug("not shown beside messages", method=method, code=error.code)


def _action(pressed: Json) -> Action | None:
    """What was pressed or chosen, if it is ours."""
    action_id = str(pressed.get("action_id", ""))
    if action_id.startswith(f"{outbound.OTHER_MODEL}:"):
        chosen = (pressed.get("selected_option") or {}).get("value")
        return Action(ActionName.OTHER_MODEL, action_id.partition(":")[2], chosen) if chosen else None
    name, _, about = str(pressed.get("value") or "").partition(":")
    turn_id, _, value = about.partition(":")
    if not action_id.startswith("gatepost_") or not turn_id:
        return None
    return Action(ActionName(name), turn_id, value or None) if name in set(ActionName) else None
