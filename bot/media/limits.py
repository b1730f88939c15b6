"""How much of a file is read, and what reading it may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one file, unless said otherwise. Bytes and pixels are checked before anything is decoded.

    `memory` is address space of the worker, held by the system where it can. `inline_bytes` bounds what one file
    adds to a request, pictures or the file itself: 3 MB are 4 MB as base64. `waiting_bytes` bounds all files that
    wait for a worker. After `files` files a worker is replaced, after `idle_seconds` without one it is let go.
    """

    seconds: float = 20.0
    memory: int = 512 * 1024 * 1024
    file_bytes: int = 25_000_000
    waiting_bytes: int = 250_000_000
    characters: int = 200_000
    pixels: int = 50_000_000
    long_side: int = 1568
    picture_bytes: int = 1_000_000
    inline_bytes: int = 3_000_000
    pages: int = 100
    pictures: int = 20
    illustrated: int = 4
    files: int = 100
    idle_seconds: float = 120.0
