"""What Discord is sent: a message of ours as the body of a call. Pure.

The first message of an answer is plain content, which people can search and copy; later ones are layouts, which
hold twice as much. Nobody is notified but the asker, in posts and in edits; links show no preview.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.discord.buttons import button_row, mark_of
from bot.messages import OutFile, Poll, Rendered

CONTENT, LAYOUT = 2000, 4000
"""Characters that fit into a message's content, and into all texts of a layout."""

STATUS = 240
"""Characters kept free for the line under the text."""

SUPPRESS_EMBEDS, EPHEMERAL, LAYOUT_FLAG = 1 << 2, 1 << 6, 1 << 15
_TEXT, _FILE = 10, 13
_SMALL = "-# "
_ADDRESS = re.compile(r"https?://[^\s`]+", re.IGNORECASE)
_MARKED = re.compile(r"<(?:a?(?P<emoji>:\w+:)|(?P<command>/[^:<>]+):|@[!&]?|#|t:|id:)[\w:-]*>")
_NAME = 100
TWICE = f"\n{_SMALL}Discord did not say whether it took this, so it may stand here twice."
"""Below what may have been said already."""


def nonce_of(key: str) -> str:
    """What Discord knows a post by: 24 of the 25 characters it takes, the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def new_message(rendered: Rendered, key: str, *, in_place: bool) -> dict[str, Any]:
    """The body of a post. The same key twice is one message, by its nonce and by the marks in its parts."""
    mark = nonce_of(key)
    body = _body(rendered, mark) | {"nonce": mark, "enforce_nonce": True}
    if rendered.answers is not None and in_place and rendered.part == 0:
        body["message_reference"] = {"message_id": rendered.answers, "fail_if_not_exists": False}
        body["allowed_mentions"]["replied_user"] = rendered.asker is not None and rendered.answers_asker
    return body


def new_thread(title: str) -> dict[str, Any]:
    """The body that opens a thread. A name shows no markup: what it stands for is named, or left out."""
    plain = _MARKED.sub(lambda found: found["emoji"] or found["command"] or "", title)
    return {"name": " ".join(plain.split())[:_NAME] or "Question", "auto_archive_duration": 1440}


def new_poll(poll: Poll, key: str) -> dict[str, Any]:
    """The body of a post that is a poll. Discord counts its votes and ends it by itself."""
    answers = [{"poll_media": {"text": choice}} for choice in poll.choices]
    shape = {"question": {"text": poll.question}, "answers": answers, "duration": poll.hours}
    poll_body = shape | {"allow_multiselect": poll.multiple, "layout_type": 1}
    return {"poll": poll_body, "nonce": nonce_of(key), "enforce_nonce": True, "allowed_mentions": {"parse": []}}


def changed_message(rendered: Rendered) -> dict[str, Any]:
    """The body of an edit: all of the message as it is to be. What was attached before is replaced."""
    return _body(rendered, "") | {"attachments": _described(rendered.files)}


def said_alone(rendered: Rendered, *, private: bool) -> list[dict[str, Any]]:
    """Bodies that answer an interaction, as many as it takes; buttons and files come with the last."""
    flags = SUPPRESS_EMBEDS | (EPHEMERAL if private else 0)
    # Without a word on buttons those stay that stood there while it was at work.
    common = {"flags": flags, "allowed_mentions": {"parse": []}, "components": []}
    texts = pieces(rendered.text, CONTENT - len(TWICE))
    bodies: list[dict[str, Any]] = [{"content": piece, **common} for piece in texts]
    if rendered.actions:
        bodies[-1]["components"] = [button_row(rendered.actions)]
    if rendered.files:
        bodies[-1]["attachments"] = _described(rendered.files)
    return bodies


def pieces(text: str, most: int) -> Iterator[str]:
    """The text in pieces of at most so many characters, divided between lines where there are any."""
    while len(text) > most:
        at = text.rfind("\n", 1, most + 1)
        at = at if at > 0 else most
        yield text[:at]
        text = text[at:].removeprefix("\n")
    yield text or "–"


def marks_of(message: Mapping[str, Any]) -> Iterator[str]:
    """The nonces that a message bears, wherever they stand in it."""
    if message.get("nonce"):
        yield str(message["nonce"])
    for component in _all_components(message.get("components") or ()):
        mark = mark_of(str(component.get("custom_id") or ""))
        if mark:
            yield mark
        if component.get("type") == _TEXT:
            yield f"#{component.get('id')}"


def layout_mark(key: str) -> str:
    """How `marks_of` tells of a layout that was posted with this key."""
    return f"#{_number(nonce_of(key))}"


def texts_of(components: Sequence[Mapping[str, Any]]) -> str:
    """What is written in a layout."""
    found = (one["content"] for one in _all_components(components) if one.get("type") == _TEXT)
    return "\n".join(map(str, found))


def without_status(text: str) -> str:
    """What we said, without the small lines we put under it."""
    lines = text.split("\n")
    while lines and lines[-1].startswith(_SMALL):
        lines.pop()
    return "\n".join(lines)


def _body(rendered: Rendered, mark: str) -> dict[str, Any]:
    text = _with_status(rendered)
    allowed: dict[str, Any] = {"parse": [], "replied_user": False}
    if rendered.asker is not None and rendered.asker.isdecimal():
        allowed["users"] = [rendered.asker]
    body: dict[str, Any] = {"allowed_mentions": allowed}
    if rendered.files:
        body["attachments"] = _described(rendered.files)
    buttons = [button_row(rendered.actions, mark)] if rendered.actions else []
    if rendered.part == 0:
        flags = {"flags": SUPPRESS_EMBEDS} if mark else {}
        return {**body, **flags, "content": text, "components": buttons}
    shown: dict[str, Any] = {"type": _TEXT, "content": text or "–"}
    if mark:
        shown["id"] = _number(mark)
    files = [{"type": _FILE, "file": {"url": f"attachment://{file.name}"}} for file in rendered.files]
    return {**body, "flags": LAYOUT_FLAG | SUPPRESS_EMBEDS, "components": [shown, *files, *buttons]}


def _with_status(rendered: Rendered) -> str:
    named = rendered.summons and rendered.asker is not None and rendered.asker.isdecimal()
    text = f"<@{rendered.asker}> {rendered.text}" if named else rendered.text
    if not rendered.status:
        return text
    status = rendered.status if len(rendered.status) <= STATUS - 20 else rendered.status[: STATUS - 21] + "…"
    plain = _ADDRESS.sub(lambda found: f"`{found[0]}`", status)  # a status is no text of ours to click in
    lines = [f"{_SMALL}{line}" for line in plain.split("\n") if line.strip()]
    return "\n".join([*([text] if text else []), *lines[:5]])


def _described(files: Sequence[OutFile]) -> list[dict[str, Any]]:
    return [{"id": n, "filename": one.name, "description": one.description[:1024]} for n, one in enumerate(files)]


def _number(mark: str) -> int:
    """A mark as the id of a component: 31 bits, not nothing."""
    return int(mark[:7], 16) + 1


def _all_components(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in components:
        yield one
        yield from _all_components(one.get("components") or ())
