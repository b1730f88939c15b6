"""Addresses in text: which there are, which of them people or their files named, which carry nothing. Pure.

An address that a model puts together may carry away what it has read: whoever is behind it learns it as soon as it
is opened. One that stood somewhere before the model wrote it carries nothing of that.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final

from bot.messages import Item, PersonKind, Role

_END: Final = '\\s<>"`|\\\\^{}\\[\\]\u2026\u3000-\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f'
"""What no address goes on with: space, quotes, brackets, and the punctuation of scripts that leave no space."""

ADDRESS: Final = re.compile(rf"(?:https?://|mailto:|www\.)[^{_END}]+", re.IGNORECASE)
"""What a platform makes a link of by itself."""

_NAMED: Final = re.compile(
    rf"(?:https?://|mailto:)(?:\[[\da-f:.]+\])?[^{_END}]+"
    rf"|(?<![\w@./-])(?:[\w-]+\.)*[\w-]+(?:\.[a-z]{{2,}}|:\d+|@)[^{_END}]*",
    re.IGNORECASE,
)
"""What people mean as an address, also without its scheme."""

_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_TRAILING: Final = ".,;:!?'*_~"
_REFERENCE: Final = frozenset(
    {
        "developer.mozilla.org",
        "docs.python.org",
        "peps.python.org",
        "sqlite.org",
        "wikipedia.org",
        "www.postgresql.org",
        "www.rfc-editor.org",
        "www.w3.org",
    }
)
"""Reference works that models link to: whoever wrote what a model has read does not learn what is opened there."""


def trimmed(address: str) -> str:
    """The address without the punctuation of the sentence around it."""
    while address:
        loose = address.endswith(")") and address.count(")") > address.count("(")
        if not loose and address[-1] not in _TRAILING:
            break
        address = address[:-1]
    return address


def same(address: str) -> str:
    """One form for all that lead to the same: without scheme, its host in small letters, no slash at its end."""
    bare = _SCHEME.sub("", trimmed(unescape(address.strip())), count=1)
    host, mark, rest = re.match(r"([^/?#]*)([/?#]?)(.*)", bare, re.DOTALL).groups()  # type: ignore[union-attr]
    return (host.lower() + mark + rest).rstrip("/")


def addresses_in(text: str) -> Iterator[str]:
    """The addresses that stand in a text, as `same` writes them."""
    return (same(found[0]) for found in _NAMED.finditer(text))


def linked_in(text: str) -> Iterator[str]:
    """The addresses in a text that a platform makes links of."""
    return (trimmed(found[0]) for found in ADDRESS.finditer(text))


def named_by_others(items: Iterable[Item]) -> frozenset[str]:
    """The addresses that stand in what people wrote, what their files hold, or what a tool found outside.

    What the model wrote does not count, nor what merely repeats it: a tool's answer that quotes its own arguments,
    or earlier messages of ours, in which an address that nobody named stands as code.
    """
    named: set[str] = set()
    written: set[str] = set()
    for item in items:
        match item.role:
            case Role.ASSISTANT:
                said = (item.text, *(call.arguments.replace("\\/", "/") for call in item.tool_calls))
                written |= {_letters(one) for text in said for one in addresses_in(text)}
            case Role.USER:
                named |= {one for text in _texts(item) for one in addresses_in(text)}
            case Role.NOTE if item.person is None or item.person.kind is not PersonKind.SELF:
                named |= {one for text in _texts(item) for one in addresses_in(text)}
            case Role.TOOL if item.untrusted and not item.text.startswith("error: "):
                named |= {one for one in _not_as_code(item.text) if _letters(one) not in written}
            case _:
                pass
    return frozenset(named)


def carries_nothing(address: str) -> bool:
    """Whether anybody may have put it together: a site and nothing more, or a page of a reference work."""
    host, page, _ = (told := same(address)).partition("/")
    if not _HOST.fullmatch(host) or "?" in told:
        return False
    known = host in _REFERENCE or host.partition(".")[2] in _REFERENCE
    return known or (not page and host.removeprefix("www.").count(".") == 1)


def _texts(item: Item) -> Iterator[str]:
    yield item.text
    for file in item.files:
        yield file.text


def _not_as_code(text: str) -> Iterator[str]:
    for found in _NAMED.finditer(text):
        start, end = found.span()
        if "`" not in (text[start - 1 : start], text[end : end + 1]) and text[end : end + 1] != "…":
            yield same(found[0])


def _letters(address: str) -> str:
    """An address by its letters and digits alone: a tool may leave out the rest where it repeats one."""
    return re.sub(r"[\W_]", "", address.casefold())
