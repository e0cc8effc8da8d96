"""Pictures for a terminal: small, upright, with the cited part framed; no file of them hurts."""

import struct
import zlib

import pytest
from PIL import Image

from engine.documents.cited_source import draw_source, is_picture
from engine.documents.sandbox import ConfinedReader, Drawing
from engine.errors import DocumentError

SMALL = Drawing((40, 30), 16)
FRAME = (255, 135, 0)


@pytest.fixture(scope="module")
def reader():
    with ConfinedReader(seconds=5.0) as confined:
        yield confined


def picture(path, size=(400, 200), **options):
    """A picture, red in its left half and blue in its right one."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    image.save(path, **options)
    return path


def colour(raster, x, y):
    number = raster.pixels[y * raster.width + x]
    return tuple(raster.palette[3 * number : 3 * number + 3])


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tif", "bmp"])
def test_a_picture_of_each_format_becomes_few_pixels_and_colours(reader, tmp_path, suffix):
    raster = reader.draw(picture(tmp_path / f"a.{suffix}"), SMALL)
    assert (raster.width, raster.height) == (40, 20)
    assert len(raster.pixels) == 800
    assert len(raster.palette) == 3 * 17
    red, blue = colour(raster, 3, 10), colour(raster, 36, 10)
    assert red[0] - red[2] > 150
    assert blue[2] - blue[0] > 150


def test_a_small_picture_is_not_enlarged_and_transparent_parts_are_white(reader, tmp_path):
    Image.new("RGBA", (8, 6), (0, 0, 0, 0)).save(tmp_path / "icon.png")
    raster = reader.draw(tmp_path / "icon.png", SMALL)
    assert (raster.width, raster.height, colour(raster, 4, 3)) == (8, 6, (255, 255, 255))


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_grey_of_more_than_8_bits_is_drawn_from_black_to_white(reader, tmp_path, mode):
    image = Image.new(mode, (8, 6), 1000)
    image.paste(60000, (4, 0, 8, 6))
    image.save(tmp_path / "scan.tif")
    raster = reader.draw(tmp_path / "scan.tif", SMALL)
    assert (colour(raster, 1, 3), colour(raster, 6, 3)) == ((0, 0, 0), (255, 255, 255))


def test_the_cited_part_is_framed_and_what_a_camera_held_sideways_is_upright(reader, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = picture(tmp_path / "turned.jpg", exif=exif)
    raster = reader.draw(path, Drawing((100, 100), 16, (0.0, 0.25, 0.5, 0.75)))
    assert (raster.width, raster.height) == (50, 100)
    framed = {(n % 50, n // 50) for n in range(5000) if colour(raster, n % 50, n // 50) == FRAME}
    assert {y for _, y in framed} == set(range(52))  # the left half is the upper one now
    assert {x for x, _ in framed} == set(range(11, 38))
    assert colour(raster, 25, 20)[0] > 200


def test_another_frame_is_no_new_colour_of_the_picture(reader, tmp_path):
    path = picture(tmp_path / "a.png")
    whole = reader.draw(path, Drawing((40, 30), 16, (-1.0, -1.0, 2.0, 2.0)))
    assert colour(whole, 0, 0) == colour(whole, 39, 19) == FRAME
    assert FRAME not in {colour(reader.draw(path, SMALL), x, y) for x in range(40) for y in range(20)}


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "no picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture of a known format"),
        (png_of(40, 30)[:60], "damaged"),
        (png_of(100_000, 100_000), "too large: 100,000 x 100,000 pixels"),
        (png_of(12_000, 12_000), "damaged"),
    ],
)
def test_a_damaged_or_hostile_picture_is_a_reason(reader, tmp_path, data, words):
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=words):
        reader.draw(path, SMALL)
    assert reader.draw(picture(tmp_path / "good.png"), SMALL).width == 40


def test_a_picture_that_needs_too_much_memory_is_a_reason(tmp_path):
    path = picture(tmp_path / "large.png", (9000, 9000))
    with ConfinedReader(memory=250_000_000) as confined, pytest.raises(DocumentError, match=r"memory|limits"):
        confined.draw(path, SMALL)


def test_a_source_is_drawn_by_the_rules_of_the_ingest(tmp_path):
    outside, library = tmp_path / "outside.png", tmp_path / "library"
    library.mkdir()
    picture(outside)
    (library / "link.png").symlink_to(outside)
    with pytest.raises(DocumentError, match="leads out of its folder"):
        draw_source(str(library / "link.png"), SMALL, roots=[str(library)], max_bytes=10**6)
    with pytest.raises(DocumentError, match="larger than"):
        draw_source(str(outside), SMALL, roots=[], max_bytes=10)
    with pytest.raises(DocumentError, match="No such file"):
        draw_source(str(library / "none.png"), SMALL, roots=[], max_bytes=10)
    assert draw_source(str(outside), SMALL, roots=[], max_bytes=10**6).width == 40


def test_a_picture_is_known_by_its_name():
    assert is_picture("/a/b.PNG")
    assert not is_picture("/a/b.pdf")
    assert not is_picture("/a/mail.mbox#3")
