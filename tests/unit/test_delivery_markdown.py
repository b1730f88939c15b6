"""Answers of every shape are divided without losing a character, and unfinished ones are fit to look at."""

import html
import re
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.delivery.markdown import heal, split

PIECES = [
    "# Title\n",
    "Plain words, some of them **bold and long enough to be cut** in the middle. And a second sentence! ",
    "*slanted* and `code` and ~~gone~~ and __strong__ ",
    "[a link](https://example.org/a/rather/long/path?with=query&and=more) ",
    "![a picture](https://example.org/picture.png) ",
    "https://example.org/bare/link/that/nobody/should/break ",
    "\n\n",
    "\n",
    "\r\n\r\n",
    "- one\n- two\n  - inner\n- three\n",
    "1. first\n2. second\n10. tenth\n",
    "```python\ndef f(x):\n    return x\n\n\nprint(f(1))\n```\n",
    "````markdown\n```js\nlet a = 1\n```\nstill inside\n````\n",
    "~~~\ntildes\n~~~\n",
    "> quoted\n> ```\n> code in a quote\n> ```\n",
    "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\n",
    "x" * 90 + "\n",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪👍🏽é ",
    "שלום עולם \u202eabc\u202c ",
    "5 * 3 = 15, a_b_c, 2 ** 3 and <tag> & more ",
    "\\*not slanted\\* \\`nor code\\` ",
    "```\nnever closed\n",
    "**never closed ",
    "[never closed ",
    "| half | a row",
    "`",
    "``",
    "*",
    "    indented\n",
    "   \n",
]
answers = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=25).map("".join)
limits = st.integers(min_value=120, max_value=600)
MARKUPS: list[Callable[[str], str]] = [str, html.escape, lambda text: text.replace("*", "\\*"), lambda text: text * 2]


def beginnings(part: str) -> Iterator[int]:
    """How much of a part may have been opened again: nothing, a fence, a table's head, emphasis."""
    yield 0
    for opened in (r"[ >\t]*(`{3,}|~{3,}).*\n", r"[^\n]*\|[^\n]*\n[^\n]*-[^\n]*\n", r"[*_~`]+"):
        if found := re.match(opened, part):
            yield from range(1, found.end() + 1) if opened.startswith("[*") else (found.end(),)


def endings(part: str) -> Iterator[int]:
    """Where a part may end when what closes it is left off."""
    yield len(part)
    for closed in (r"\n?[ >\t]*(`{3,}|~{3,})$", r"[*_~`]+$"):
        if found := re.search(closed, part):
            yield from (
                range(found.start(), len(part)) if closed.startswith("[*") else (found.start(), found.start() + 1)
            )


def reassembles(parts: list[str], answer: str) -> bool:
    """Whether the parts hold the answer, in order and nothing but what opens and closes besides.

    White space between two parts may be missing; inside a part every character counts.
    """
    reached = {0}
    for part in parts:
        after: set[int] = set()
        for at in reached:
            gap = len(answer[at:]) - len(answer[at:].lstrip())
            for begin in beginnings(part):
                for end in endings(part):
                    body = part[begin:end]
                    after |= {at + skip + len(body) for skip in range(gap + 1) if answer.startswith(body, at + skip)}
        reached = after
    return any(not answer[at:].strip() for at in reached)


def open_fences(part: str) -> list[str]:
    """The fences of a part that nothing closes, as CommonMark reads it."""
    lines = part.split("\n")
    fences = [token for token in MarkdownIt().parse(part) if token.type == "fence" and token.map]
    return [
        token.markup
        for token in fences
        if token.map and not re.fullmatch(rf"[ >\t]*{re.escape(token.markup)}+[ \t]*", lines[token.map[1] - 1])
    ]


@settings(max_examples=150, deadline=None)
@given(answers, limits, st.sampled_from(MARKUPS))
def test_the_parts_of_any_answer_reassemble_to_it(answer: str, limit: int, render: Callable[[str], str]) -> None:
    parts = split(answer, limit, render)

    assert reassembles(parts, answer), parts


@settings(max_examples=150, deadline=None)
@given(answers, limits, st.sampled_from(MARKUPS))
def test_no_part_exceeds_the_limit_even_when_rendering_makes_it_longer(
    answer: str, limit: int, render: Callable[[str], str]
) -> None:
    assert max(len(render(part)) for part in split(answer, limit, render)) <= limit


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES[:17]), max_size=25).map("".join), limits)
def test_no_part_leaves_a_fence_open(answer: str, limit: int) -> None:
    for part in split(answer, limit, str):
        assert not open_fences(part), part
