"""What a turn needs beforehand: within limits, and what is left out says so."""

from bot.conversation.gather import as_notes, within
from bot.messages import Attachment, PastMessage, Person, Reading, ReadingKind, Role, StoredFile

ADA = Person("u1", "Ada")


def photo(name: str, size: int) -> Reading:
    return Reading(ReadingKind.PICTURE, name, pictures=(StoredFile(name * 8, size, "image/png"),))


def test_pictures_beyond_the_limit_are_left_out_and_it_is_said() -> None:
    kept = within([photo("a", 60), photo("b", 60), photo("c", 30)], 100)

    assert [len(reading.pictures) for reading in kept] == [1, 0, 0]
    assert kept[0].unread is None
    assert "b came with too much else" in (kept[1].unread or "")


def test_a_whole_document_counts_and_keeps_its_text() -> None:
    original = StoredFile("d" * 64, 80, "application/pdf")
    document = Reading(ReadingKind.PDF, "d.pdf", text="words", original=original)

    (_, light) = within([photo("a", 60), document], 100)

    assert light.original is None
    assert light.text == "words"
    assert "Only its text was read" in (light.unread or "")


def test_text_is_never_too_heavy() -> None:
    text = Reading(ReadingKind.TEXT, "t.txt", text="x" * 1000)

    assert within([photo("a", 500), text], 100)[1] == text


def test_of_earlier_files_the_newest_are_read_and_the_others_named() -> None:
    past = [PastMessage(f"m{n}", ADA, f"text {n}", float(n), (Attachment(f"f{n}", f"{n}.png"),)) for n in range(4)]

    notes = as_notes(past, most_files=2)

    assert [len(note.attachments) for note in notes] == [0, 0, 1, 1]
    assert notes[0].text == "text 0\n(file, not read: 0.png)"
    assert all(note.role is Role.NOTE for note in notes)
