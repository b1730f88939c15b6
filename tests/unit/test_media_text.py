"""Text files: how they are decoded, what is made visible in them, where they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FileRefused
from bot.media.limits import Limits
from bot.media.text import harmless, plain_name, read_text
from bot.messages import ReadingKind

SAID = "Grüße, 世界 – “quoted” 👍\nsecond line"
WESTERN = "Grüße – “quoted”\nsecond line"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_unicode_is_read(encoding: str) -> None:
    said = WESTERN if encoding in ("utf-16-le", "utf-16-be") else SAID

    assert read_text("a.txt", said.encode(encoding), Limits()).text == said


def test_what_is_not_unicode_is_read_as_western() -> None:
    assert read_text("a.csv", WESTERN.encode("cp1252"), Limits()).text == WESTERN


def test_a_character_cut_at_the_end_does_not_spoil_the_rest() -> None:
    assert read_text("a.txt", "Grüße ü".encode()[:-1], Limits()).text == "Grüße �"


def test_text_is_cut_at_the_limit_and_says_so() -> None:
    content = read_text("big.log", b"x" * 100_000, Limits(characters=60_000))

    assert content.kind is ReadingKind.TEXT
    assert len(content.text) == 60_000
    assert content.unread is not None
    assert content.unread.startswith("The last 40,000 characters of big.log were not read: 60,000 are the most.")


def test_text_within_the_limit_says_nothing() -> None:
    assert read_text("a.txt", b"x" * 50, Limits(characters=50)).unread is None


def test_control_characters_and_reordering_marks_become_visible() -> None:
    assert (
        harmless("a\x00b\x1b[31mc\x7f\x85\u202ed\u2066\U000e0041") == "a␀b␛[31mc␡\ufffd⟨U+202E⟩d⟨U+2066⟩⟨U+E0041⟩"
    )


def test_line_ends_become_newlines_and_tabs_stay() -> None:
    assert harmless("a\r\nb\rc\n\td\u2028e") == "a\nb\nc\n\td\ne"


@given(st.text())
def test_what_is_made_harmless_is_nothing_to_be_afraid_of(text: str) -> None:
    safe = harmless(text)

    assert all(character.isprintable() or character in "\n\t" or character > "\x9f" for character in safe)
    assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    safe.encode("utf-8")
    assert harmless(safe) == safe


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\x00\x01\x02\x03" * 100, bytes(1_000)])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(FileRefused, match=r"thing\.dat is of a kind I don't know"):
        read_text("thing.dat", data, Limits())


def test_a_stray_zero_does_not_make_a_text_unreadable() -> None:
    assert read_text("a.txt", b"a\x00b", Limits()).text == "a␀b"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("two\nlines\t.txt", "twolines.txt"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("", "file"),
        ("\x00\x1b", "file"),
        ("dir/", "file"),
        ("  many   spaces .txt ", "many spaces .txt"),
    ],
)
def test_names_are_fit_for_a_sentence(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@given(st.text(max_size=300))
def test_no_name_is_empty_long_or_hard_to_print(name: str) -> None:
    plain = plain_name(name)

    assert 0 < len(plain) <= 80
    assert plain.isprintable()


def test_a_long_name_keeps_its_ending() -> None:
    assert plain_name("x" * 200 + ".pdf").endswith("x.pdf")
