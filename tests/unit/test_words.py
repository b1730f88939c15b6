"""What a text is found by: its words, whatever the script, and nothing else of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.words import MOST_TERMS, Words, terms_in, words_of

SENTENCES = st.text(
    st.sampled_from("abzÄéñßøİı019_-'\"“” .,!*():^^日本語東京タワーｶﾞのเมืองไทยกำ한국어를हिन्दीعَرَبИЁй🎉\x00\ufffd"),
    max_size=40,
)


def contains(text: str, term: Words) -> bool:
    """Whether a term stands in a text, as the index sees it."""
    said = words_of(text)
    size = len(term.words)
    runs = (said.words[at : at + size] for at in range(len(said.words) - size + 1))
    return any(run == term.words for run in runs) and set(term.letters) <= set(said.letters)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Grüße aus Łódź", "lodz"),
        ("GROSSE Straße", "strasse"),
        ("naïve café", "NAIVE"),
        ("foo_bar-baz.qux", "bar"),
        ("don't", "don't"),
        ("Привёт", "привет"),
        ("東京都に行く", "京都"),
        ("東京都に行く", "東京都"),
        ("東京都に行く", "行"),
        ("猫", "猫"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("배포는 중요합니다", "배포"),
        ("배포는 중요합니다", "중"),
        ("วันนี้อากาศดีมาก", "อากาศ"),
        ("第3章 東京tower", "東京tower"),
        ("हिन्दी में", "हिन्दी"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full"),
        ("عَرَبِيّ", "عربي"),
    ],
)
def test_a_word_is_found_however_it_is_written(text: str, asked: str) -> None:
    (term,) = terms_in(asked)
    assert contains(text, term)


@pytest.mark.parametrize(
    ("text", "asked"), [("東京都", "京東"), ("東京都", "都東"), ("cart", "car"), ("배포는", "포배")]
)
def test_what_is_not_said_is_not_found(text: str, asked: str) -> None:
    (term,) = terms_in(asked)
    assert not contains(text, term)


@given(SENTENCES)
def test_any_text_is_found_by_any_of_its_words(text: str) -> None:
    assert all(contains(text, term) for term in terms_in(text.replace('"', " ")))


@given(st.text())
def test_words_are_letters_digits_and_signs_that_belong_to_letters(text: str) -> None:
    said = words_of(text)
    for word in (*said.words, *said.letters):
        assert word
        assert not any(letter.isspace() or letter in "\"'*:()^+-\0" for letter in word)
        assert all(letter.isalnum() or not letter.isascii() for letter in word)
        assert word.isascii() is False or word == word.lower()


@given(SENTENCES)
def test_reading_words_again_changes_nothing(text: str) -> None:
    spaced = [word for word in words_of(text).words if word.isascii()]
    assert list(words_of(" ".join(spaced)).words) == spaced


def test_what_stands_in_quotes_is_one_term() -> None:
    assert terms_in('release "in  may" now') == (Words(("release",)), Words(("in", "may")), Words(("now",)))


def test_a_term_counts_once_and_only_so_many_count() -> None:
    assert terms_in("a b a") == (Words(("a",)), Words(("b",)))
    assert len(terms_in(" ".join(f"w{n}" for n in range(100)))) == MOST_TERMS


def test_a_question_without_letters_asks_for_nothing() -> None:
    assert terms_in("!? … \x00 🎉") == ()
