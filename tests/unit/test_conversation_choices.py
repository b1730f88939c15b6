"""What was chosen as parameters of a request, and what is tried after a failure."""

import hashlib

import pytest

from bot.conversation import words
from bot.conversation.choices import answer_limit, reasoning_of, routing_of, sampling_of, searches_of
from bot.conversation.concessions import Plan, fallbacks_for, next_plan
from bot.conversation.pseudonyms import Pseudonyms
from bot.conversation.thoughts import MOST, Thoughts
from bot.errors import (
    GatewayBusy,
    GatewayDown,
    GatewayError,
    GatewayRefused,
    GatewayUnpaid,
    ModelResting,
    PrivacyUnmet,
    PromptTooLong,
    RequestInvalid,
    RequestRefused,
    RequestTooLarge,
)
from bot.messages import ChatRequest, Model, PicturePart, PromptMessage, Reasoning, Sampling, Source, TextPart
from bot.preferences import PREFERENCES, Preference

THINKER = Model("acme/thinker", reasons=True, reasoning_levels=("low", "medium", "high"), max_tokens=1_000)
WORDS = ChatRequest("acme/a", (PromptMessage("user", (TextPart("Hi"),)),), max_tokens=100)
PICTURE = ChatRequest("acme/a", (PromptMessage("user", (PicturePart("image/png", b"x"),)),))
KNOWN = {
    "acme/b": Model("acme/b", sees=True),
    "acme/blind": Model("acme/blind", sees=False),
    "acme/tiny": Model("acme/tiny", sees=True, context_window=50),
}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("minimal", Reasoning("low")),
        ("medium", Reasoning("medium")),
        ("max", Reasoning("high")),
        ("none", Reasoning(enabled=False)),
    ],
)
def test_of_the_efforts_that_a_model_offers_the_nearest_is_asked(wanted: str, asked: Reasoning) -> None:
    assert reasoning_of({"reasoning": wanted}, THINKER) == asked


def test_a_model_that_is_not_known_to_think_is_not_asked_to() -> None:
    assert reasoning_of({"reasoning": "high"}, None) is None
    assert reasoning_of({"reasoning": "high"}, Model("acme/a")) is None
    assert reasoning_of({}, THINKER) is None


def test_an_answer_is_never_longer_than_the_model_can() -> None:
    assert answer_limit({}, 8_000, THINKER) == 1_000
    assert answer_limit({"max_tokens": "50"}, 8_000, THINKER) == 50
    assert answer_limit({}, 8_000, None) == 8_000


def test_a_model_that_lists_its_parameters_gets_those_alone() -> None:
    chosen = {"temperature": "0.5", "stop": "A|B"}

    assert sampling_of(chosen, None) == Sampling(temperature=0.5, stop=("A", "B"))
    assert sampling_of(chosen, Model("acme/a", parameters=("stop",))) == Sampling(stop=("A", "B"))


def test_people_are_told_apart_by_a_code_and_only_on_request() -> None:
    assert routing_of({}, "c0de").user is None
    assert routing_of({"attribute_people": "on"}, "c0de").user == "c0de"


def test_a_code_is_always_the_same_here_and_another_in_every_installation() -> None:
    here, there = Pseudonyms("secret"), Pseudonyms("another")

    assert here.of("discord:1") == Pseudonyms("secret").of("discord:1")
    assert len({here.of("discord:1"), here.of("discord:2"), there.of("discord:1")}) == 3
    assert here.of("discord:1") not in hashlib.sha256(b"discord:1").hexdigest()
    assert "secret" not in repr(here)


def test_nobody_searches_for_a_model_that_cannot_ask() -> None:
    assert searches_of({"web_search": "tako"}, Model("acme/a", calls_tools=False)) == ()
    assert searches_of({"web_search": "off"}, None) == ()
    assert searches_of({"web_search": "tako"}, None)[0].type == "vercel:tako_search"


@pytest.mark.parametrize("preference", [one for one in PREFERENCES if one.choices], ids=lambda one: one.name)
def test_every_choice_that_is_offered_can_be_chosen(preference: Preference) -> None:
    assert [preference.read(choice) for choice in preference.choices] == list(preference.choices)


# --- after a failure -------------------------------------------------------------------------------


def _next(error: GatewayError, request: ChatRequest = WORDS, plan: Plan = Plan("acme/a")) -> Plan | None:  # noqa: B008
    return next_plan(error, request, plan, ("acme/blind", "acme/tiny", "acme/b"), "acme/a", KNOWN.get)


@pytest.mark.parametrize("error", [GatewayDown("503"), ModelResting("x"), GatewayBusy("429")])
def test_trouble_goes_on_to_the_first_fallback_that_fits_and_then_to_the_next(error: GatewayError) -> None:
    first = _next(error)
    assert first is not None
    assert first.model == "acme/blind"
    assert first.notices[0].startswith("Answered by acme/blind: acme/a")
    assert "acme/tiny" not in fallbacks_for(WORDS, ("acme/tiny",), KNOWN.get), "it is too small for the answer"

    second = _next(error, WORDS, first)
    assert second is not None
    assert second.model == "acme/b"
    assert _next(error, WORDS, second) is None


def test_a_picture_goes_to_nobody_who_is_not_known_to_see() -> None:
    assert fallbacks_for(PICTURE, ("acme/blind", "acme/unlisted", "acme/b"), KNOWN.get) == ("acme/b",)


@pytest.mark.parametrize(
    "error",
    [
        GatewayRefused("401"),
        GatewayUnpaid("402"),
        PrivacyUnmet("400"),
        RequestRefused("403"),
        RequestInvalid("400"),
        GatewayBusy("429", about="account"),
    ],
)
def test_what_another_request_would_not_mend_is_told(error: GatewayError) -> None:
    assert _next(error) is None


def test_history_is_halved_and_pictures_are_shrunk_once() -> None:
    halved = _next(PromptTooLong("400"))
    assert halved is not None
    assert halved.halved
    assert _next(PromptTooLong("400"), WORDS, halved) is None

    assert _next(RequestTooLarge("413")) is None, "there is nothing to shrink"
    smaller = _next(RequestTooLarge("413"), PICTURE)
    assert smaller is not None
    assert smaller.smaller
    assert _next(RequestTooLarge("413"), PICTURE, smaller) is None


# --- words -----------------------------------------------------------------------------------------


def test_sources_cannot_carry_markup_mentions_or_more_than_ten_lines() -> None:
    bad = [Source("https://x.example/> @everyone", "x"), Source("https://x.example/\n", "x")]
    many = [Source(f"https://x.example/{n}", f"[{n}](evil) **@here**") for n in range(20)]

    listed = words.sources([*bad, *many], "")

    assert listed.count("\n1") == 2, "the first and the tenth"
    assert "11." not in listed
    assert not {"@", "**@"} & set(listed.split())
    assert "[0 evil here](<https://x.example/0>)" in listed


def test_thoughts_are_quoted_and_end_somewhere() -> None:
    thoughts = Thoughts()

    assert thoughts.push("one\n") + thoughts.push("two") + thoughts.close() == "> one\n> two\n\n"
    assert thoughts.close() == ""
    assert len(thoughts.push("x" * 2 * MOST)) < MOST + 10
    assert thoughts.push("more") == ""
