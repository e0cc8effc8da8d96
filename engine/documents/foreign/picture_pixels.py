"""Decode a picture into few pixels and colours, for a terminal. Only `engine.documents.sandbox` calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from engine.documents.document import Box, Raster
from engine.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
_MOST_PIXELS = 150_000_000
_MARK = bytes((255, 135, 0))
_ORIENTATION = 0x0112  # the EXIF tag: how a viewer has to turn the picture


def decode_picture(path: Path, size: tuple[int, int], colours: int, mark: Box | None) -> Raster:
    """Return a picture, reduced to at most `size` pixels and `colours` colours (254 at most), upright.

    A frame is drawn around the part `mark` of the picture as it is stored. Raises DocumentError.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only where a picture is drawn

    Image.MAX_IMAGE_PIXELS = None  # Pillow only warns; `_MOST_PIXELS` counts
    try:
        with Image.open(path, formats=_FORMATS) as image:
            return _reduced(image, size, colours, mark)
    except UnidentifiedImageError as error:
        raise DocumentError("no picture of a known format") from error
    except (DocumentError, MemoryError):
        raise
    except OSError as error:  # Pillow raises it without a number for a truncated file
        raise DocumentError(error.strerror or f"damaged: {error}") from error
    except Exception as error:  # a damaged file may raise anything from within a decoder
        raise DocumentError(f"damaged: {error}") from error


def _reduced(image: Image, size: tuple[int, int], colours: int, mark: Box | None) -> Raster:
    """Return the first frame of an opened picture."""
    from PIL import Image  # noqa: PLC0415 - only where a picture is drawn

    if image.width * image.height > _MOST_PIXELS:
        raise DocumentError(f"too large: {image.width:,} x {image.height:,} pixels")
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(image.getexif().get(_ORIENTATION, 1))  # fmt: skip
    is_sideways = turn in {Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE,
                           Image.Transpose.ROTATE_90}  # fmt: skip
    image.draft("RGB", size)
    has_deep_grey = image.mode in ("I", "F") or image.mode.startswith("I;")
    image = image.convert("F") if has_deep_grey else image
    image.thumbnail(size[::-1] if is_sideways else size)
    opaque = (_stretched(image) if has_deep_grey else image).convert("RGBA")
    upright = Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque).convert("RGB")
    frame = _frame(upright.size, mark)
    if turn is not None:
        upright, frame = upright.transpose(turn), frame.transpose(turn)
    reduced = upright.quantize(colours)
    palette = bytes(reduced.getpalette() or ())[: 3 * colours].ljust(3 * colours, b"\0") + _MARK
    reduced.paste(colours, mask=frame)
    return Raster(*reduced.size, palette, reduced.tobytes())


def _stretched(grey: Image) -> Image:
    """Return a picture of numbers with 8 bits a pixel: its lowest is black, its highest white."""
    low, high = cast("tuple[float, float]", grey.getextrema())
    scale = 255 / (high - low or 1)
    return grey.point(lambda level: level * scale - low * scale).convert("L")


def _frame(size: tuple[int, int], mark: Box | None) -> Image:
    """Return a mask of the frame around a part of a picture; it is empty without one."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only where a picture is drawn

    mask = Image.new("1", size)
    if mark is not None:
        width, height = size
        line = max(1, round(max(size) / 200))
        corners = (
            mark[0] * width - line, mark[1] * height - line, mark[2] * width + line, mark[3] * height + line
        )  # fmt: skip
        within = [min(max(round(value), 0), limit - 1) for value, limit in zip(corners, size * 2, strict=True)]
        ImageDraw.Draw(mask).rectangle(within, outline=1, width=line)
    return mask
