"""A growing reply: its messages are within the limit at every moment, and text never moves between them."""

import html
import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.reply import MORE_IN_FILE, MOST_PARTS, Reply
from bot.messages import Action, ActionName, OutFile
from tests.unit.test_delivery_markdown import MARKUPS, answers, limits, open_fences, reassembles

WORDS = "Some plain words that go on, and on.\n\n"


@st.composite
def streams(draw: st.DrawFn) -> list[str | None]:
    """An answer in chunks; None where people look at it."""
    answer, seed = draw(answers), draw(st.integers(0, 2**16))
    chance = random.Random(seed)
    chunks: list[str | None] = []
    while answer:
        size = chance.choice((1, 3, 10, 60))
        chunks.append(answer[:size])
        answer = answer[size:]
        if chance.random() < 0.4:
            chunks.append(None)
    return chunks


def grow(reply: Reply, chunks: list[str | None]) -> list[tuple[str, ...]]:
    """Push the chunks; what the messages said at every look."""
    looks = []
    for chunk in chunks:
        if chunk is not None:
            reply.push(chunk)
        else:
            reply.refresh()
            looks.append(reply.texts)
    return looks


def said(chunks: list[str | None]) -> str:
    return "".join(chunk for chunk in chunks if chunk)


def without_marks(text: str) -> str:
    return text.rstrip("*_~` \t\r\n>")


@settings(max_examples=150, deadline=None)
@given(streams(), limits, st.sampled_from(MARKUPS))
def test_the_final_parts_of_any_stream_reassemble_to_the_answer(
    chunks: list[str | None], limit: int, render: Callable[[str], str]
) -> None:
    reply = Reply(limit, render)
    grow(reply, chunks)

    texts = reply.finish()

    last = reply.rendered(len(reply) - 1)
    if texts[-1].endswith(MORE_IN_FILE):
        assert len(texts) == MOST_PARTS
        assert [file.data.decode() for file in last.files] == [said(chunks)]
    else:
        assert last.files == ()
        assert reassembles(list(texts), said(chunks)), texts


@settings(max_examples=150, deadline=None)
@given(streams(), limits, st.sampled_from(MARKUPS))
def test_no_message_exceeds_the_limit_while_it_grows_or_at_the_end(
    chunks: list[str | None], limit: int, render: Callable[[str], str]
) -> None:
    reply = Reply(limit, render)

    looks = grow(reply, chunks)

    for texts in [*looks, reply.finish()]:
        assert max(len(render(text)) for text in texts) <= limit


@settings(max_examples=150, deadline=None)
@given(streams(), limits)
def test_text_never_moves_between_messages(chunks: list[str | None], limit: int) -> None:
    reply = Reply(limit, str)

    looks = grow(reply, chunks)

    final = reply.finish()
    for texts in looks:
        assert texts[:-1] == final[: len(texts) - 1]
        assert without_marks(final[len(texts) - 1]).startswith(without_marks(texts[-1]))


def test_half_a_flag_that_was_seen_stays_where_it_was_seen() -> None:
    reply = Reply(24, str)

    looks = grow(reply, ["x" * 23 + "\U0001f1e9", None, "\U0001f1ea and more", None])

    assert reply.finish()[0].startswith(looks[0][0])


@settings(max_examples=150, deadline=None)
@given(streams(), limits)
def test_stable_text_only_grows_and_begins_the_final_text(chunks: list[str | None], limit: int) -> None:
    reply = Reply(limit, str)
    stable = ""
    for chunk in chunks:
        reply.push(chunk or "")
        assert reply.stable.startswith(stable)
        stable = reply.stable

    reply.finish()

    assert reply.stable == said(chunks)
    assert reply.text == said(chunks)


def test_stable_text_leaves_out_what_more_text_could_still_change() -> None:
    reply = Reply(2000, str)
    reply.push("Plain words, and **bold ")
    assert reply.stable == "Plain words, and "

    reply.push("ones** and [a li")
    assert reply.stable == "Plain words, and **bold ones** and"

    reply.push("nk](https://x.example) after")
    assert reply.stable == "Plain words, and **bold ones** and [a link](https://x.example) after"


def test_stable_text_does_not_shrink_when_more_text_gives_it_another_meaning() -> None:
    reply = Reply(2000, str)
    reply.push("less <")
    assert reply.stable == "less <"

    reply.push("https://x.exam")
    assert reply.stable == "less <"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), limits)
def test_no_fence_is_open_at_any_look(seed: int, limit: int) -> None:
    chance = random.Random(seed)
    code = "".join(f"line {n} = {'x' * chance.randrange(60)}\n" for n in range(30))
    answer = f"Look:\n\n```python\n{code}```\n\nAnd then:\n\n~~~\n{code}~~~\n"
    chunks: list[str | None] = []
    for n in range(0, len(answer), 9):
        chunks += [answer[n : n + 9], None]
    reply = Reply(limit, str)

    for texts in [*grow(reply, chunks)[:: chance.randrange(5, 15)], reply.finish()]:
        assert not any(open_fences(text) for text in texts[-2:])


def test_an_answer_that_fits_is_one_message_if_nobody_saw_it_grow() -> None:
    reply = Reply(100, str)
    reply.push("One paragraph that is eighty-odd characters long, so that it nearly fills it.\n\nAnd the end.")

    assert len(reply.finish()) == 1


def test_an_earlier_message_is_final_as_soon_as_it_is_full() -> None:
    reply = Reply(100, str)
    reply.actions = (Action(ActionName.STOP, "t1"),)
    reply.status = "writing…"
    reply.push(WORDS * 4)
    reply.refresh()

    first, last = reply.rendered(0), reply.rendered(1)
    assert (first.final, first.status, first.actions) == (True, None, ())
    assert (last.final, last.status, last.actions) == (False, "writing…", reply.actions)


def test_a_very_long_answer_ends_as_a_few_messages_and_the_whole_of_it_in_a_file() -> None:
    reply = Reply(200, html.escape)
    picture = OutFile("p.png", "image/png", b"png")
    answer = "".join(f"Paragraph {n} <b> & so on.\n\n" for n in range(100))
    for n in range(0, len(answer), 50):
        reply.push(answer[n : n + 50])
        reply.refresh()

    texts = reply.finish("done", (), (picture,))

    assert len(texts) == MOST_PARTS
    assert max(len(html.escape(text)) for text in texts) <= 200
    assert texts[-1].endswith(MORE_IN_FILE)
    assert reassembles([*texts[:-1], texts[-1].removesuffix(MORE_IN_FILE)], answer[: answer.index("Paragraph 24")])
    assert reply.rendered(MOST_PARTS - 1).files == (picture, reply.rendered(MOST_PARTS - 1).files[1])
    assert reply.rendered(MOST_PARTS - 1).files[1].data == answer.encode()


def test_the_end_of_an_answer_counts_once() -> None:
    reply = Reply(100, str)
    reply.push("said")

    assert reply.finish("stopped") == reply.finish("again") == ("said",)
    assert reply.rendered(0).status == "stopped"


def test_looking_sixty_times_costs_a_message_each_and_not_the_whole_answer() -> None:
    rendered = 0

    def render(markdown: str) -> str:
        nonlocal rendered
        rendered += len(markdown)
        return markdown

    reply = Reply(2000, render)
    for _ in range(60):
        reply.push("Forty characters of words are in a line. " * 5)
        reply.refresh()
        reply.rendered(len(reply) - 1)

    assert rendered < 60 * 2 * 2000 + 12 * 2000 * 3
