"""Answers of every shape are divided without losing a character, and unfinished ones are fit to look at."""

import html
import re
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.delivery.cutting import Message, Render
from bot.delivery.lines import Lines
from bot.delivery.pieces import healed_piece, last_piece

PIECES = [
    "# Title\n",
    "Plain words, some of them **bold and long enough to be cut** in the middle. And a second sentence! ",
    "*slanted* and `code` and ~~gone~~ and __strong__ ",
    "[a link](https://example.org/a/rather/long/path?with=query&and=more) ",
    "![a picture](https://example.org/picture.png) ",
    "<https://example.org/auto> ",
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
MARKUPS: list[Callable[[str], str]] = [
    str,
    html.escape,
    lambda text: text.replace("*", "\\*"),
    lambda text: text * 2,
]


def split(text: str, limit: int, render: Render) -> list[str]:
    """Divide a whole answer into messages of at most `limit` rendered characters each.

    Paragraphs stay whole where they can, then list items, lines, sentences, words; links stay whole if they fit.
    `limit` leaves room for at least one rendered character beside what is opened again.
    """
    lines = Lines()
    lines.read(text, ended=True)
    start, prefix, parts = 0, "", []
    while (cut := Message(text, start, prefix, lines, limit, render).next_cut()) is not None:
        parts.append(cut.piece.of(text))
        start, prefix = cut.start, cut.prefix
    return [*parts, last_piece(text, start, prefix, lines).of(text)]


def heal(text: str) -> str:
    """What to show of an unfinished answer: what is open is closed, what cannot be closed yet is held back."""
    lines = Lines()
    lines.read(text)
    return healed_piece(text, 0, "", lines).of(text)


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
                    after |= {
                        at + skip + len(body) for skip in range(gap + 1) if answer.startswith(body, at + skip)
                    }
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


def test_a_cut_right_after_a_line_that_opens_a_fence_opens_it_again() -> None:
    answer = (
        "*slanted* and `code` and ~~gone~~ and __strong__ ~~~\ntildes\n~~~\n"
        f"{'x' * 98}\n```python\ndef f(x):\n    return x\n\n\nprint(f(1))\n```\n"
    )

    parts = split(answer, 120, str)

    assert not any(open_fences(part) for part in parts), parts


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES[:18]), max_size=25).map("".join), limits)
def test_no_part_leaves_a_fence_open(answer: str, limit: int) -> None:
    for part in split(answer, limit, str):
        assert not open_fences(part), part


@pytest.mark.parametrize(
    ("unfinished", "shown"),
    [
        ("Some **bo", "Some **bo**"),
        ("Some **bold*", "Some **bold**"),
        ("Some ***both** of", "Some ***both** of***"),
        ("Some *slanted, **bo", "Some *slanted, **bo***"),
        ("Some `co", "Some `co`"),
        ("Some ``co`de", "Some ``co`de``"),
        ("Some ~~go", "Some ~~go~~"),
        ("Some __strong", "Some __strong__"),
        ("snake_case_name and 2 * 3", "snake_case_name and 2 * 3"),
        ("an \\*escaped", "an \\*escaped"),
        ("See [the do", "See"),
        ("See [the docs](https://exa", "See"),
        ("See [the docs](https://example.org) n", "See [the docs](https://example.org) n"),
        ("See ![alt](https://exa", "See"),
        ("Array[0", "Array"),
        ("Array[0] = 1", "Array[0] = 1"),
        ("Code:\n\n``", "Code:"),
        ("Code:\n\n```py", "Code:"),
        ("Code:\n\n```py\nx = 1", "Code:\n\n```py\nx = 1\n```"),
        ("Code:\n\n```py\nx = 1\n``", "Code:\n\n```py\nx = 1\n```"),
        ("Code:\n\n```py\nx = 1\n```", "Code:\n\n```py\nx = 1\n```"),
        ("Code:\n\n```py\nx = 1\n```\nDone", "Code:\n\n```py\nx = 1\n```\nDone"),
        ("> ```\n> quoted", "> ```\n> quoted\n> ```"),
        ("A table:\n\n| a | b", "A table:"),
        ("A table:\n\n| a | b |\n|--", "A table:"),
        ("A table:\n\n| a | b |\n|---|---|\n| 1 |", "A table:\n\n| a | b |\n|---|---|"),
        ("- one\n- ", "- one"),
        ("Title\n--", "Title"),
        ("", ""),
    ],
)
def test_an_unfinished_answer_is_closed_and_what_is_half_there_held_back(unfinished: str, shown: str) -> None:
    assert heal(unfinished) == shown


@given(st.lists(st.sampled_from(PIECES[:15]), max_size=10).map("".join), st.data())
@settings(max_examples=100, deadline=None)
def test_healing_twice_changes_nothing(answer: str, data: st.DataObject) -> None:
    # Without the blank line that ends a paragraph: what was open in it is open for good, and no more when healed.
    healed = heal(answer[: data.draw(st.integers(0, len(answer)))].rstrip())

    assert heal(healed) == healed


def test_an_answer_that_fits_is_left_as_it_is() -> None:
    answer = "# Title\n\nWords and `code`.\n\n```py\nx\n```\n\n| a |\n|---|\n| 1 |\n"

    assert split(answer, 200, str) == [answer.rstrip()]


def test_parts_end_between_paragraphs_where_they_can() -> None:
    paragraphs = [f"Paragraph {n} says this. And it says that." for n in range(9)]

    parts = split("\n\n".join(paragraphs), 200, str)

    assert [line for part in parts for line in part.split("\n\n")] == paragraphs


def test_a_heading_stays_with_what_it_announces() -> None:
    parts = split("Words. " * 22 + "\n\n## Heading\n\n" + "More words. " * 12, 190, str)

    assert parts[1].startswith("## Heading\n\nMore")


def test_a_list_is_divided_between_its_items() -> None:
    items = [f"- item {n} with some words" for n in range(20)]

    parts = split("\n".join(items), 150, str)

    assert [line for part in parts for line in part.splitlines()] == items


def test_a_fence_goes_on_in_the_next_part_with_its_language() -> None:
    code = [f"print({n})" for n in range(40)]

    parts = split("```python\n" + "\n".join(code) + "\n```", 120, str)

    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert [line for part in parts for line in part.splitlines()[1:-1]] == code


def test_a_long_info_string_is_not_repeated() -> None:
    parts = split("```python " + "x" * 50 + "\n" + "print(1)\n" * 40 + "```", 150, str)

    assert all(part.startswith("```\n") for part in parts[1:])


def test_a_table_goes_on_in_the_next_part_under_its_head() -> None:
    rows = [f"| {n} | some words |" for n in range(20)]

    parts = split("| a | b |\n|---|---|\n" + "\n".join(rows), 150, str)

    assert all(part.startswith("| a | b |\n|---|---|\n") for part in parts)
    assert [row for part in parts for row in part.splitlines()[2:]] == rows


def test_a_link_is_not_broken() -> None:
    link = "[a link with words](https://example.org/a/path)"

    for part in split(f"Words {link}, " * 20, 130, str):
        assert part.count("[") == part.count("]") == part.count("(") == part.count(")")


def test_emphasis_that_has_to_be_cut_is_closed_and_opened_again() -> None:
    parts = split("**" + "word " * 60 + "end**", 120, str)

    assert all(part.startswith("**") and part.endswith("**") for part in parts)


def test_what_people_see_as_one_character_is_not_parted() -> None:
    family = "👩‍👩‍👧‍👦"

    for part in split(family * 60, 100, str):
        assert part.replace(family, "") == ""


def test_forty_kilobytes_without_a_space_are_divided_quickly() -> None:
    started = time.process_time()

    parts = split("x" * 40_000, 2000, html.escape)

    assert "".join(parts) == "x" * 40_000
    assert time.process_time() - started < 2.0
