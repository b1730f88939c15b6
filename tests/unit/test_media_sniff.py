"""What a file is taken for: its first bytes decide, whatever its name says."""

import pytest

from bot.errors import FileRefused
from bot.media.sniff import FileKind, looks_like_html, sniff
from tests.files import LOGIN_PAGE, pdf, picture, zipped


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_are_known_by_their_content(form: str) -> None:
    assert sniff("report.pdf", picture(form)) is FileKind.PICTURE


@pytest.mark.parametrize("front", [b"", b"\xef\xbb\xbf", b"\r\n", b"X-Mailer: some program\r\n\r\n"])
def test_a_pdf_is_known_also_with_something_in_front(front: bytes) -> None:
    assert sniff("holiday.png", front + pdf(["Hello"])) is FileKind.PDF


def test_a_text_that_speaks_of_pdfs_is_a_text() -> None:
    assert sniff("notes.md", b"# How PDFs begin\n\nWith `%PDF-1.7`.\n") is FileKind.TEXT


def test_a_picture_that_is_also_a_pdf_is_a_picture() -> None:
    assert sniff("both.pdf", picture("GIF") + pdf(["Hello"])) is FileKind.PICTURE


@pytest.mark.parametrize(
    ("data", "called"),
    [
        (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "a PowerPoint presentation"),
        (zipped("holiday.jpg"), "an archive"),
        (b"PK\x05\x06" + bytes(18), "an archive"),
        (b"\x1f\x8b\x08" + bytes(20), "an archive"),
        (bytes(257) + b"ustar\x0000" + bytes(240), "an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an older or protected Office file"),
        (b"{\\rtf1 Hello}", "an RTF document"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "an HEIC picture"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00", "an HEIC picture"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "a picture of a kind I can't open"),
        (b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00", "a sound recording"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "a video"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a sound recording"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "a video"),
        (b"ID3\x04\x00", "a sound recording"),
        (b"BZh91AY&SY" + bytes(8), "an archive"),
        (b"\x7fELF\x02\x01\x01", "a program"),
        (b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00", "a program"),
        (b"SQLite format 3\x00" + bytes(80), "a database"),
    ],
)
def test_kinds_that_are_not_read_are_named_with_a_way_out(data: bytes, called: str) -> None:
    with pytest.raises(FileRefused) as refused:
        sniff("thing.pdf", data)

    said = refused.value.said
    assert said.startswith(f"thing.pdf is {called}, which I can't read. ")
    assert said.endswith(".")
    assert len(said) > len(f"thing.pdf is {called}, which I can't read. ")


def test_a_login_page_in_place_of_a_file_is_called_one() -> None:
    with pytest.raises(FileRefused, match="probably a login page"):
        sniff("q3.pdf", LOGIN_PAGE)


@pytest.mark.parametrize("name", ["page.html", "page.txt", "page", "template.vue"])
def test_a_web_page_that_was_announced_as_text_is_text(name: str) -> None:
    assert sniff(name, LOGIN_PAGE) is FileKind.TEXT


@pytest.mark.parametrize(
    "page", [b"<html lang='en'>", b"\xef\xbb\xbf\n <!doctype HTML>", b"<!-- saved -->\n<HTML>", LOGIN_PAGE]
)
def test_web_pages_look_like_web_pages(page: bytes) -> None:
    assert looks_like_html(page)


@pytest.mark.parametrize("data", [b"", b"htmlish", b"<svg><html></svg>", b"see <html>", picture()])
def test_other_things_do_not_look_like_web_pages(data: bytes) -> None:
    assert not looks_like_html(data)


@pytest.mark.parametrize(
    "said",
    [
        "MZ begins",
        "BM begins",
        "ID3 tags",
        "fLaC is",
        "OggS is",
        "RIFF is a format",
        "The ftyp box",
        "BZh is",
        "PAR1",
    ],
)
def test_a_sentence_that_begins_as_a_binary_file_does_is_text(said: str) -> None:
    assert sniff("a.mp3", said.encode() + b" a sentence like any other") is FileKind.TEXT
