"""What a person does on the page: say, command, change, take back, press. Each is kept, then handed over."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from aiohttp import web

from adapters.web import inbound
from adapters.web.door import Refused
from adapters.web.outbound import without_controls
from adapters.web.uploads import Upload, read_upload
from adapters.web.whispers import Whispers
from adapters.web.workspace import GATEPOST, channels_of, place
from bot.errors import NotAllowed
from bot.messages import Action, ActionName, Inbound, InboundKind, PageMessage, Person, Place
from bot.ports import Clock, FileStore, PageMessages, Views

TEXT_LIMIT = 32_000
_VALUE_LIMIT = 300
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

TakeIn: TypeAlias = Callable[[Inbound, PageMessage | None], Awaitable[None]]


class Speaking:
    """The calls that change something. Each carries an id the page made, so that asking again changes nothing."""

    def __init__(
        self,
        messages: PageMessages,
        files: FileStore,
        views: Views,
        whispers: Whispers,
        take_in: TakeIn,
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._files = files
        self._views = views
        self._whispers = whispers
        self._take_in = take_in
        self._clock = clock

    async def say(self, request: web.Request, who: Person) -> web.Response:
        """A message, or a command."""
        upload = await read_upload(request, self._files)
        text = without_controls(_text(upload.fields, "text"))
        where = await self._place(upload.fields, who)
        if inbound.is_command(text) and (not upload.files or self._takes_files(text)):
            return await self._command(upload, text, where, who)
        _check_text(text, upload)
        message_id = _own_id(who, upload.fields)
        message = PageMessage(
            id=message_id,
            place=where,
            person=who,
            sent_at=self._clock(),
            text=text,
            files=upload.files,
            reply_to=await self._reply_to(upload.fields, where),
        )
        await self._tell(InboundKind.MESSAGE, message, f"message:{message_id}")
        return web.json_response({"id": message_id})

    async def edit(self, request: web.Request, who: Person) -> web.Response:
        """Other words for an own message."""
        upload = await read_upload(request, self._files)
        before = await self._own(upload.fields, who)
        text = without_controls(_text(upload.fields, "text"))
        _check_text(text, replace(upload, files=before.files))
        message = replace(before, text=text, edited_at=self._clock())
        await self._tell(InboundKind.EDIT, message, f"edit:{_own_id(who, upload.fields)}")
        return web.json_response({"id": before.id})

    async def delete(self, request: web.Request, who: Person) -> web.Response:
        """An own message taken back."""
        upload = await read_upload(request, self._files)
        before = await self._own(upload.fields, who, gone_too=True)  # or it could not be tried again
        message = inbound.gone(before)
        await self._tell(InboundKind.DELETE, message, f"delete:{_own_id(who, upload.fields)}")
        return web.json_response({"id": before.id})

    async def press(self, request: web.Request, who: Person) -> web.Response:
        """A button under an answer."""
        fields = (await read_upload(request, self._files)).fields
        there = self._whispers.buttons(_text(fields, "message"), who)
        if there is None:
            message = await self._seen(fields, who)
            there = message.place, message.actions
        where, actions = there
        wanted = Action(_action_name(fields), _text(fields, "turn"), _text(fields, "value")[:_VALUE_LIMIT] or None)
        action = next((one for one in actions if _is_pressed(one, wanted)), None)
        if action is not None:
            action = replace(action, value=wanted.value)
        if action is None:
            raise Refused(409, "That button no longer applies.")
        key = f"button:{_own_id(who, fields)}"
        pressed_in = _text(fields, "message")
        event = inbound.pressed(action, where, pressed_in, who, key, self._clock(), _text(fields, "tab"))
        await self._take_in(event, None)
        return web.json_response({"id": pressed_in})

    async def _command(self, upload: Upload, text: str, where: Place, who: Person) -> web.Response:
        key = f"command:{_own_id(who, upload.fields)}"
        try:
            call = inbound.parse_command(text, self._views.commands())
        except NotAllowed as error:
            raise Refused(422, error.said) from error
        tab = _text(upload.fields, "tab")
        event = inbound.called(call, where, who, key, self._clock(), tab)
        await self._take_in(replace(event, attachments=tuple(map(inbound.attachment, upload.files))), None)
        return web.json_response({"id": key})

    def _takes_files(self, text: str) -> bool:
        name = text[1:].split(maxsplit=1)[0].lower()
        return any(spec.name == name and spec.takes_files for spec in self._views.commands())

    async def _tell(self, kind: InboundKind, message: PageMessage, key: str) -> None:
        took_part = await self._took_part(message)
        addressed = inbound.is_addressed(message.text, message.place, took_part)
        event = inbound.heard(kind, message, key, self._clock(), addressed)
        await self._take_in(event, message)

    async def _took_part(self, message: PageMessage) -> bool:
        """Whether we were in this thread before, or wrote what is replied to."""
        root = await self._messages.find(message.place.thread) if message.place.thread else None
        answered = await self._messages.find(message.reply_to) if message.reply_to else None
        ours = answered is not None and answered.person.id == GATEPOST.id
        return ours or (root is not None and root.title is not None)

    async def _place(self, fields: dict[str, Any], who: Person) -> Place:
        where = place(_text(fields, "channel"), _text(fields, "thread") or None)
        if where.channel not in channels_of(who):
            raise Refused(404, "There is no such channel.")
        if where.thread is not None:
            root = await self._messages.find(where.thread)
            if root is None or root.place != place(where.channel) or where.channel.startswith("dm-"):
                raise Refused(404, "There is no such thread.")
        return where

    async def _reply_to(self, fields: dict[str, Any], where: Place) -> str | None:
        reply_to = _text(fields, "replyTo")
        message = await self._messages.find(reply_to) if reply_to else None
        return reply_to if message is not None and message.place.channel == where.channel else None

    async def _seen(self, fields: dict[str, Any], who: Person, gone_too: bool = False) -> PageMessage:
        message = await self._messages.find(_text(fields, "message"))
        visible = message is not None and message.place.channel in channels_of(who)
        if message is None or not visible or (message.deleted and not gone_too):
            raise Refused(404, "That message is not there any more.")
        return message

    async def _own(self, fields: dict[str, Any], who: Person, gone_too: bool = False) -> PageMessage:
        message = await self._seen(fields, who, gone_too)
        if message.person.id != who.id:
            raise Refused(403, "Only your own messages can be changed.")
        return message


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _own_id(who: Person, fields: dict[str, Any]) -> str:
    """One id for one deed of one person, the same whenever the page tries it again; the page knows it too."""
    client_id = _text(fields, "id")
    if not _CLIENT_ID.fullmatch(client_id):
        raise Refused(400, "That request was not understood.")
    return f"{who.id}-{client_id}"


def _is_pressed(there: Action, wanted: Action) -> bool:
    """Whether this button was meant; what a model is chosen for says so only when it is pressed."""
    same = (there.name, there.turn_id) == (wanted.name, wanted.turn_id)
    chosen = there.name is ActionName.OTHER_MODEL and there.value is None and wanted.value is not None
    return same and (chosen or there.value == wanted.value)


def _action_name(fields: dict[str, Any]) -> ActionName:
    try:
        return ActionName(_text(fields, "action"))
    except ValueError as error:
        raise Refused(400, "That request was not understood.") from error


def _check_text(text: str, upload: Upload) -> None:
    if len(text) > TEXT_LIMIT:
        said = f"That message is {len(text):,} characters long; {TEXT_LIMIT:,} are the most. "
        raise Refused(413, said + "Attach it as a file instead.")
    if not text.strip() and not upload.files:
        raise Refused(422, "There is nothing to send.")
