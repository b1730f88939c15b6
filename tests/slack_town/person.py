"""Somebody who uses the workspace: says, presses, types, and sees what there is to see."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tests.slack_town import interactions
from tests.slack_town.deliveries import COMMANDS, INTERACTIONS, Delivery
from tests.slack_town.reading import buttons, elements, label
from tests.slack_town.shapes import escaped, rich_text, view_json
from tests.slack_town.values import BOT_USER, TEAM, Channel, File, Json, Message, User, View

if TYPE_CHECKING:
    from tests.slack_town.town import Town


class Person:
    """The hands and eyes of a user. Whatever they do happens at once; the app hears of it in tasks."""

    def __init__(self, town: "Town", user: User) -> None:
        self.town = town
        self.world = town.world
        self.user = user
        self.id = user.id
        self._suggested: Mapping[str, Sequence[Json]] = {}
        self._looked_at: Sequence[Json] = ()

    @property
    def dm(self) -> Channel:
        """Where they talk with the app alone."""
        return self.world.dm(self.id)

    # --- talking ---------------------------------------------------------------------------------

    def says(
        self,
        place: Channel,
        text: str,
        *,
        thread: Message | str | None = None,
        files: Sequence[File] = (),
        broadcast: bool = False,
        subtype: str = "",
        quietly: bool = False,
    ) -> Message:
        """Post a message. Mentions are written as `<@U…>`. `quietly`: before the app was there.

        `subtype` is for what is no plain message, such as `channel_topic` or `me_message`.
        """
        root = thread.root if isinstance(thread, Message) else thread or ""
        words = escaped(text)
        message = Message(place.id, self.world.new_ts(), self.id, words, rich_text(words), root, self.user.team)
        message.files, message.broadcast = list(files), broadcast
        message.subtype = subtype or ("file_share" if files else "thread_broadcast" if broadcast else "")
        message.entities = list(self._looked_at) if place.kind == "im" else []
        message.bot_id = self.user.bot_id
        return self.world.post(message, quietly=quietly)

    def mentions(
        self, place: Channel, text: str, *, thread: Message | str | None = None, files: Sequence[File] = ()
    ) -> Message:
        """Post a message that begins with the app's name."""
        return self.says(place, f"<@{BOT_USER}> {text}", thread=thread, files=files)

    def edits(self, message: Message, text: str) -> None:
        """Change what they said."""
        message.text = escaped(text)
        message.blocks = rich_text(message.text)
        self.world.edit(message)

    def deletes(self, message: Message) -> None:
        """Take away what they, or with an administrator's rights others, said."""
        self.world.end_stream(message, "stopped")
        self.world.delete(message)

    def reacts(self, message: Message, emoji: str) -> Delivery | None:
        """Add a reaction."""
        message.reactions.setdefault(emoji, []).append(self.id)
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": "reaction_added", "user": self.id, "reaction": emoji, "item_user": message.user}
        return self.town.deliver(event | {"item": item, "event_ts": self.world.new_ts()})

    def joins(self, place: Channel) -> Message:
        """Enter a channel; Slack says so in a message of theirs."""
        place.members.add(self.id)
        return self.says(place, f"<@{self.id}> has joined the channel", subtype="channel_join")

    def invites_the_app(self, place: Channel) -> Delivery | None:
        """Take the app into a channel."""
        place.members.add(BOT_USER)
        event = {"type": "member_joined_channel", "user": BOT_USER, "channel": place.id, "inviter": self.id}
        event |= {"channel_type": "C" if place.kind == "channel" else "G", "team": TEAM}
        return self.town.deliver(event | {"event_ts": self.world.new_ts()})

    def looks_at(self, place: Channel, message: Message | None = None) -> Delivery | None:
        """Look at a channel or a message of it while the app is open beside it."""
        entity: Json = {"type": "slack#/types/channel_id", "value": place.id, "team_id": TEAM}
        if message is not None:
            where = {"channel_id": place.id, "message_ts": message.ts}
            entity = {"type": "slack#/types/message_context", "value": where, "team_id": TEAM}
        self._looked_at = [entity]
        event: Json = {"type": "app_context_changed", "user": self.id, "channel": self.dm.id}
        return self.town.deliver(event | {"context": {"entities": [entity]}, "event_ts": self.world.new_ts()})

    # --- acting ----------------------------------------------------------------------------------

    def types(self, line: str, place: Channel) -> Delivery:
        """Type a slash command; not in a thread, where Slack takes none."""
        name = line.partition(" ")[0]
        if name not in self.town.commands:
            raise LookupError(f"{name} is not a valid command")
        url = self.town.responses.new(self.id, place.id)
        payload = interactions.command(self.world, self.user, place, line, url)
        return self.town.deliveries.send(COMMANDS, payload, lambda told: self._shown(told, place))

    def presses(self, place: Message | View, what: str) -> Delivery:
        """Press a button, by what is written on it, its action id or its value. Raises LookupError."""
        block, element, chosen = self._button(place, what)
        return self._acts(place, interactions.action(block, element, chosen, self.world.new_ts()))

    def chooses(self, place: Message | View, action_id: str, value: str) -> Delivery:
        """Choose from a select or an overflow menu, by the option's value."""
        block, element = self._element(place, action_id)
        options = element.get("options") or [o for g in element.get("option_groups", []) for o in g["options"]]
        if element["type"] == "external_select":
            options = self._suggested.get(action_id, [])
        option = next((one for one in options if one["value"] == value), None)
        if option is None:
            raise LookupError(f"{value} is not among {[one['value'] for one in options]}")
        chosen = {"selected_option": option}
        return self._acts(place, interactions.action(block, element, chosen, self.world.new_ts()))

    async def suggestions(self, place: Message | View, action_id: str, typed: str) -> list[Json]:
        """The options that the app offers for what is typed into an external select."""
        block, element = self._element(place, action_id)
        payload = interactions.suggestion(self.world, self.user, place, block, element, typed)
        answer = await self.town.deliveries.send(INTERACTIONS, payload).answered()
        groups = [group["options"] for group in answer.get("option_groups", [])]
        options: list[Json] = answer.get("options") or [one for group in groups for one in group]
        self._suggested = {**self._suggested, action_id: options}
        return options

    def uses_shortcut(self, callback_id: str, message: Message | None = None) -> Delivery:
        """Choose a shortcut from a message's menu, or a global one. Raises LookupError if there is none such."""
        if self.town.shortcuts is not None and callback_id not in self.town.shortcuts:
            raise LookupError(f"{callback_id} is not among {sorted(self.town.shortcuts)}")
        if message is None:
            payload = interactions.shortcut(self.world, self.user, callback_id)
        else:
            url = self.town.responses.new(self.id, message.channel, message)
            payload = interactions.message_shortcut(self.world, self.user, callback_id, message, url)
        return self.town.deliveries.send(INTERACTIONS, payload)

    def opens_home(self, tab: str = "home") -> Delivery | None:
        """Look at the app's Home, or with "messages" at its Messages tab."""
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.dm.id, "tab": tab}
        view = self.world.homes.get(self.id)
        if view is not None and tab == "home":
            event["view"] = view_json(view)
        return self.town.deliver(event | {"event_ts": self.world.new_ts()})

    def submits(self, view: View, values: Mapping[str, Mapping[str, Json]]) -> Delivery:
        """Send a modal; it closes unless the app says otherwise."""
        payload = interactions.submission(self.world, self.user, view, {k: dict(v) for k, v in values.items()})
        return self.town.deliveries.send(
            INTERACTIONS, payload, lambda told: self.town.after_submission(view, told)
        )

    def closes(self, view: View) -> Delivery | None:
        """Close a modal; the app hears of it if it wanted to."""
        self.world.modals.pop(view.id, None)
        if not view.body.get("notify_on_close"):
            return None
        return self.town.deliveries.send(INTERACTIONS, interactions.closing(self.world, self.user, view))

    def stops(self, place: Channel, thread: Message | str) -> Delivery | None:
        """Press Slack's own stop button. Raises LookupError when there is none to be seen."""
        root = thread.root if isinstance(thread, Message) else thread
        if not self.can_stop(place, root):
            raise LookupError("no stop button")
        return self.town.stop_streams(self.id, place, root)

    def can_stop(self, place: Channel, root: str) -> bool:
        """Slack shows its stop button in this thread."""
        grows = any(one.streaming for one in place.visible(root))
        processing = self.world.agent_thread(place.id, root).session == "processing"
        return (grows or processing) and "agent_session_stopped" in self.world.subscribed

    # --- seeing ----------------------------------------------------------------------------------

    def sees(self, place: Channel, thread: Message | str | None = None) -> list[Message]:
        """What is shown to them, with what only they can see, oldest first."""
        if place.kind != "channel" and self.id not in place.members:
            return []
        root = thread.root if isinstance(thread, Message) else thread
        own = [one for one in self.world.ephemeral if one.ephemeral_for == self.id and one.channel == place.id]
        own = [one for one in own if root is None or one.thread_ts == root]
        return sorted([*place.visible(root), *own], key=lambda one: one.ts)

    @property
    def whispers(self) -> list[Message]:
        """What was shown to them alone."""
        return [one for one in self.world.ephemeral if one.ephemeral_for == self.id]

    @property
    def home(self) -> View | None:
        """Their App Home, once the app has published one."""
        return self.world.homes.get(self.id)

    @property
    def modal(self) -> View | None:
        """The modal that is open in front of them."""
        own = [one for one in self.world.modals.values() if one.user == self.id]
        return own[-1] if own else None

    # --- how it is done --------------------------------------------------------------------------

    def _shown(self, told: Delivery, place: Channel) -> None:
        """What came with the acknowledgement of a command is shown."""
        if told.answer.get("text") or told.answer.get("blocks"):
            self.town.responses.answer_at_once(self.id, place.id, told.answer)

    def _acts(self, place: Message | View, action: Json) -> Delivery:
        if isinstance(place, View):
            payload = interactions.press_in_view(self.world, self.user, place, action)
        else:
            url = self.town.responses.new(self.id, place.channel, place)
            payload = interactions.press(self.world, self.user, place, action, url)
        return self.town.deliveries.send(INTERACTIONS, payload)

    def _element(self, place: Message | View, action_id: str) -> tuple[Json, Json]:
        known = list(elements(_blocks(place)))
        found = next((pair for pair in known if pair[1]["action_id"] == action_id), None)
        if found is None:
            raise LookupError(f"{action_id} is not among {[one['action_id'] for _, one in known]}")
        return found

    def _button(self, place: Message | View, what: str) -> tuple[Json, Json, Json]:
        known = list(buttons(_blocks(place)))
        for block, element, button in known:
            if what in (label(button), element["action_id"], button.get("value")):
                return block, element, {name: button[name] for name in ("value", "text") if name in button}
        raise LookupError(f"{what} is not among {[label(button) for _, _, button in known]}")


def _blocks(place: Message | View) -> list[Json]:
    found: list[Json] = place.body.get("blocks", []) if isinstance(place, View) else place.blocks
    return found
