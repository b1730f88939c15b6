"""Embeddings by counting: each word points into one direction, a text into the sum of its words'. Pure."""

import base64
import hashlib
import math
import re
import struct

_DIMENSIONS = 256
_MOST_DIMENSIONS = 3_072


def embed(text: str, dimensions: object = None, *, encoded: bool = False) -> list[float] | str:
    """A vector of length 1, as numbers or as base64 of little-endian 32-bit floats: the same for the same text."""
    size = dimensions if isinstance(dimensions, int) and 1 <= dimensions <= _MOST_DIMENSIONS else _DIMENSIONS
    vector = [0.0] * size
    for word in re.findall(r"\w+", text.lower()) or [""]:
        number = int.from_bytes(hashlib.sha256(word.encode(errors="replace")).digest()[:8])
        vector[number % size] += 1.0 if number >> 63 else -1.0
    length = math.hypot(*vector)
    if length == 0:
        vector[0] = length = 1.0
    unit = [value / length for value in vector]
    return base64.b64encode(struct.pack(f"<{size}f", *unit)).decode() if encoded else unit
