"""The workspace itself: who and what there is, and every change to it, told to whoever listens."""

import asyncio
from collections.abc import Callable
from itertools import count

from tests.slack_town import events
from tests.slack_town.call import Call
from tests.slack_town.clock import Clock
from tests.slack_town.errors import Refusal
from tests.slack_town.shapes import message_json
from tests.slack_town.values import (
    BOT_ID,
    BOT_USER,
    TEAM,
    AgentThread,
    Channel,
    File,
    Json,
    Message,
    Trigger,
    User,
    Version,
    View,
)

Announce = Callable[[Json, "Message | None"], None]

STATUS_LIFE = 120.0
"""Seconds after which a status that no message followed is taken away."""


class World:
    """Holds everything. Changes are announced as events, and ring the bell that `until` waits for."""

    def __init__(self, clock: Clock, announce: Announce) -> None:
        self.clock = clock
        self.announce = announce
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.homes: dict[str, View] = {}
        self.modals: dict[str, View] = {}
        self.agent_threads: dict[tuple[str, str], AgentThread] = {}
        self.ephemeral: list[Message] = []
        self.calls: list[Call] = []
        self.unanswered: set[Call] = set()
        self.growing: set[Message] = set()
        """The messages that are being streamed."""
        self.action_tokens: dict[str, Message] = {}
        self.triggers: dict[str, Trigger] = {}
        self.uploads: dict[str, tuple[File, int]] = {}
        """Files on their way in, and the length that was announced."""
        self.subscribed: set[str] = set()
        self.base_url = self.files_url = ""
        self.messages_tab = True
        self.history_page = 1000
        """Messages in a page of history, whatever is asked for; 15 for apps sold outside the Marketplace."""
        self.stream_life = 300.0
        """Seconds that a stream lives, whatever is appended."""
        self.streaming_off = ""
        """The error with which chat.startStream refuses, if it does."""
        self.edit_window_closed = False
        self._numbers = count(1)
        self._last_ts = 0
        self._bell = asyncio.Event()
        self.add_user(User(BOT_USER, "Gatepost", is_bot=True, bot_id=BOT_ID))

    # --- numbers and bells -----------------------------------------------------------------------

    def new_ts(self) -> str:
        """The time as a message's name, never the same twice."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An id as Slack makes them."""
        return f"{prefix}{next(self._numbers):08d}"

    def ring(self) -> None:
        """Something changed."""
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def until(self, holds: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until it holds; it is asked whenever something happened in the town. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not holds():
                await self._bell.wait()

    # --- who and where ---------------------------------------------------------------------------

    def add_user(self, user: User) -> User:
        """Somebody moves in."""
        self.users[user.id] = user
        return user

    def add_channel(self, channel: Channel) -> Channel:
        """A place opens."""
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: str) -> Channel:
        """Where somebody and the app talk alone."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == {user, BOT_USER}:
                return channel
        return self.add_channel(Channel(self.new_id("D"), "", "im", {user, BOT_USER}))

    def channel(self, name: str, *, member: bool = False) -> Channel:
        """A channel by its id or #name, as the app may see it. Raises Refusal."""
        found = self.channels.get(name) or next(
            (one for one in self.channels.values() if one.name and f"#{one.name}" == name), None
        )
        if found is None or (found.kind != "channel" and BOT_USER not in found.members):
            raise Refusal("channel_not_found")
        if member and BOT_USER not in found.members:
            raise Refusal("not_in_channel")
        return found

    def message(self, channel: str, ts: str) -> Message:
        """A message by its place. Raises Refusal."""
        found = self.channel(channel).messages.get(ts)
        if found is None or found.deleted:
            raise Refusal("message_not_found")
        return found

    def agent_thread(self, channel: str, thread: str) -> AgentThread:
        """What Slack shows of a thread, old statuses taken away."""
        found = self.agent_threads.setdefault((channel, thread), AgentThread())
        if found.status and not found.session and self.clock.now() - found.status_since >= STATUS_LIFE:
            found.status = ""
        return found

    def action_token(self, message: Message) -> str:
        """A token with which the app may search for whoever wrote this."""
        token = f"{message.ts}.{message.channel}.token"
        self.action_tokens[token] = message
        return token

    def new_trigger(self, user: str) -> str:
        """A trigger id for what somebody did; it is good for three seconds, once."""
        trigger = f"{self.new_id('')}.{TEAM}.trigger"
        self.triggers[trigger] = Trigger(user, self.clock.now() + 3.0)
        return trigger

    # --- messages --------------------------------------------------------------------------------

    def post(self, message: Message, *, quietly: bool = False) -> Message:
        """Show a new message. `quietly` tells the app nothing, as if it had been said before it came."""
        self.channels[message.channel].add(message)
        self._versioned(message)
        for file in message.files:
            file.shared.add(message.channel)
        if message.bot:
            self._clear_status(message)
        if not quietly:
            self._tell_of_post(message)
        self.ring()
        return message

    def whisper(self, message: Message) -> Message:
        """Show a message to one person only."""
        self.ephemeral.append(message)
        self._versioned(message)
        self.ring()
        return message

    def edit(self, message: Message, *, shown_as_edited: bool = True, again: bool = True) -> None:
        """A message's new state is there already: note it, tell. `again` fires a mention anew, as Slack does."""
        before = self._previous(message)
        ts = self.new_ts()
        if shown_as_edited:
            message.edited = self.clock.now()
        self._versioned(message)
        self._tell(events.changed(self, message, before, ts), message)
        if again and self._mentions_app(message):
            self._tell(events.mentioned(self, message, ts), message)
        self.ring()

    def delete(self, message: Message) -> None:
        """Take a message away. One that a thread hangs on leaves a tombstone, which is an edit."""
        before = message_json(self, message)
        message.deleted = True
        message.versions.append(Version(self.clock.now(), "", deleted=True))
        ts = self.new_ts()
        if not message.thread_ts and self.channels[message.channel].replies(message.ts):
            message.subtype, message.text, message.blocks = "tombstone", "This message was deleted.", []
            self._tell(events.changed(self, message, before, ts), message)
        else:
            self._tell(events.removed(self, message, before, ts), message)
        self.ring()

    def grow(self, message: Message, *, tell: bool = False) -> None:
        """A stream's new state is there already; note it."""
        before = self._previous(message)
        self._versioned(message)
        if tell:
            self._tell(events.changed(self, message, before, self.new_ts()), message)
        self.ring()

    def _previous(self, message: Message) -> Json:
        last = message.versions[-1]
        return message_json(self, message) | {"text": last.text, "blocks": list(last.blocks)}

    def _versioned(self, message: Message) -> None:
        message.versions.append(Version(self.clock.now(), message.text, tuple(message.blocks)))

    def _clear_status(self, message: Message) -> None:
        thread = self.agent_threads.get((message.channel, message.root))
        if thread is not None:
            thread.status = ""

    def _tell_of_post(self, message: Message) -> None:
        self._tell(events.posted(self, message), message)
        if self._mentions_app(message):
            self._tell(events.mentioned(self, message), message)

    def _mentions_app(self, message: Message) -> bool:
        channel = self.channels[message.channel]
        return not message.bot and channel.kind != "im" and f"<@{BOT_USER}" in message.text

    def _tell(self, event: Json, message: Message) -> None:
        if BOT_USER in self.channels[message.channel].members:
            self.announce(event, message)

    def expire(self) -> None:
        """End the streams whose time is over."""
        now = self.clock.now()
        for message in list(self.growing):
            if message.stream is not None and message.stream.expires <= now:
                self.end_stream(message, "expired")

    def end_stream(self, message: Message, state: str) -> None:
        """A message grows no more: stopped, stopped_by_user or expired."""
        if message.stream is not None:
            message.stream.state = state
        self.growing.discard(message)
        self.ring()
