"""Nothing that is written can run or load anything, and a growing answer reads as the whole one does."""

import re
from collections.abc import MutableMapping
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from adapters.web.outbound import PageMarkdown, Typesetter, clean, clean_name
from tests.growth import assert_linear

TAGS = {"p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "a", "em", "strong", "s"}
TAGS |= {"code", "pre", "figure", "figcaption", "button", "div", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"class", "href", "target", "rel", "type", "tabindex", "start"}


class Inspector(HTMLParser):
    """Collects what a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def inspect(html: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<style>*{display:none}</style>",
    "![x](https://evil.example/x.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "[x](/api/delete)",
    "<javascript:alert(1)>",
    '[x](https://ok.example/" onclick="alert(1))',
    "[x]: javascript:alert(1)\n\n[x]",
    '```"><script>alert(1)</script>\nx\n```',
    "| a |\n|:-:|\n| <b onmouseover=alert(1)> |",
    "&lt;script&gt;",
    "[a](https://x.example 'onclick=\"alert(1)\"')",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_becomes_an_element_or_an_address(text: str) -> None:
    found = inspect(Typesetter().whole(text))

    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert all(re.match(r"(https?:|mailto:)", link) for link in found.links)


@given(st.lists(st.sampled_from([*HOSTILE, "\n", "\n\n", "> ", "- ", "`", "```\n", "*", "[", "](", "<", '"'])))
@settings(max_examples=150, deadline=None)
def test_no_mixture_of_hostile_pieces_gets_through(pieces: list[str]) -> None:
    found = inspect(Typesetter().whole("".join(pieces)))

    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert all(re.match(r"(https?:|mailto:)", link) for link in found.links)


BLOCKS = [
    "text", " ", "\n", "\n\n", "- item", "1. one", "2", ". ", "> said", "```py\n", "```\n", "# head", "---",
    "| a | b |\n|---|---|\n| 1 | 2 |\n", "**", "`", "    code", "  ", "\t", "+ ", "===", "[x](https://a.example)",
]  # fmt: skip


@given(st.lists(st.sampled_from(BLOCKS), max_size=40))
@settings(max_examples=400, deadline=None)
def test_text_that_grew_piece_by_piece_looks_like_text_set_at_once(pieces: list[str]) -> None:
    typesetter = Typesetter()
    text = ""
    for piece in pieces:
        text += piece
        assert typesetter.growing("m", text) == typesetter.whole(text)


def test_text_that_was_rewritten_is_set_anew() -> None:
    typesetter = Typesetter()
    typesetter.growing("m", "one\n\ntwo\n\nthree\n\n")

    assert typesetter.growing("m", "other\n\ntwo") == typesetter.whole("other\n\ntwo")


class CountingMarkdown(PageMarkdown):
    """Knows how many characters it was given to parse."""

    parsed = 0

    def parse(self, src: str, env: MutableMapping[str, Any] | None = None) -> list[Token]:
        self.parsed += len(src)
        return super().parse(src, env)


def test_a_growing_answer_is_not_parsed_again_from_its_beginning() -> None:
    parser = CountingMarkdown()
    typesetter = Typesetter(parser)
    paragraph = "A paragraph of some sixty characters, as answers have many.\n\n"
    for count in range(1, 131):
        typesetter.growing("m", paragraph * count)

    assert parser.parsed < 4 * 130 * len(paragraph)


def test_controls_and_direction_overrides_are_not_shown() -> None:
    assert clean("a\x00b\x1b[31mc\u202egpj.exe\r\nd\te") == "ab[31mcgpj.exe\nd\te"
    assert clean_name("  photo\u202egpj\n.exe ") == "photogpj .exe"
    assert clean_name("\x00") == "file"
    assert len(clean_name("x" * 500)) == 120


def test_lines_are_kept_as_they_were_written() -> None:
    assert Typesetter().whole("one\ntwo") == "<p>one<br />\ntwo</p>\n"


@pytest.mark.parametrize("unit", ["://", "a://b ", "http://a.", "mailto:a@b.example ", "a.", "["])
def test_setting_any_text_takes_time_in_proportion_to_its_length(unit: str) -> None:
    typesetter = Typesetter()
    assert_linear(typesetter.whole, unit)


def test_a_long_list_of_addresses_is_one_of_links() -> None:
    lines = "".join(f"- https://{n}.example/x\n" for n in range(300))

    assert len(inspect(Typesetter().whole(lines)).links) == 300
