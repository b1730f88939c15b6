"""Real files to attach, made in memory: pictures, PDFs and texts, honest and hostile."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

from PIL import Image, ImageDraw

# --- pictures ------------------------------------------------------------------------------------


def picture(form: str = "PNG", size: tuple[int, int] = (80, 60), colour: str = "red", mode: str = "RGB") -> bytes:
    """A picture of one colour."""
    return _saved(Image.new(mode, size, colour), form)


def noise(form: str, size: tuple[int, int]) -> bytes:
    """A picture that compresses badly."""
    return _saved(Image.effect_noise(size, 90).convert("RGB"), form)


def photo_on_its_side() -> bytes:
    """A JPEG whose camera was turned: stored 80 × 60 with red on the left, meant 60 × 80 with red on top."""
    image = Image.new("RGB", (80, 60), "blue")
    image.paste("red", (0, 0, 40, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera of one's own"
    return _saved(image, "JPEG", exif=exif, quality=95, comment=b"at home", icc_profile=bytes(200))


def animation(form: str) -> bytes:
    """Two frames, red and then blue."""
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    return _saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)


def transparent_picture() -> bytes:
    """A PNG with a hole in it."""
    image = Image.new("RGBA", (50, 50), (0, 128, 0, 255))
    ImageDraw.Draw(image).rectangle((10, 10, 40, 40), fill=(0, 0, 0, 0))
    return _saved(image, "PNG")


def image_bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that claims an enormous size."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*piece) for piece in pieces)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


# --- PDFs ----------------------------------------------------------------------------------------


def pdf(
    texts: Sequence[str],
    *,
    box: tuple[float, float] = (595, 842),
    images: Sequence[bytes | None] = (),
    drawings: Sequence[bytes] = (),
) -> bytes:
    """A PDF with these texts, a page each; `images` are JPEGs that fill their pages, `drawings` raw operators."""
    objects: dict[int, bytes] = {3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
    kids = []
    for index, text in enumerate(texts):
        number = 4 + 3 * index
        image = images[index] if index < len(images) else None
        content = _lines(text, box) + (drawings[index] if index < len(drawings) else b"")
        resources = b"/Font << /F1 3 0 R >>"
        if image is not None:
            objects[number + 2] = _jpeg_object(image)
            content = b"q %d 0 0 %d 0 0 cm /Im Do Q\n" % (int(box[0]), int(box[1])) + content
            resources += b" /XObject << /Im %d 0 R >>" % (number + 2)
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Contents %d 0 R /Resources << %s >> >>"
            % (
                *box,
                number + 1,
                resources,
            )
        )
        objects[number + 1] = _stream(content)
        kids.append(number)
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    return assembled(objects)


def assembled(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first of them its catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    table, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    out += b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(out)


def scanned_pdf(pages: int = 1) -> bytes:
    """Pages that are pictures only."""
    return pdf([""] * pages, images=[noise("JPEG", (600, 800))] * pages)


def protected_pdf() -> bytes:
    """A PDF that opens with the password "secret" only."""
    padding = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    secret = (b"secret" + padding)[:32]
    owner = _rc4(hashlib.md5(secret, usedforsecurity=False).digest()[:5], secret)
    key = hashlib.md5(
        secret + owner + struct.pack("<i", -4) + b"0123456789abcdef", usedforsecurity=False
    ).digest()[:5]
    lock = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (
        owner.hex().encode(),
        _rc4(key, padding).hex().encode(),
    )
    names = b"<%s>" % b"0123456789abcdef".hex().encode()
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: page,
        4: lock,
    }
    return assembled(objects, b"/Encrypt 4 0 R /ID [%s %s]" % (names, names))


_PAGE_OF_X = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
    b"/Resources << /XObject << /X 5 0 R >> >> >>"
)


def greedy_pdf(depth: int = 8, width: int = 10) -> bytes:
    """A small PDF whose one page draws forms that draw forms, `width` to the power of `depth` times."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: _PAGE_OF_X,
        4: _stream(b"/X Do\n"),
    }
    for level in range(depth):
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /X %d 0 R >> >>" % (
            6 + level
        )
        objects[5 + level] = _stream(b"/X Do\n" * width, head)
    last = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800]"
    objects[5 + depth] = _stream(b"0 0 m 600 800 l S\n" * width, last)
    return assembled(objects)


def bomb_in_pdf(side: int = 30_000) -> bytes:
    """A small PDF with a picture of so many pixels on each side, packed twice."""
    packer = zlib.compressobj(9)
    row = bytes(side * 3)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        b"/Filter [/FlateDecode /FlateDecode]" % (side, side)
    )
    return assembled(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            3: _PAGE_OF_X,
            4: _stream(b"q 600 0 0 800 0 0 cm /X Do Q\n"),
            5: _stream(zlib.compress(rows, 9), head),
        }
    )


def _lines(text: str, box: tuple[float, float]) -> bytes:
    if not text:
        return b""
    shown = [line.translate({0x28: "\\(", 0x29: "\\)", 0x5C: "\\\\"}) for line in text.split("\n")]
    body = "".join(f"({line}) Tj T*\n" for line in shown)
    return f"BT /F1 12 Tf 14 TL 40 {box[1] - 60:g} Td\n{body}ET\n".encode("cp1252")


def _stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), head, data)


def _jpeg_object(data: bytes) -> bytes:
    width, height = Image.open(io.BytesIO(data)).size
    head = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        b"/Filter /DCTDecode" % (width, height)
    )
    return _stream(data, head)


def _rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


# --- others --------------------------------------------------------------------------------------


def zipped(*names: str) -> bytes:
    """A zip archive that holds files of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, f"what is in {name}\n" * 20)
    return out.getvalue()


LOGIN_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form></form></body></html>"
"""What some platforms send, with status 200, to whoever may not read a file."""
