"""The people of a town, and everything they can do where the bot notices it."""

import mimetypes
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.discord_town import forms, interaction_shapes, message_shapes
from tests.discord_town.drafts import Draft
from tests.discord_town.interactions import Interaction, InteractionType
from tests.discord_town.posts import change, delete, join, open_thread, post, react, show, update_thread
from tests.discord_town.rest_messages import tell_typing
from tests.discord_town.rights import Right, may_write, rights_in
from tests.discord_town.state import Event, State
from tests.discord_town.world import Channel, Json, Message, MessageFlag, MessageType, Reference, Upload, User

Files = Mapping[str, bytes]


class Person:
    """Somebody with a keyboard. An act is told to the gateway at once; nothing here waits, `town.until` does."""

    def __init__(self, state: State, user: User) -> None:
        self.state = state
        self.user = user

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def dm(self) -> Channel:
        """Their direct messages with the bot."""
        return self.state.dm_with(self.user)

    # --- messages --------------------------------------------------------------------------------

    def says(self, channel: Channel, text: str = "", *, files: Files | None = None) -> Message:
        """Write a message."""
        return self._post(channel, text, files)

    def mentions_bot(self, channel: Channel, text: str, *, files: Files | None = None) -> Message:
        """Write a message that begins with the bot's mention."""
        return self._post(channel, f"{self.state.me.mention} {text}", files)

    def replies(self, to: Message, text: str, *, ping: bool = True, files: Files | None = None) -> Message:
        """Reply to a message; `ping` is the switch beside the text."""
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        reference = Reference(to.channel.id, to.id)
        return self._post(to.channel, text, files, allowed=allowed, kind=MessageType.REPLY, reference=reference)

    def forwards(self, message: Message, channel: Channel) -> Message:
        """Forward a message to a channel."""
        self._require_write(channel)
        now = self.state.clock()
        forward = Message(self.state.snowflake(now), channel, self.user, now, flags=int(MessageFlag.HAS_SNAPSHOT))
        forward.reference, forward.snapshot = Reference(message.channel.id, message.id, 1), replace(message)
        show(self.state, forward)
        return forward

    def sends_voice(self, channel: Channel, data: bytes = b"OggS", *, seconds: float = 3.0) -> Message:
        """Send a voice message."""
        upload = self._upload(channel, "voice-message.ogg", data)
        upload.content_type, upload.duration = "audio/ogg", seconds
        draft = Draft(attachments=[upload], flags=int(MessageFlag.IS_VOICE_MESSAGE))
        return post(self.state, channel, self.user, draft)

    def edits(self, message: Message, text: str) -> None:
        """Change the text of an own message."""
        assert message.author is self.user
        change(
            self.state,
            message,
            Draft(text, message.embeds, message.components, message.attachments, message.flags),
        )

    def deletes(self, *messages: Message) -> None:
        """Delete messages of one channel: own ones, or any as a moderator."""
        assert all(one.author is self.user for one in messages) or self._may(messages[0], Right.MANAGE_MESSAGES)
        delete(self.state, *messages)

    def reacts(self, message: Message, emoji: str) -> None:
        """Put a reaction under a message."""
        react(self.state, message, self.user, emoji, on=True)

    def types(self, channel: Channel) -> None:
        """Be seen writing."""
        tell_typing(self.state, channel, self.id)

    # --- threads ---------------------------------------------------------------------------------

    def opens_thread(self, start: Message | Channel, name: str, *, private: bool = False) -> Channel:
        """Open a thread from a message, or in a channel without one."""
        message = start if isinstance(start, Message) else None
        channel = start.channel if isinstance(start, Message) else start
        return open_thread(self.state, channel, self.user, name, message=message, private=private)

    def adds(self, thread: Channel, *others: "Person | User") -> None:
        """Add somebody to a thread."""
        join(self.state, thread, *(one.user if isinstance(one, Person) else one for one in others))

    def archives(self, thread: Channel, *, locked: bool | None = None) -> None:
        """Archive a thread; `locked` is what moderators do."""
        thread.archived = True
        thread.locked = thread.locked if locked is None else locked
        update_thread(self.state, thread)

    # --- commands, buttons, menus, forms ---------------------------------------------------------

    def types_command(self, channel: Channel, name: str, /, **options: Any) -> Interaction:
        """Run a slash command, `remind list` with its subcommand.

        People and channels are given as they are, a file as a pair of name and bytes.
        """
        command = forms.find_command(self, channel, name.split()[0], 1)
        data = forms.filled(self, channel, command, name.split()[1:], options)
        return self._act(InteractionType.COMMAND, channel, data)

    def autocompletes(self, channel: Channel, name: str, option: str, text: str, /, **others: Any) -> Interaction:
        """Type so much of an option's value; the choices come in `choices`."""
        command = forms.find_command(self, channel, name.split()[0], 1)
        data = forms.filled(self, channel, command, name.split()[1:], {**others, option: text}, focused=option)
        return self._act(InteractionType.AUTOCOMPLETE, channel, data)

    def uses_menu(self, message: Message, name: str) -> Interaction:
        """Choose an entry of a message's menu."""
        command = forms.find_command(self, message.channel, name, 3)
        told = message_shapes.message(self.state, message, content=True)
        data = {
            "id": command["id"],
            "name": name,
            "type": 3,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): told}},
        }
        return self._act(InteractionType.COMMAND, message.channel, data)

    def presses(self, message: Message, button: str) -> Interaction:
        """Press a button, by its label or its custom id."""
        control = forms.find_control(message, button)
        data = {"custom_id": control["custom_id"], "component_type": 2}
        return self._act(InteractionType.COMPONENT, message.channel, data, message)

    def selects(self, message: Message, menu: str, *values: str) -> Interaction:
        """Choose in a select menu, by its placeholder or its custom id."""
        control = forms.find_control(message, menu)
        assert set(values) <= {one["value"] for one in control["options"]}, f"{values} are not offered"
        data = {"custom_id": control["custom_id"], "component_type": 3, "values": list(values)}
        return self._act(InteractionType.COMPONENT, message.channel, data, message)

    def submits_modal(self, answered: Interaction, **values: str) -> Interaction:
        """Fill in the form that an act was answered with, by custom ids, and send it."""
        assert answered.modal is not None, "there is no form"
        data = {"custom_id": answered.modal["custom_id"], "components": forms.written(answered.modal, values)}
        return self._act(InteractionType.MODAL_SUBMIT, answered.channel, data, answered.message)

    # --- how it is done --------------------------------------------------------------------------

    def _post(
        self,
        channel: Channel,
        text: str,
        files: Files | None,
        *,
        allowed: Json | None = None,
        kind: MessageType = MessageType.DEFAULT,
        reference: Reference | None = None,
    ) -> Message:
        self._require_write(channel)
        uploads = [self._upload(channel, name, data) for name, data in (files or {}).items()]
        draft = Draft(text.strip(), attachments=uploads, allowed=allowed)
        return post(self.state, channel, self.user, draft, kind=kind, reference=reference)

    def _upload(self, channel: Channel, name: str, data: bytes) -> Upload:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Upload(self.state.snowflake(self.state.clock()), channel.id, name, data, kind)

    def hands_over(self, channel: Channel, name: str, data: bytes) -> Upload:
        """Attach a file to a command."""
        upload = self._upload(channel, name, data)
        self.state.handed_over[upload.id] = upload
        return upload

    def _act(
        self, kind: InteractionType, channel: Channel, data: Json, message: Message | None = None
    ) -> Interaction:
        now = self.state.clock()
        interaction_id = self.state.snowflake(now)
        token = f"interaction-{interaction_id}"
        act = Interaction(interaction_id, token, kind, self.user, channel, data, now, message)
        self.state.interactions[token] = act
        body = interaction_shapes.interaction(self.state, act)
        self.state.publish(Event("INTERACTION_CREATE", body, channel.guild, channel))
        return act

    def _require_write(self, channel: Channel) -> None:
        rights = rights_in(channel, self.user, self.state.clock())
        assert may_write(channel, rights), f"{self.user.name} may not write in {channel}"

    def _may(self, message: Message, right: Right) -> bool:
        return bool(rights_in(message.channel, self.user, self.state.clock()) & right)
