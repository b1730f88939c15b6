"""Messages of ours on Discord: posted, edited, taken away, and the threads they go to."""

from itertools import count
from typing import Any

from adapters.discord.errors import NO_HISTORY_TO_REPLY, THREAD_ARCHIVED, THREAD_EXISTS, Refusal
from adapters.discord.history import History
from adapters.discord.ids import snowflake, time_of
from adapters.discord.limits import Rank
from adapters.discord.outbound import (
    CONTENT,
    LAYOUT,
    STATUS,
    changed_message,
    new_message,
    new_poll,
    new_thread,
    nonce_of,
    said_alone,
)
from adapters.discord.rest import Rest
from bot.messages import Failure, FailureKind, Person, Place, PlaceKind, Poll, Rendered
from bot.ports import Clock

TEXT_LIMIT, LATER_LIMIT = CONTENT - STATUS, LAYOUT - STATUS
"""Characters of text in the first message of an answer, and in each later one."""

_TOO_OLD = 55 * 60.0
"""Seconds after which a message is not edited while it grows: Discord takes few edits of old ones."""

_GONE = (FailureKind.NOT_FOUND, FailureKind.FORBIDDEN, FailureKind.UNEDITABLE)


class Posting:
    """One call for each; what Discord refuses is raised as `Refusal`."""

    def __init__(self, rest: Rest, history: History, clock: Clock) -> None:
        self._rest = rest
        self._history = history
        self._clock = clock
        self._said = count()

    async def post(self, place: Place, rendered: Rendered, key: str) -> str:
        """Show a new message, once for each key."""
        _check(rendered)
        channel = channel_of(place)
        body = new_message(rendered, key, in_place=place.kind is not PlaceKind.THREAD)
        path = f"/channels/{channel}/messages"
        how: dict[str, Any] = {"rank": Rank.FIRST, "about": _question(place, rendered), "files": rendered.files}
        try:
            told = await self._rest.call("POST", path, body, kind="post", channel=channel, **how)
        except Refusal as refused:
            if refused.code != NO_HISTORY_TO_REPLY:
                raise
            del body["message_reference"]  # it may write there, but not as a reply
            told = await self._rest.call("POST", path, body, kind="post", channel=channel, **how)
        self._history.note(body["nonce"], str(told["id"]))
        return str(told["id"])

    async def post_poll(self, place: Place, poll: Poll, key: str) -> str:
        """Show a poll of Discord's own, once for each key."""
        channel, path = channel_of(place), f"/channels/{channel_of(place)}/messages"
        told = await self._rest.call(
            "POST", path, new_poll(poll, key), kind="post", channel=channel, rank=Rank.FIRST
        )
        return str(told["id"])

    async def edit(self, place: Place, message_id: str, rendered: Rendered) -> None:
        """Replace a message of ours. A thread that fell asleep is woken for it."""
        _check(rendered)
        channel, message = channel_of(place), snowflake(message_id)
        if not rendered.final and self._clock() - time_of(message) > _TOO_OLD:
            raise Refusal(Failure(FailureKind.UNEDITABLE), "older than an hour")
        try:
            await self._edit(channel, message_id, rendered)
        except Refusal as refused:
            if refused.code != THREAD_ARCHIVED:
                raise
            await self._wake(channel, refused)
            await self._edit(channel, message_id, rendered)

    async def delete(self, place: Place, message_id: str) -> None:
        """Take a message of ours away."""
        channel = channel_of(place)
        path = f"/channels/{channel}/messages/{snowflake(message_id)}"
        try:
            await self._rest.call("DELETE", path, kind="delete", channel=channel, rank=Rank.FIRST)
        except Refusal as refused:
            if refused.failure.kind not in _GONE:
                raise

    async def typing(self, place: Place) -> None:
        """Show that we are writing, for ten seconds; only where there is room for it at once."""
        if not self._rest.is_free(Rank.TYPING):
            return
        channel = channel_of(place)
        await self._rest.call(
            "POST", f"/channels/{channel}/typing", kind="typing", channel=channel, rank=Rank.TYPING
        )

    async def open_thread(self, place: Place, message_id: str, title: str) -> None:
        """Open a thread on a message; one that is there already is as good."""
        path = f"/channels/{place.channel}/messages/{snowflake(message_id)}/threads"
        # What was said before is read, and the first text posted, as soon as it is there.
        how: dict[str, Any] = {"rank": Rank.FIRST, "about": snowflake(message_id), "leads_to": 2}
        try:
            await self._rest.call("POST", path, new_thread(title), kind="thread", channel=place.channel, **how)
        except Refusal as refused:
            if refused.code != THREAD_EXISTS:
                raise

    async def open_dm(self, person: Person) -> str:
        """The channel in which we talk with somebody alone. Whether they let us shows only in a post."""
        body = {"recipient_id": str(snowflake(person.id))}
        told = await self._rest.patiently("POST", "/users/@me/channels", body, kind="dm")
        return str(told["id"])

    async def say(self, channel: str, rendered: Rendered) -> None:
        """Say it there, in as many messages as it takes, each once by its nonce; it belongs to no reply."""
        bodies = said_alone(rendered, private=False)
        for body in bodies:
            path, files = f"/channels/{channel}/messages", rendered.files if body is bodies[-1] else ()
            nonce = nonce_of(f"{channel}:{self._clock()}:{next(self._said)}")
            once = {**body, "nonce": nonce, "enforce_nonce": True}
            await self._rest.patiently("POST", path, once, kind="post", channel=channel, files=files)

    async def _edit(self, channel: str, message_id: str, rendered: Rendered) -> None:
        rank = Rank.FIRST if rendered.final else Rank.REFRESH
        path = f"/channels/{channel}/messages/{message_id}"
        body = changed_message(rendered)
        await self._rest.call("PATCH", path, body, kind="edit", channel=channel, rank=rank, files=rendered.files)

    async def _wake(self, thread: str, refused: Refusal) -> None:
        """Take a thread out of its archive. One that is locked, or not ours to wake, stays: a post may wake it."""
        try:
            await self._rest.patiently(
                "PATCH", f"/channels/{thread}", {"archived": False}, kind="wake", channel=thread, rank=Rank.FIRST
            )
        except Refusal as error:
            if error.failure.kind is FailureKind.TRANSIENT:
                raise
            raise refused from error


def channel_of(place: Place) -> str:
    """The channel in Discord's sense: a thread is one."""
    return place.thread or place.channel


def _question(place: Place, rendered: Rendered) -> int:
    """The question that a message answers, whose id its thread has; 0 where it answers none."""
    asked = place.thread or rendered.answers or ""
    return int(asked) if asked.isdecimal() and not rendered.part else 0


def _check(rendered: Rendered) -> None:
    if len(rendered.text) > (LATER_LIMIT if rendered.part else TEXT_LIMIT):
        raise Refusal(Failure(FailureKind.INVALID), "text is too long")
