"""PDFs: their text by pages, the pages that are pictured, and what is said of the rest."""

import io

import pytest
from PIL import Image

from bot.media.limits import Limits
from bot.media.worker import read
from bot.messages import ReadingKind
from tests.files import bomb_in_pdf, noise, pdf, protected_pdf, scanned_pdf

WORDS = "Enough words for a page"


def test_text_is_read_page_by_page() -> None:
    content = read("report.pdf", pdf(["Revenue (net)\nrose by 4 %", "The end"]), Limits())

    assert content.kind is ReadingKind.PDF
    assert content.text == "[page 1]\nRevenue (net)\nrose by 4 %\n\n[page 2]\nThe end"
    assert (content.pages, content.whole, content.unread, content.pictures) == (2, True, None, ())


def test_scanned_pages_are_pictured() -> None:
    content = read("scan.pdf", scanned_pdf(2), Limits())

    assert [picture.name for picture in content.pictures] == ["scan.pdf, page 1", "scan.pdf, page 2"]
    assert max(Image.open(io.BytesIO(content.pictures[0].data)).size) == 1568
    assert content.unread is None


def test_the_first_illustrated_pages_are_pictured_beside_their_text() -> None:
    jpeg = noise("JPEG", (60, 80))

    content = read("book.pdf", pdf([WORDS] * 5, images=[None, jpeg, jpeg, jpeg]), Limits(illustrated=2))

    assert [picture.name for picture in content.pictures] == ["book.pdf, page 2", "book.pdf, page 3"]
    assert content.text.count("[page 3]") == 1
    assert content.text.count("[page 4, whose pictures are not shown]") == 1
    assert content.text.count("[page 5]") == 1


def test_a_drawing_is_pictured_and_a_table_is_not() -> None:
    line = b"0 0 m 100 100 l S\n"

    content = read("plans.pdf", pdf([WORDS] * 2, drawings=[line * 20, line * 300]), Limits())

    assert [picture.name for picture in content.pictures] == ["plans.pdf, page 2"]


def test_pictures_of_pages_share_what_one_file_may_take() -> None:
    limits = Limits(inline_bytes=300_000)

    content = read("scan.pdf", scanned_pdf(5), limits)

    assert len(content.pictures) == 5
    assert sum(len(picture.data) for picture in content.pictures) <= limits.inline_bytes
    assert not content.whole


def test_scanned_pages_past_the_limit_are_said() -> None:
    content = read("scan.pdf", scanned_pdf(4), Limits(pictures=2, inline_bytes=200_000))

    assert len(content.pictures) == 2
    assert (
        content.unread == "Scanned pages of scan.pdf without text were not looked at: 3, 4. Send them as pictures."
    )


def test_pages_past_the_limit_are_said_and_the_file_is_not_passed_on_whole() -> None:
    content = read("long.pdf", pdf([f"This is page {n}" for n in range(1, 5_001)]), Limits())

    assert content.text.endswith("[page 100]\nThis is page 100")
    assert (content.pages, content.whole) == (5_000, False)
    assert content.unread == (
        "Pages 101–5,000 of long.pdf were not read: 100 pages are the most. "
        "Send the pages that matter on their own."
    )


def test_one_page_too_many_is_said_in_the_singular() -> None:
    content = read("long.pdf", pdf([WORDS] * 3), Limits(pages=2))

    assert content.unread is not None
    assert content.unread.startswith("Page 3 of long.pdf was not read: 2 pages are the most.")


def test_text_past_the_limit_is_said_with_the_pages_it_cost() -> None:
    content = read("wordy.pdf", pdf([WORDS * 2] * 9), Limits(characters=100))

    assert len(content.text) == 100
    assert content.unread is not None
    assert "Pages 4–9 of wordy.pdf were not read: the pages before took all the room." in content.unread
    assert "characters of wordy.pdf were left out: 100 are the most." in content.unread


def test_when_time_runs_out_what_was_read_stands_and_the_rest_is_said() -> None:
    content = read("slow.pdf", pdf([WORDS] * 3), Limits(seconds=0))

    assert content.text == f"[page 1]\n{WORDS}"
    assert content.unread is not None
    assert content.unread.startswith("Pages 2–3 of slow.pdf were not read: the pages before took too long.")


@pytest.mark.parametrize("box", [(1e9, 1e9), (14_400, 1), (0.001, 0.001), (595, 0), (-5, 300)])
def test_a_page_of_any_size_is_drawn_small_or_not_at_all(box: tuple[float, float]) -> None:
    content = read("odd.pdf", pdf([WORDS], box=box, drawings=[b"0 0 m 10 10 l S\n" * 200]), Limits())

    assert content.kind is ReadingKind.PDF
    for picture in content.pictures:
        assert max(Image.open(io.BytesIO(picture.data)).size) <= 1569


def test_a_protected_pdf_is_called_protected() -> None:
    content = read("secret.pdf", protected_pdf(), Limits())

    assert content.kind is ReadingKind.UNREAD
    assert content.unread == "secret.pdf is protected by a password. Send a copy without one."


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4\n" + bytes(5_000), pdf(["Hello"])[:120], pdf([])])
def test_a_damaged_pdf_is_called_damaged(data: bytes) -> None:
    content = read("bad.pdf", data, Limits())

    assert content.unread == "bad.pdf is a damaged PDF that can't be opened. Save or export it anew and send that."


def test_text_from_a_pdf_is_made_harmless() -> None:
    content = read("odd.pdf", pdf(["Ring\x07 the bell, and again"]), Limits())

    assert "\x07" not in content.text


def test_a_picture_bomb_inside_a_pdf_is_drawn_small() -> None:
    content = read("bomb.pdf", bomb_in_pdf(4_000), Limits())

    assert len(content.pictures) == 1
