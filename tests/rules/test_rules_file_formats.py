"""A file is what its name, its type and its content say together, or it is not taken."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from rules.errors import Invalid
from rules.file_formats import FORMATS, Glance, format_of
from rules.zip_directory import TAIL_KEPT
from tests.rules.verdicts import TAKEN, verdict
from tests.world.documents import DOCX, JPEG, PARTS, PDF, PNG, TIFF, docx, jpeg, pdf, pieces, png, tiff, zip_bomb

GOOD = {
    "pdf": (PDF, pdf()),
    "pdf 2.0": (PDF, b"%PDF-2.0" + pdf()[8:]),
    "large pdf": (PDF, pdf(3 * TAIL_KEPT)),
    "png": (PNG, png()),
    "jpeg": (JPEG, jpeg()),
    "jpeg filled up": (JPEG, jpeg() + bytes(100)),
    "tiff": (TIFF, tiff()),
    "tiff of the other byte order": (TIFF, tiff(">")),
    "tiff of several pages": (TIFF, tiff(before=700_000) + b"p" * 700_000),
    "docx": (DOCX, docx()),
    "docx, not packed": (DOCX, docx(compression=zipfile.ZIP_STORED)),
    "large docx": (DOCX, docx({**PARTS, "word/media/1.png": bytes(3 * TAIL_KEPT)}, compression=zipfile.ZIP_STORED)),
}


def look(media_type: str, content: bytes, size: int = 10_000) -> None:
    glance = Glance(FORMATS[media_type])
    for piece in pieces(content, size):
        glance.take(piece)
    glance.finish()


def refused(media_type: str, content: bytes, size: int = 10_000) -> str:
    with pytest.raises(Invalid) as no:
        look(media_type, content, size)
    assert no.value.field == "content"
    return no.value.code


CUTS = [(name, size) for name in GOOD for size in (1, 7, 8, 10_000, 10**8) if size > 10 or len(GOOD[name][1]) < 10_000]


@pytest.mark.parametrize(("name", "size"), CUTS)
def test_a_good_file_is_taken_however_it_is_cut(name: str, size: int) -> None:
    assert verdict(look, *GOOD[name], size) == TAKEN


@pytest.mark.parametrize("name", ["pdf", "png", "jpeg", "tiff", "docx"])
@pytest.mark.parametrize("media_type", [PDF, PNG, JPEG, TIFF, DOCX])
def test_a_file_that_lies_about_its_type_is_refused_at_its_first_bytes(name: str, media_type: str) -> None:
    its_own, content = GOOD[name]
    if media_type == its_own:
        return
    with pytest.raises(Invalid) as no:
        Glance(FORMATS[media_type]).take(content[:64])
    assert no.value.code == "ATTACHMENT_TYPE"
    assert refused(media_type, content, 1) == "ATTACHMENT_TYPE"


@pytest.mark.parametrize("media_type", [PDF, PNG, JPEG, TIFF, DOCX])
def test_an_empty_file_a_tiny_one_and_a_program_are_refused(media_type: str) -> None:
    assert refused(media_type, b"") == "ATTACHMENT_EMPTY"
    assert refused(media_type, b"M") == "ATTACHMENT_TYPE"
    assert refused(media_type, b"MZ\x90\x00" + bytes(1000)) == "ATTACHMENT_TYPE"
    assert refused(media_type, b"<html><script>alert(1)</script>") == "ATTACHMENT_TYPE"


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_was_cut_off_is_refused(name: str) -> None:
    media_type, content = GOOD[name]
    # Of a picture whose directory comes first only its scanner or its reader can tell that the end is missing.
    late = [] if media_type == TIFF else [len(content) // 2, len(content.rstrip(b"\x00")) - 2]
    for kept in (min(30, len(content) // 2), *late):
        assert refused(media_type, content[:kept]) == "ATTACHMENT_BROKEN"


@pytest.mark.parametrize("media_type", [PNG, JPEG, TIFF])
def test_nothing_but_the_mark_is_no_file(media_type: str) -> None:
    magic = FORMATS[media_type].magic[0]
    assert refused(media_type, magic) == "ATTACHMENT_BROKEN"


def test_a_pdf_needs_both_marks_of_its_trailer_near_the_end() -> None:
    assert refused(PDF, pdf().replace(b"startxref", b"startxxxx")) == "ATTACHMENT_BROKEN"
    assert refused(PDF, pdf().replace(b"%%EOF", b"%%EOX")) == "ATTACHMENT_BROKEN"
    look(PDF, pdf() + b"\n" * 900)
    assert refused(PDF, pdf() + b"\n" * 1100) == "ATTACHMENT_BROKEN"
    assert refused(PDF, b"%PDF-9.9" + pdf()[8:]) == "ATTACHMENT_TYPE"


def test_a_png_needs_a_true_header_and_nothing_after_its_end() -> None:
    assert refused(PNG, png(width=0)) == "ATTACHMENT_BROKEN"
    assert refused(PNG, png(height=0)) == "ATTACHMENT_BROKEN"
    assert refused(PNG, png(end=False)) == "ATTACHMENT_BROKEN"
    assert refused(PNG, png() + b"PK") == "ATTACHMENT_BROKEN"
    changed = bytearray(png())
    changed[17] ^= 1
    assert refused(PNG, bytes(changed)) == "ATTACHMENT_BROKEN"
    assert refused(PNG, png().replace(b"IHDR", b"IHDX")) == "ATTACHMENT_BROKEN"


def test_a_jpeg_with_something_else_behind_it_is_refused() -> None:
    assert refused(JPEG, jpeg() + docx()) == "ATTACHMENT_BROKEN"


@pytest.mark.parametrize(
    "content",
    [
        tiff(count=0),
        tiff(count=400),
        tiff(count=513),
        tiff(tags=[256, 273]),
        b"II*\x00" + struct.pack("<I", 4) + tiff()[8:],
        b"II*\x00" + struct.pack("<I", 10**9) + tiff()[8:],
        b"II*\x00" + struct.pack("<I", len(tiff()) - 1) + tiff()[8:],
    ],
)
def test_a_tiff_needs_a_directory_inside_the_file_that_names_its_size(content: bytes) -> None:
    assert refused(TIFF, content) == "ATTACHMENT_BROKEN"


def test_a_tiff_of_512_tags_is_taken() -> None:
    assert verdict(look, TIFF, tiff(tags=range(1, 513)), 100) == TAKEN


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"word/document.xml": b""}, "ATTACHMENT_TYPE"),
        ({"[Content_Types].xml": b"", "xl/workbook.xml": b""}, "ATTACHMENT_TYPE"),
        ({**PARTS, "word/vbaProject.bin": b"macro"}, "ATTACHMENT_TYPE"),
        ({**PARTS, "word/VBAPROJECT.BIN": b"macro"}, "ATTACHMENT_TYPE"),
        ({**PARTS, "../../evil.xml": b""}, "ATTACHMENT_BROKEN"),
        ({**PARTS, "/evil.xml": b""}, "ATTACHMENT_BROKEN"),
        ({**PARTS, "word\\evil.xml": b""}, "ATTACHMENT_BROKEN"),
        ({**PARTS, "WORD/document.xml": b"twice"}, "ATTACHMENT_BROKEN"),
        ({**PARTS, **{f"word/{number}.xml": b"" for number in range(2000)}}, "ATTACHMENT_BROKEN"),
    ],
)
def test_a_zip_that_is_no_plain_word_document_is_refused(parts: dict[str, bytes], code: str) -> None:
    assert refused(DOCX, docx(parts)) == code


def test_a_word_document_of_2000_parts_is_taken() -> None:
    parts = {**PARTS, **{f"word/{number}.xml": b"" for number in range(2000 - len(PARTS))}}
    assert len(parts) == 2000
    assert verdict(look, DOCX, docx(parts)) == TAKEN


def test_a_zip_bomb_is_known_by_its_directory_before_anything_is_unpacked() -> None:
    most = 200 * 1024 * 1024 - sum(map(len, list(PARTS.values())[:-1]))
    look(DOCX, zip_bomb(most))
    assert refused(DOCX, zip_bomb(most + 1)) == "ATTACHMENT_BROKEN"


def test_a_zip_bomb_whose_parts_overlap_is_refused() -> None:
    content = bytearray(
        docx({**PARTS, "word/a.xml": b"a" * 100, "word/b.xml": b"b" * 100}, compression=zipfile.ZIP_STORED)
    )
    entry = content.rindex(b"PK\x01\x02")
    (before,) = struct.unpack_from("<I", content, content.rindex(b"PK\x01\x02", 0, entry) + 42)
    struct.pack_into("<I", content, entry + 42, before + 1)
    assert refused(DOCX, bytes(content)) == "ATTACHMENT_BROKEN"


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [
        (4, "<H", 1),  # this disk
        (6, "<H", 1),  # the directory's disk
        (8, "<H", 2),  # entries on this disk
        (10, "<H", 0),  # entries in all
        (12, "<I", 10),  # the directory's length
        (16, "<I", 10),  # where it begins
        (20, "<H", 7),  # a comment that is not there
    ],
)
def test_an_end_record_that_does_not_fit_the_file_is_refused(place: int, form: str, value: int) -> None:
    content = bytearray(docx())
    struct.pack_into(form, content, content.rindex(b"PK\x05\x06") + place, value)
    assert refused(DOCX, bytes(content)) == "ATTACHMENT_BROKEN"


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [
        (0, "<I", 0),  # the mark
        (8, "<H", 1),  # encrypted
        (10, "<H", 14),  # packed in an uncommon way
        (20, "<I", 0xFFFFFFFF),  # sizes in a 64-bit record
        (24, "<I", 0xFFFFFFFF),
        (28, "<H", 60_000),  # a longer name than there is
        (30, "<H", 500),  # more beside it than there is
        (34, "<H", 1),  # another disk
        (42, "<I", 1),  # something before the first part
    ],
)
def test_an_entry_that_is_not_plain_is_refused(place: int, form: str, value: int) -> None:
    content = bytearray(docx())
    struct.pack_into(form, content, content.index(b"PK\x01\x02") + place, value)
    assert refused(DOCX, bytes(content)) == "ATTACHMENT_BROKEN"


def test_a_directory_that_is_too_short_for_its_entries_is_refused() -> None:
    content = bytearray(docx())
    end = content.rindex(b"PK\x05\x06")
    struct.pack_into("<HH", content, end + 8, 4, 4)
    assert refused(DOCX, bytes(content)) == "ATTACHMENT_BROKEN"


def test_a_comment_at_the_end_of_a_zip_is_no_fault_and_bytes_beside_it_are() -> None:
    made = io.BytesIO(docx())
    with zipfile.ZipFile(made, "a") as archive:
        archive.comment = b"made by hand"
    look(DOCX, made.getvalue())
    assert refused(DOCX, made.getvalue() + b"more") == "ATTACHMENT_BROKEN"
    assert refused(DOCX, docx()[:4] + b"polyglot" + docx()) == "ATTACHMENT_BROKEN"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("profile.pdf", PDF),
        ("PROFILE.PDF", "Application/PDF; charset=binary"),
        ("scan.jpeg", JPEG),
        ("scan.jpg", JPEG),
        ("scan.tif", TIFF),
        ("scan.tiff", TIFF),
        ("scan.png", PNG),
        ("plan.docx", DOCX),
    ],
)
def test_a_name_and_a_type_that_agree_name_the_format(name: str, media_type: str) -> None:
    assert format_of(name, media_type).media_type == media_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    ("name", "media_type", "field"),
    [
        ("profile.exe", "application/octet-stream", "mediaType"),
        ("profile.html", "text/html", "mediaType"),
        ("profile.svg", "image/svg+xml", "mediaType"),
        ("plan.docm", "application/vnd.ms-word.document.macroEnabled.12", "mediaType"),
        ("profile.pdf", "", "mediaType"),
        ("profile.png", PDF, "fileName"),
        ("profile.pdf.exe", PDF, "fileName"),
        ("profile", PDF, "fileName"),
        ("plan.docm", DOCX, "fileName"),
    ],
)
def test_a_name_and_a_type_that_do_not_agree_are_refused(name: str, media_type: str, field: str) -> None:
    with pytest.raises(Invalid) as no:
        format_of(name, media_type)
    assert (no.value.code, no.value.field) == ("ATTACHMENT_TYPE", field)
