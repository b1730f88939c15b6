"""What a thread is called: the question in one line, as it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.titles import LONGEST, thread_title

FAMILY = "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("what is\na heron?", "what is a heron?"),
        ("in\u202evoice\u2066.exe\u2069", "invoice.exe"),
        ("a\x00b\x1b[31mc\u200bd\ufeffe", "a b [31mcde"),
        ("\u2028one\u2029two\u2028", "one two"),
        ("\u200b\u200e\u3164\u2800\u034f\u200d", "Question"),
        ("", "Question"),
        ("ما هي\u200f الساعة؟", "ما هي الساعة؟"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("pass\u200cword \u200d x", "password x"),
        (f"a {FAMILY} trip", f"a {FAMILY} trip"),
        ("word " * 30, "word " * 19 + "word…"),
        ("e\u0301" * 200, "e\u0301" * 49 + "…"),
        (FAMILY * 40, FAMILY * 19 + "…"),
    ],
)
def test_a_title_is_the_question_in_one_line_without_what_can_not_be_seen(question: str, title: str) -> None:
    assert thread_title(question) == title


@given(st.text(st.characters() | st.sampled_from("\u200d\u202e\n\t e\u0301🏽")))
def test_a_title_is_never_empty_and_never_too_long(question: str) -> None:
    title = thread_title(question)

    assert 0 < len(title) <= LONGEST
    assert title == " ".join(title.split())
    assert thread_title(title) == title
