"""How large a picture is, as Discord tells beside an attachment."""

import io

from PIL import Image, UnidentifiedImageError


def size_of(data: bytes) -> tuple[int | None, int | None]:
    """Width and height; none of what is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError):
        return None, None
