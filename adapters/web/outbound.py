"""What the page is given to show: markdown as HTML in which nothing runs and nothing is loaded."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from linkify_it import LinkifyIt  # type: ignore[import-untyped]  # the library has no types
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from bot.messages import Action, OutFile, PageFile, PageMessage, PersonKind

INLINE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What is shown in place; everything else is only ever downloaded."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_COLONS = 200
_WITHIN = re.compile(r"#/(?:channel|dm)/[\w%/-]{1,200}")
"""The address of a message on the page, as `workspace.link` makes it."""

_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})


def without_controls(text: str) -> str:
    """Text without control characters, its lines ended in one way."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """Text without control characters, and with nothing that turns the direction of what follows it."""
    return _DIRECTION.sub("", without_controls(text))


def clean_name(name: str) -> str:
    """A name on one line, short enough to be shown."""
    return " ".join(clean(name).split())[:120] or "file"


class PageRenderer(RendererHTML):
    """HTML that fits the page's content security policy: no image, no inline style."""

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A picture is a link: loading it would tell a stranger who reads this."""
        token = tokens[idx]
        alt = escapeHtml(self.renderInlineAsText(token.children or [], options, env) or "picture")
        return f'<a class="picture-link"{_away(str(token.attrs.get("src", "")))}>{alt}</a>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A link leaves the page without saying where it was, or leads to a message on it."""
        href = str(tokens[idx].attrs.get("href", ""))
        return f'<a href="{escapeHtml(href)}">' if _WITHIN.fullmatch(href) else f"<a{_away(href)}>"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A block of code, with its language and a button that copies it."""
        language = escapeHtml(tokens[idx].info.split()[0][:30] if tokens[idx].info.strip() else "")
        head = f'<figcaption>{language}<button type="button" class="copy">Copy</button></figcaption>'
        code = escapeHtml(tokens[idx].content)
        return f'<figure class="code">{head}<pre tabindex="0"><code>{code}</code></pre></figure>\n'

    code_block = fence

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """Headings of a message stand below those of the page."""
        return f"<h{_level(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """The end of a heading."""
        return f"</h{_level(tokens[idx])}>\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A table scrolls by itself where it is too wide."""
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """The end of a table."""
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A cell's alignment is a class, because styles may not be inline."""
        side = str(tokens[idx].attrs.get("style", "")).removeprefix("text-align:")
        return (
            f'<{tokens[idx].tag} class="{side}">'
            if side in {"left", "center", "right"}
            else f"<{tokens[idx].tag}>"
        )

    td_open = th_open


def _level(token: Token) -> int:
    return min(int(token.tag[1]) + 2, 6)


def _away(href: str) -> str:
    return f' href="{escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow"'


class BareLinks(LinkifyIt):  # type: ignore[misc]  # the library has no types
    """Web and mail addresses written in full. Finding them takes time with the square of how many there are."""

    def __init__(self) -> None:
        super().__init__(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        for schema in ("//", "ftp:"):  # no links of ours
            self.add(schema, None)
        self._paragraph, self._few = "", True

    def pretest(self, text: str) -> bool:
        """Whether a paragraph may hold any; one with more colons than people write stays plain text."""
        if text is not self._paragraph:  # it is asked for at every sign, and counted once
            self._paragraph, self._few = text, text.count(":") <= _COLONS
        return self._few

    def link(self, state: StateInline, silent: bool) -> bool:
        """The library's rule for a bare link, within a paragraph that may hold any."""
        return self.pretest(state.src) and linkify(state, silent)


class PageMarkdown(MarkdownIt):
    """CommonMark with tables and bare links. HTML is text here, and line breaks are kept."""

    def __init__(self) -> None:
        options = {"html": False, "linkify": True, "breaks": True, "maxNesting": 20}
        super().__init__("commonmark", options, renderer_cls=PageRenderer)
        self.enable(["table", "strikethrough", "linkify"])
        self.linkify = links = BareLinks()
        self.inline.ruler.at("linkify", links.link)

    def validateLink(self, url: str) -> bool:  # noqa: N802  # the library's name
        """Only links that a click may safely follow; anything else stays text."""
        if _WITHIN.fullmatch(url):
            return True
        try:
            return urlsplit(url.strip()).scheme.lower() in _SAFE_SCHEMES
        except ValueError:
            return False


class Typesetter:
    """Turns messages into HTML. One that grows is only set anew from its last block on."""

    def __init__(self, parser: MarkdownIt | None = None) -> None:
        self._parser = parser or PageMarkdown()
        self._pages: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._grown: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def html(self, message: PageMessage) -> str:
        """The message's text, set once for each of its versions."""
        known = self._pages.get(message.id)
        if known is not None and known[0] == message.seq:
            return known[1]
        html = self.whole(message.text) if message.final else self.growing(message.id, message.text)
        _remember(self._pages, message.id, (message.seq, html), 512)
        return html

    def whole(self, text: str) -> str:
        """Any markdown as HTML."""
        return str(self._parser.render(clean(text)))

    def growing(self, message_id: str, text: str) -> str:
        """As `whole`, for text that is mostly what it was before and some more.

        A finished block never changes again, whatever follows: only the last one whose first line is whole
        is still open. (A link defined further down is the exception; it is resolved once the text is final.)
        """
        text = clean(text)
        done, done_html = self._grown.get(message_id, ("", ""))
        if not text.startswith(done):
            done, done_html = "", ""
        rest = text[len(done) :]
        tokens = self._parser.parse(rest)
        border, line = _last_block(tokens, rest.count("\n"))
        head = self._html(tokens[:border])
        tail = self._html(tokens[border:])
        lines = rest.splitlines(keepends=True)
        _remember(self._grown, message_id, (done + "".join(lines[:line]), done_html + head), 64)
        return done_html + head + tail

    def _html(self, tokens: Sequence[Token]) -> str:
        return str(self._parser.renderer.render(tokens, self._parser.options, {}))


def _last_block(tokens: Sequence[Token], whole_lines: int) -> tuple[int, int]:
    """Where the last block begins that has a whole first line: its token, and its line."""
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.level == 0 and token.nesting >= 0 and token.map and token.map[0] < whole_lines:
            return index, token.map[0]
    return 0, 0


def _remember(cache: OrderedDict[str, Any], key: str, value: object, most: int) -> None:
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > most:
        cache.popitem(last=False)


def as_json(message: PageMessage, typesetter: Typesetter) -> Mapping[str, Any]:
    """A message as the page takes it. The text itself goes only with people's, who may edit it."""
    human = message.person.kind is PersonKind.HUMAN
    return {
        "id": message.id,
        "seq": message.seq,
        "channel": message.place.channel,
        "thread": message.place.thread,
        "person": {"id": message.person.id, "name": message.person.name, "us": not human},
        "sentAt": message.sent_at,
        "editedAt": message.edited_at,
        "deleted": message.deleted,
        "text": message.text if human else "",
        "html": typesetter.html(message),
        "replyTo": message.reply_to,
        "files": [_file_json(message.id, n, file) for n, file in enumerate(message.files)],
        "status": message.status,
        "actions": actions_json(message.actions),
        "final": message.final,
        "title": message.title,
        "replies": message.replies,
    }


def private_files_json(note_id: str, files: Sequence[OutFile]) -> Sequence[Mapping[str, Any]]:
    """The files of a private answer as the page takes them."""
    urls = (f"/private/{quote(note_id, safe='')}/{n}" for n in range(len(files)))
    return [
        _listed(file.name, len(file.data), file.media_type, file.description, url)
        for file, url in zip(files, urls, strict=True)
    ]


def actions_json(actions: Sequence[Action]) -> Sequence[Mapping[str, Any]]:
    """Buttons as the page takes them."""
    return [
        {"name": action.name, "turn": action.turn_id, "value": action.value, "label": action.label}
        for action in actions
    ]


def _file_json(message_id: str, n: int, file: PageFile) -> Mapping[str, Any]:
    url = f"/files/{quote(message_id, safe='')}/{n}"
    return _listed(file.name, file.size, file.media_type, file.description, url)


def _listed(name: str, size: int, media_type: str, description: str, url: str) -> Mapping[str, Any]:
    return {
        "name": name,
        "size": size,
        "picture": media_type in INLINE_TYPES,
        "description": description or name,
        "url": url,
    }
