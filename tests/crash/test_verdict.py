"""The judge of the crash test, judged: every way to break the promise is seen in a made-up transcript."""

from dataclasses import replace

import pytest

from tests.crash.page import words_of
from tests.crash.verdict import Question, Shown, apologies, violations

ASKED = Shown("q1", "dm-ada", us=False, words="repeat after me: one two three four")
ANSWER = Shown("a1", "dm-ada", us=True, words="one two three four", buttons=("regenerate",))
PARTS = (replace(ANSWER, words="one two"), replace(ANSWER, id="a2", words="three four"))
SORRY = replace(ANSWER, words="", status="⚠ I tried this twice and did not get through. (ref 0a1b2c3d)")
QUESTION = Question("q1", "dm-ada", ASKED.words, "one two three four")
OTHER = replace(ASKED, id="other", words="lunch?")


def verdict(*transcript: Shown, patient: bool = False) -> list[str]:
    return violations([replace(QUESTION, patient=patient)], transcript)


def test_one_whole_answer_is_what_was_promised() -> None:
    assert verdict(ASKED, ANSWER) == []


def test_an_answer_in_two_messages_is_one_answer() -> None:
    assert verdict(ASKED, *PARTS) == []


def test_what_people_say_among_themselves_needs_no_answer() -> None:
    assert verdict(OTHER, ASKED, ANSWER) == []


@pytest.mark.parametrize(
    ("transcript", "said"),
    [
        pytest.param((ASKED,), "no answer", id="missing answer"),
        pytest.param((ASKED, ANSWER, replace(ANSWER, id="a2")), "answered twice", id="doubled answer"),
        pytest.param((ASKED, PARTS[0]), "not the whole answer", id="half answer"),
        pytest.param(
            (ASKED, replace(ANSWER, words="one two one two three four")), "not the whole", id="said again"
        ),
        pytest.param((ASKED, ANSWER, replace(ANSWER, id="a2", words="")), "empty", id="empty message"),
        pytest.param((ASKED, replace(ANSWER, final=False)), "not final", id="not final"),
        pytest.param((ASKED, replace(ANSWER, status="thinking…")), "still says", id="status left"),
        pytest.param((ASKED, replace(ANSWER, buttons=("stop",))), "still be stopped", id="stop button left"),
        pytest.param((ANSWER,), "0 times", id="question lost"),
        pytest.param((ASKED, ANSWER, replace(ASKED, id="q2")), "2 times", id="question doubled"),
        pytest.param((ASKED, ANSWER, OTHER, replace(ANSWER, id="a2")), "no question", id="answer to nobody"),
        pytest.param((ASKED, replace(ANSWER, place="dm-grace")), "no answer", id="answer elsewhere"),
        pytest.param((ASKED, SORRY), "after a single death", id="given up at once"),
    ],
)
def test_every_breach_is_seen(transcript: tuple[Shown, ...], said: str) -> None:
    assert any(said in one for one in verdict(*transcript))


def test_who_died_twice_may_be_told_so_once() -> None:
    assert verdict(ASKED, SORRY, patient=True) == []
    assert apologies((ASKED, SORRY)) == 1
    assert verdict(ASKED, SORRY, replace(SORRY, id="a2"), patient=True) == ["q1: more than one apology"]
    assert verdict(ASKED, SORRY, replace(ANSWER, id="a2"), patient=True) == ["q1: more than one apology"]


def test_words_are_what_a_person_reads() -> None:
    assert words_of("<p>one &amp; <b>two</b></p>\n<pre><code>three</code></pre>\n") == "one & two three"
