"""Commands as people type them: options of several words, quotes, collisions, and what is said of mistakes."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.typed import parse_typed
from bot.commands import COMMANDS
from bot.errors import NotAllowed

SPECS = tuple(command.spec for command in COMMANDS)

WORDS = st.sampled_from(
    ["call", "Bob", "at", "9", "12:30", "https://a.example/x:y", "note:", "is:fun", "it's", "—"]
)
FREE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


def options(typed: str) -> Mapping[str, str]:
    return parse_typed(typed, SPECS).options


def refusal(typed: str) -> str:
    with pytest.raises(NotAllowed) as refused:
        parse_typed(typed, SPECS)
    return refused.value.said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("remind call Bob when:tomorrow at 9", {"what": "call Bob", "when": "tomorrow at 9"}),
        ("remind call Bob when: tomorrow at 9:30", {"what": "call Bob", "when": "tomorrow at 9:30"}),
        ("remind When:tomorrow at 9 what: call Bob", {"what": "call Bob", "when": "tomorrow at 9"}),
        ("remind when:“in 2 hours” call Bob", {"what": "call Bob", "when": "in 2 hours"}),
        ("remind when:in 2 hours -- see where:x", {"what": "see where:x", "when": "in 2 hours"}),
        ("remind where:ME tea when:at 5", {"what": "tea", "where": "me", "when": "at 5"}),
        (
            "search launch plan after:last week from:Ada Lovelace",
            {"words": "launch plan", "after": "last week", "from": "Ada Lovelace"},
        ),
        ("search launch person:Ada Lovelace", {"words": "launch", "from": "Ada Lovelace"}),
        (
            "search in:everywhere launch date from:me has-file:YES",
            {"words": "launch date", "in": "everywhere", "from": "me", "has_file": "yes"},
        ),
        ("search launch in:general date", {"words": "launch date", "in": "general"}),
        ('search "said from:me" after:2026-05-01', {"words": '"said from:me"', "after": "2026-05-01"}),
        ("search note: https://from:me@a.example 12:30", {"words": "note: https://from:me@a.example 12:30"}),
        ("summary since:3 hours ago", {"hours": "3 hours ago"}),
        ("summary 3 hours channel all", {"hours": "3 hours", "where": "channel", "show": "all"}),
        (
            "settings language Brazilian Portuguese channel",
            {"name": "language", "value": "Brazilian Portuguese", "scope": "channel"},
        ),
        ("settings follow_ups mention", {"name": "follow_ups", "value": "mention"}),
        ("settings scope:me language German", {"name": "language", "value": "German", "scope": "me"}),
        ("usage 30", {"days": "30"}),
        ("usage days:30 channel", {"days": "30", "of": "channel"}),
        ("imagine a red car size:wide", {"prompt": "a red car", "size": "wide"}),
        ("imagine a label, size: XXL, model: Tesla", {"prompt": "a label, size: XXL, model: Tesla"}),
        ("imagine -- a sign that says size:huge", {"prompt": "a sign that says size:huge"}),
        ("imagine a sign -- it says size:huge", {"prompt": "a sign it says size:huge"}),
        ("ask translate text: hello -- or not", {"text": "translate text: hello -- or not"}),
        ("ask what does\n  scope:me mean", {"text": "what does\n  scope:me mean"}),
        ("model openai/gpt:free me", {"id": "openai/gpt:free", "scope": "me"}),
        ("persona a pirate scope:channel", {"persona": "a pirate", "scope": "channel"}),
    ],
)  # fmt: skip
def test_a_command_is_understood_as_it_was_typed(typed: str, meant: Mapping[str, str]) -> None:
    assert options(typed) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("modle x", "There is no command /modle. Did you mean /model?"),
        ("imagine a cat size:", "`size:` needs a value: its shape."),
        ("imagine a cat size:wdie", "/imagine takes square, wide or tall as size, not “wdie”. Did you mean wide?"),
        ("remind tea when:at 5 when:at 6", "/remind takes `when:` only once."),
        ("model a/b scoop:me", "/model has no option `scoop:`. It takes `id:`, `scope:`."),
        ("usage weeks:3", "/usage has no option `weeks:`. It takes `of:`, `days:`."),
        ("forget al", "/forget takes everything or here as what, not “al”."),
        ("model a/b me too", "/model does not know what to do with “too”. It takes `id:`, `scope:`."),
        ("ask", "/ask needs text: Your question"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_the_way_out(typed: str, said: str) -> None:
    assert refusal(typed) == said


@given(FREE, st.dictionaries(st.sampled_from(["from", "after", "before"]), FREE), st.booleans())
def test_values_of_several_words_come_out_whole_in_any_order(
    free: str, named: dict[str, str], space: bool
) -> None:
    typed = "".join(f" {name}:{' ' if space else ''}{value}" for name, value in named.items())

    assert options(f"search {free}{typed}") == {"words": free, **named}


@given(
    st.lists(
        WORDS | st.sampled_from(["when:", "where:me", "what:", "--", '"', "'x'", "in:x", "size:"]), max_size=9
    )
)
def test_no_word_is_lost_unless_it_is_said_why(words: list[str]) -> None:
    try:
        found = parse_typed(" ".join(["remind", *words]), SPECS).options
    except NotAllowed as refused:
        assert refused.said  # noqa: PT017  # either outcome is right; anything else raised is not
        return
    kept = " ".join(found.values()).replace('"', "")
    for word in words:
        bare = word.strip("\"'")
        assert bare in kept or bare == "--" or bare.endswith(":") or bare == "where:me"
