"""Web pages as text to read: what is said on them, and where they lead to. Worker only."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from bot.media.content import Content
from bot.media.limits import Limits
from bot.media.text import decoded, shortened
from bot.messages import ReadingKind

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NEVER_READ: Final = "script, style, noscript, template, svg, iframe, object, form, button, select, dialog"
_HIDDEN: Final = '[hidden], [aria-hidden="true"], [style*="display:none"], [style*="display: none"]'
_AROUND: Final = "nav, header, footer, aside"
_MAIN: Final = ("article", "main", '[role="main"]')
_FEW: Final = 200
"""Characters below which the middle of a page is not all of it."""

_LINKS: Final = 40
_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}charset=["']?\s*([\w-]{2,40})""", re.I)
_BLOCKS: Final = re.compile(
    "address|article|blockquote|body|br|d[dlt]|div|fieldset|figcaption|figure|h[1-6r]|li|main|ol|p|pre|section|tr"
    "|table|tbody|ul"
)
_MARKS: Final = {"li": "- ", "td": "| ", "th": "| ", **{f"h{n}": "#" * n + " " for n in range(1, 7)}}


def read_page(name: str, data: bytes, limits: Limits, url: str) -> Content:
    """The text of a page that is at `url`, with its links at the end."""
    from selectolax.lexbor import LexborHTMLParser

    page = LexborHTMLParser(_as_text(data))
    title = " ".join(" ".join(one.text() for one in page.css("head title")).split())
    _remove(page, f"{_NEVER_READ}, {_HIDDEN}")
    links = tuple(_links(page, url))
    whole = _words(page.body)
    _remove(page, _AROUND)
    text = _middle(page)
    text = text if len(text) >= min(_FEW, len(whole)) else whole
    listed = "\n\nLinks on this page:\n" + "\n".join(links) if links else ""
    shown, left_out = shortened(f"{title}\n\n{text}".strip() + listed, limits.characters)
    unread = f"The last {left_out:,} characters of {name} were not read." if left_out else None
    return Content(ReadingKind.TEXT, text=shown, unread=unread)


def _as_text(data: bytes) -> str:
    """By the page's own word on its encoding, else as any text."""
    named = _CHARSET.search(data[:4096])
    if named:
        try:
            return data.decode(named[1].decode("ascii"), "replace")
        except LookupError:
            pass
    return decoded(data) or data.decode("utf-8", "replace")


def _remove(page: "LexborHTMLParser", selector: str) -> None:
    for node in page.css(selector):
        node.decompose()


def _middle(page: "LexborHTMLParser") -> str:
    """What the page is about: its only article, or its main part, or all of it."""
    for selector in _MAIN:
        found = page.css(selector)
        if len(found) == 1 and len(text := _words(found[0])) >= _FEW:
            return text
    return _words(page.body)


def _words(node: "LexborNode | None") -> str:
    """The text of a part of a page, a line for each block."""
    lines: list[str] = []
    line = ""
    for one in node.traverse(include_text=True) if node is not None else ():
        tag = one.tag or ""
        if _BLOCKS.fullmatch(tag):
            lines.append(line)
            line = ""
        line += _MARKS.get(tag, "")
        if tag == "-text":
            line += one.text_content or ""
    plain = (" ".join(said.split()) for said in (*lines, line))
    return "\n".join(said for said in plain if said.strip("#-| "))


def _links(page: "LexborHTMLParser", url: str) -> Iterator[str]:
    """Where the page leads to, each place once: what is said of it, and its address."""
    known: set[str] = set()
    for link in page.css("a[href]"):
        address = urljoin(url, (link.attributes.get("href") or "").strip()).partition("#")[0]
        words = " ".join(link.text().split())[:100]
        if words and address not in known and urlsplit(address).scheme in ("http", "https") and len(address) < 500:
            known.add(address)
            yield f"- {words}: {address}"
        if len(known) == _LINKS:
            return
