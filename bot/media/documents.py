"""PDFs: their text page by page, and pictures of the pages whose text does not say everything. Worker only."""

import math
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from bot.errors import FileRefused
from bot.media.content import Content, Picture
from bot.media.limits import Limits
from bot.media.pictures import packed
from bot.media.text import shortened
from bot.messages import ReadingKind

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_TEXT_SHARE: Final = 0.4  # of the time: for text, the rest is for pictures and for a margin
_PICTURE_SHARE: Final = 0.7
_FEW_CHARACTERS: Final = 20
_OBJECTS_LOOKED_AT: Final = 2_000
_MOST_SCALE: Final = 10.0  # 720 dots to the inch: a tiny page stays a small picture
_DRAWING: Final = 100  # lines and curves on a page that make it a drawing rather than a table
_PICTURED_AREA: Final = 0.05  # of a page: more than a logo


@dataclass(frozen=True, slots=True)
class _Page:
    """What one page says, and whether it shows more than that. `scanned`: it shows something and says nothing."""

    number: int
    text: str
    scanned: bool
    illustrated: bool


def read_pdf(name: str, data: bytes, limits: Limits) -> Content:
    """The text of the first pages, and pictures of those that need them. Raises `FileRefused`."""
    from pypdfium2 import PdfiumError

    started = time.monotonic()
    try:
        document = _opened(name, data)
        try:
            return _read(name, document, limits, len(data), started)
        finally:
            document.close()
    except MemoryError as error:
        raise FileRefused(f"{name} takes too much memory to open. Send only the pages that matter.") from error
    except PdfiumError as error:
        raise _broken(name) from error


def _opened(name: str, data: bytes) -> "PdfDocument":
    from pypdfium2 import PdfDocument, PdfiumError
    from pypdfium2.raw import FORMTYPE_NONE, FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise FileRefused(f"{name} is protected by a password. Send a copy without one.") from error
        raise _broken(name) from error
    if document.get_formtype() != FORMTYPE_NONE:
        document.init_forms()  # else what people filled in is not drawn
    return document


def _broken(name: str) -> FileRefused:
    return FileRefused(f"{name} is a damaged PDF that can't be opened. Save or export it anew and send that.")


def _read(name: str, document: "PdfDocument", limits: Limits, size: int, started: float) -> Content:
    count = len(document)
    pages = _read_pages(document, min(count, limits.pages), limits, started + limits.seconds * _TEXT_SHARE)
    until = started + limits.seconds * _PICTURE_SHARE
    pictures = _draw(name, document, _to_picture(pages, limits), limits, until)
    text, left_out = shortened(_joined(pages, pictures), limits.characters)
    reasons = (
        _pages_unread(name, pages, count, limits),
        _text_unread(name, left_out, limits),
        _scans_unseen(name, [page.number for page in pages if page.scanned and page.number not in pictures]),
    )
    return Content(
        ReadingKind.PDF,
        text=text,
        pictures=tuple(pictures.values()),
        whole=size <= limits.inline_bytes and count <= limits.pages,
        pages=count,
        unread=" ".join(reason for reason in reasons if reason) or None,
    )


def _read_pages(document: "PdfDocument", count: int, limits: Limits, until: float) -> list[_Page]:
    """The first pages, fewer when time or room runs out."""
    pages: list[_Page] = []
    characters = 0
    for index in range(count):
        if pages and (time.monotonic() > until or characters > limits.characters):
            break
        page = _read_page(document, index)
        pages.append(page)
        characters += len(page.text)
    return pages


def _read_page(document: "PdfDocument", index: int) -> _Page:
    from pypdfium2 import PdfiumError

    try:
        page = document[index]
    except PdfiumError:
        return _Page(index + 1, "(This page is damaged.)", scanned=False, illustrated=False)
    try:
        text_page = page.get_textpage()
        text = text_page.get_text_bounded().strip()
        text_page.close()
        shows = _shows_more(page, form=document.formenv is not None)
        says = len(text) >= _FEW_CHARACTERS
        return _Page(index + 1, text, scanned=shows and not says, illustrated=shows and says)
    finally:
        page.close()


def _shows_more(page: "PdfPage", *, form: bool) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_PATH, FPDF_PAGEOBJ_SHADING

    width, height = page.get_size()
    drawn = 0
    for thing in islice(page.get_objects(max_depth=4), _OBJECTS_LOOKED_AT):
        if thing.type in (FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_SHADING):
            left, bottom, right, top = thing.get_bounds()
            if (right - left) * (top - bottom) > width * height * _PICTURED_AREA:
                return True
        drawn += thing.type == FPDF_PAGEOBJ_PATH
    return form or drawn >= _DRAWING


def _joined(pages: Sequence[_Page], pictured: Container[int]) -> str:
    return "\n\n".join(f"[{_heading(page, pictured)}]\n{page.text}".rstrip() for page in pages)


def _heading(page: _Page, pictured: Container[int]) -> str:
    unseen = (page.scanned or page.illustrated) and page.number not in pictured
    return f"page {page.number}, whose pictures are not shown" if unseen else f"page {page.number}"


def _to_picture(pages: Sequence[_Page], limits: Limits) -> tuple[int, ...]:
    """Pages to draw: all scanned ones that fit, and the first few whose text is not everything."""
    illustrated = [page.number for page in pages if page.illustrated][: limits.illustrated]
    scanned = [page.number for page in pages if page.scanned][: limits.pictures - len(illustrated)]
    return tuple(sorted(scanned + illustrated))


def _draw(
    name: str, document: "PdfDocument", numbers: Sequence[int], limits: Limits, until: float
) -> dict[int, Picture]:
    """Pictures of these pages, as many as there is time for, that share the room one file may take."""
    pictures: dict[int, Picture] = {}
    for number in numbers:
        if time.monotonic() > until:
            break
        most = min(limits.picture_bytes, limits.inline_bytes // len(numbers))
        picture = _draw_page(f"{name}, page {number}", document, number, limits.long_side, most)
        if picture is not None:
            pictures[number] = picture
    return pictures


def _draw_page(title: str, document: "PdfDocument", number: int, long_side: int, most: int) -> Picture | None:
    page = document[number - 1]
    try:
        longest = max(page.get_size())
        if not math.isfinite(longest) or longest <= 0:
            return None
        bitmap = page.render(scale=min(long_side / longest, _MOST_SCALE))
        return packed(title, bitmap.to_pil(), most, lossless=False)
    finally:
        page.close()


def _pages_unread(name: str, pages: Sequence[_Page], count: int, limits: Limits) -> str | None:
    read = len(pages)
    if read >= count:
        return None
    which = f"Page {count} of {name} was" if read + 1 == count else f"Pages {read + 1:,}–{count:,} of {name} were"
    if read == limits.pages:
        why = f"{limits.pages} pages are the most"
    elif sum(len(page.text) for page in pages) > limits.characters:
        why = "the pages before took all the room"
    else:
        why = "the pages before took too long"
    return f"{which} not read: {why}. Send the pages that matter on their own."


def _text_unread(name: str, left_out: int, limits: Limits) -> str | None:
    if not left_out:
        return None
    return f"The last {left_out:,} characters of {name} were left out: {limits.characters:,} are the most."


def _scans_unseen(name: str, unseen: Sequence[int]) -> str | None:
    """Of a scanned page nothing is known but its picture; without one it was not read."""
    if not unseen:
        return None
    which = ", ".join(str(number) for number in unseen[:5]) + (" and later ones" if len(unseen) > 5 else "")
    return f"Scanned pages of {name} without text were not looked at: {which}. Send them as pictures."
