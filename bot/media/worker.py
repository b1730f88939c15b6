"""The process that opens what people attach: `python -m bot.media.worker`, frames in, frames out, one at a time.

It knows no key, writes no file and may die of any file at any time. It ends when its input does.
"""

import logging
import os
import sys
from typing import BinaryIO

from bot.errors import FileRefused
from bot.media.confine import bound_processor, confine
from bot.media.content import Content
from bot.media.documents import read_pdf
from bot.media.frames import LENGTHS, READY, answer_of, asked_in, lengths_of
from bot.media.limits import Limits
from bot.media.pages import read_page
from bot.media.pictures import read_picture
from bot.media.sniff import FileKind, looks_like_html, sniff
from bot.media.text import read_text
from bot.messages import ReadingKind

_READERS = {FileKind.PICTURE: read_picture, FileKind.PDF: read_pdf, FileKind.TEXT: read_text}


def main() -> None:
    """Serve until the input ends. The one argument is how many bytes of memory this process may take."""
    logging.disable()
    source, sink = sys.stdin.buffer, _private_output()
    _load_libraries()
    confine(int(sys.argv[1]))
    sink.write(READY)
    sink.flush()
    while True:
        _serve_one(source, sink)


def read(name: str, data: bytes, limits: Limits, url: str | None = None) -> Content:
    """What is in the file, or on the page that is at `url`, or why it was not read."""
    try:
        if url is not None and looks_like_html(data):
            return read_page(name, data, limits, url)
        return _READERS[sniff(name, data)](name, data, limits)
    except FileRefused as error:
        return Content(ReadingKind.UNREAD, unread=error.said)


def _serve_one(source: BinaryIO, sink: BinaryIO) -> None:
    json, body = lengths_of(_exactly(source, LENGTHS.size), sys.maxsize)
    name, limits, url = asked_in(_exactly(source, json))
    data = _exactly(source, body)
    bound_processor(limits.seconds)
    sink.write(answer_of(read(name, data, limits, url)))
    sink.flush()


def _private_output() -> BinaryIO:
    """Our end of the pipe; anything that prints, prints into nothing."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return sink


def _load_libraries() -> None:
    # All of it before the limits: later there are few files to open and little room to map.
    import pypdfium2  # noqa: F401
    import selectolax.lexbor  # noqa: F401
    from PIL import GifImagePlugin, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401


def _exactly(source: BinaryIO, length: int) -> bytes:
    """So many bytes. The end of the input is the end of this process."""
    data = source.read(length)
    if len(data) < length:
        sys.exit(0)
    return data


if __name__ == "__main__":
    main()
