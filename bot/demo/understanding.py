"""What a prompt holds, as the built-in models read it: who said what, what was fenced, which files came. Pure.

The layout is the conversation's own: a line `[Name (id x), when]` before a person's words, the lines
`<untrusted MARK label>` and `</untrusted MARK>` around what is no instruction, a `<context>` message after the
last question. A prompt without any of it, from any other client, is read too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.demo.refusals import invalid
from bot.demo.senses import Given, Seen, from_base64, from_data_url
from bot.messages import ToolSpec

Json = Mapping[str, Any]

ENGINES = ("exa_search", "parallel_search", "perplexity_search", "tako_search")
"""The gateway's own tools for searching the web."""

_HEADER = re.compile(r"\A\[(?P<name>[^\]\n]*?) \(id (?P<id>[^()\n]*)\)(?:, [^\]\n]*)?\]\n?")
_FENCE = re.compile(
    r"<untrusted (?P<mark>\w+) (?P<label>[^\n]*)>\n(?P<text>.*?)\n</untrusted (?P=mark)>", re.DOTALL
)
_FILE_LABEL = re.compile(r'\A(?P<kind>\w+) file "(?P<name>[^"\n]*)"(?:, (?P<pages>\d+) pages)?')
_ASIDE = re.compile(r"^\((The (?:file|picture)|This model|Not read: |empty)(.*)\)$", re.MULTILINE)
_FOLLOWS = re.compile(r"\bfollows?\.\Z")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a prompt, its role as on the wire or `context`.

    `note` marks what people said among themselves; `calls` maps the ids of calls to tools' names and arguments;
    `whole` is every word of the message, the names and texts of its files included.
    """

    role: str
    text: str
    speaker: str | None = None
    note: bool = False
    files: tuple[Seen, ...] = ()
    calls: Mapping[str, tuple[str, str]] | None = None
    call_id: str | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything a model is given, in order.

    `must_call` names the tools of which one has to be called. `draws` says that pictures may be part of the
    answer, `thinks` that reasoning was asked for, `silent` that it is not to be seen. `searches` are the gateway's
    own tools that are offered, `stops` the texts at which an answer ends.
    """

    model: str
    everything: tuple[Said, ...]
    tools: tuple[ToolSpec, ...] = ()
    must_call: tuple[str, ...] = ()
    schema: Json | None = None
    draws: bool = False
    thinks: bool = False
    silent: bool = False
    searches: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[Said, ...]:
        """What people, models and tools said: without the rules and the moment."""
        return tuple(one for one in self.everything if one.role not in ("system", "context"))

    @property
    def text(self) -> str:
        """Every word of it, whoever wrote it."""
        return "\n".join(one.whole for one in self.everything)


def understand(body: Json, seen: Iterable[Seen]) -> Prompt:
    """Read a request's body. `seen` are the files that `given` found, looked at, in the same order.

    Raises `Refused` for a body that has not the protocol's shape.
    """
    try:
        return _prompt(body, iter(seen))
    except (KeyError, TypeError, AttributeError) as error:
        raise invalid(f"A field is missing or of the wrong kind: {error}.") from error


def _prompt(body: Json, looked_at: Iterator[Seen]) -> Prompt:
    tools = tuple(_tools(body))
    return Prompt(
        model=str(body["model"]),
        everything=tuple(_said(message, looked_at) for message in _messages(body)),
        tools=tools,
        must_call=_must_call(body.get("tool_choice"), tools),
        schema=_schema(body.get("response_format")),
        draws="image" in (body.get("modalities") or ()),
        thinks=_thinks(body),
        silent=_is(body.get("reasoning"), "exclude", True) or _is(body.get("reasoning"), "enabled", False),
        searches=tuple(_searches(body)),
        stops=_stops(body.get("stop")),
    )


def given(body: Json) -> Iterator[Given]:
    """The pictures and files of a prompt, in order. Raises `Refused` for parts that nobody could read."""
    for message in _messages(body):
        for part in _parts(message):
            found = _given(part)
            if found is not None:
                yield found


def _messages(body: Json) -> Sequence[Json]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("'messages' has to be a list with at least one message.", "messages")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise invalid("Every message needs a role.", "messages")
    return messages


def _parts(message: Json) -> list[Json]:
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid("'content' has to be a string or a list of parts.", "messages")
    return content


def _given(part: Json) -> Given | None:
    kind = part.get("type")
    if kind == "text":
        return None
    try:
        if kind == "image_url":
            return Given("the picture", picture=True, data=from_data_url(part["image_url"]["url"]))
        if kind == "file":
            return Given(str(part["file"].get("filename", "file")), picture=False, data=_file(part["file"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise invalid(f"A part of type '{kind}' could not be read.", "messages") from error
    raise invalid(f"Parts of type '{kind}' are not supported.", "messages")


def _file(file: Json) -> bytes | None:
    """The bytes of either documented form: `data` is base64, `file_data` a data URL."""
    if "data" in file:
        return from_data_url(file["data"]) or from_base64(file["data"])
    return from_data_url(file["file_data"])


def _said(message: Json, looked_at: Iterator[Seen]) -> Said:
    spoken: list[str] = []
    files: list[Seen] = []
    announced: Seen | None = None
    for part in _parts(message):
        if part.get("type") != "text":
            files.append(_named(next(looked_at), announced))
            continue
        text = str(part.get("text", ""))
        fence = _FENCE.fullmatch(text)
        label = fence and _FILE_LABEL.match(fence["label"])
        if fence and label:
            announced, follows = _fenced_file(label, fence["text"])
            files.extend([] if follows else [announced])
        else:
            spoken.append(text)
    return _placed(message, "\n".join(spoken), tuple(files))


def _placed(message: Json, whole: str, files: tuple[Seen, ...]) -> Said:
    """Who spoke, and what: from inside the fence for notes and results."""
    fence = _FENCE.fullmatch(whole)
    note = fence is not None and fence["label"].startswith("note")
    text = fence["text"] if fence else whole
    header = _HEADER.match(text) if message["role"] == "user" else None
    context = message["role"] == "user" and whole.startswith("<context>")
    everything = "\n".join([whole, *(f"{file.name}\n{file.text}" for file in files)])
    spoken = text[header.end() :] if header else text
    return Said(
        role="context" if context else message["role"],
        text=spoken if message["role"] == "assistant" else spoken.strip(),
        speaker=header["name"] if header else None,
        note=note,
        files=files,
        calls=_calls(message),
        call_id=message.get("tool_call_id"),
        whole=everything,
    )


def _named(seen: Seen, announced: Seen | None) -> Seen:
    """A picture has its name, and what was left out of it, in the text before it."""
    if announced is None or not seen.picture:
        return seen
    return replace(seen, name=announced.name, unread=announced.unread)


def _fenced_file(label: re.Match[str], text: str) -> tuple[Seen, bool]:
    """A file as the prompt's text has it, and whether the file itself comes next."""
    asides = ["".join(aside) for aside in _ASIDE.findall(text)]
    words = _ASIDE.sub("", text).strip()
    reasons = [aside for aside in asides if not _FOLLOWS.search(aside) and aside != "empty"]
    unread = " ".join(reason.removeprefix("Not read: ") for reason in reasons)
    follows = any(_FOLLOWS.search(aside) for aside in asides)
    if label["kind"] == "picture":
        told = f", only told of: {words}" if words else ""
        return Seen(label["name"], f"a picture that I was not shown{told}", picture=True, unread=unread), follows
    about = "a file that I was not shown"
    if words:
        about = f"{_kind(label)} with {_so_many(len(words.splitlines()), 'line')} and {len(words.split())} words"
    return Seen(label["name"], about, words, unread=unread), follows and not words


def _kind(label: re.Match[str]) -> str:
    if label["kind"] == "pdf":
        return f"a PDF of {_so_many(int(label['pages']), 'page')}" if label["pages"] else "a PDF"
    return "a text"


def _so_many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _calls(message: Json) -> Mapping[str, tuple[str, str]] | None:
    calls = message.get("tool_calls") or ()
    return {call["id"]: (call["function"]["name"], call["function"]["arguments"]) for call in calls} or None


def _tools(body: Json) -> Iterator[ToolSpec]:
    for tool in body.get("tools") or ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and body.get("tool_choice") != "none":
            yield ToolSpec(function["name"], function.get("description", ""), function.get("parameters", {}))


def _searches(body: Json) -> Iterator[str]:
    """The gateway's own tools that are offered. Raises `Refused` for one that it does not have."""
    for tool in body.get("tools") or ():
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind in ("function", None):
            continue
        engine = str(kind).removeprefix("vercel:")
        if engine not in ENGINES or not str(kind).startswith("vercel:"):
            raise invalid(f"There is no tool of type {kind!r}.", "tools.0.type")
        if body.get("tool_choice") != "none":
            yield engine


def _stops(stop: Any) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(stops, list) or not all(isinstance(one, str) and one for one in stops):
        raise invalid("'stop' has to be a text or a list of texts.", "stop")
    return tuple(stops)


def _is(wanted: Any, name: str, value: bool) -> bool:
    return isinstance(wanted, dict) and wanted.get(name) is value


def _must_call(choice: Any, tools: Sequence[ToolSpec]) -> tuple[str, ...]:
    if choice == "required":
        return tuple(tool.name for tool in tools)
    return (choice["function"]["name"],) if isinstance(choice, dict) and "function" in choice else ()


def _thinks(body: Json) -> bool:
    wanted = body.get("reasoning")
    effort = wanted.get("effort") if isinstance(wanted, dict) else body.get("reasoning_effort")
    return effort not in (None, "none") or (isinstance(wanted, dict) and wanted.get("enabled") is True)


def _schema(wanted: Any) -> Json | None:
    """The JSON schema the answer has to satisfy, in either documented form."""
    if not isinstance(wanted, dict):
        return None
    if wanted.get("type") == "json_schema":
        schema = wanted.get("json_schema", {}).get("schema")
    else:
        schema = wanted.get("schema", {}) if wanted.get("type") in ("json", "json_object") else None
    return schema if isinstance(schema, dict) else None
