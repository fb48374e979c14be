"""What may be typed: trimmed, composed, limited, and nothing that a page cannot show."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Invalid
from rules.text import COMMENT_LIMIT, NAME_LIMIT, REASON_LIMIT, clean_email, clean_text


def refused(value: str, *, limit: int = NAME_LIMIT, multiline: bool = False, required: bool = False) -> str:
    with pytest.raises(Invalid) as refusal:
        clean_text(value, field="comments", limit=limit, multiline=multiline, required=required)
    assert refusal.value.field == "comments"
    assert not value.strip() or value not in refusal.value.message
    return refusal.value.code


def name(value: str) -> str:
    return clean_text(value, field="firstName", limit=NAME_LIMIT)


def comment(value: str) -> str:
    return clean_text(value, field="comments", limit=COMMENT_LIMIT, multiline=True)


def test_the_limits_are_those_of_the_forms() -> None:
    assert (NAME_LIMIT, REASON_LIMIT, COMMENT_LIMIT) == (100, 500, 4000)


def test_text_is_trimmed_and_composed() -> None:
    assert name("  Zoe\u0308 \n") == "Zoë"


def test_a_text_of_the_limit_is_taken_and_one_character_more_is_not() -> None:
    assert name("x" * 100) == "x" * 100
    assert name("  " + "x" * 100 + "  ") == "x" * 100
    assert refused("x" * 101) == "TEXT_TOO_LONG"


def test_the_limit_counts_characters_as_they_are_shown() -> None:
    assert name("e\u0301" * 100) == "é" * 100
    assert refused("e\u0301" * 100 + "x") == "TEXT_TOO_LONG"
    assert refused("e\u0301" * 101) == "TEXT_TOO_LONG"


def test_a_comment_of_a_megabyte_is_refused() -> None:
    assert refused("x" * 1_000_000, limit=COMMENT_LIMIT, multiline=True) == "TEXT_TOO_LONG"


@pytest.mark.parametrize("odd", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ud800", "\u202e", "\u2066"])
def test_a_character_that_cannot_be_shown_is_refused_in_names_and_comments(odd: str) -> None:
    assert refused(f"Jo{odd}hn") == "TEXT_MALFORMED"
    assert refused(f"Jo{odd}hn", multiline=True) == "TEXT_MALFORMED"


def test_a_letter_carries_so_many_marks_as_can_be_shown() -> None:
    assert name("q" + "\u0323" * 30) == "q" + "\u0323" * 30
    assert refused("q" + "\u0323" * 31) == "TEXT_MALFORMED"
    assert name("q" + "\u0344" * 15) == "q" + "\u0308\u0301" * 15
    assert refused("q" + "\u0344" * 16) == "TEXT_MALFORMED"


def test_a_comment_of_nothing_but_accents_is_refused() -> None:
    stacked = "a" + "\u0301" * 3990 + "\u0323" * 3990
    assert refused(stacked, limit=COMMENT_LIMIT, multiline=True) == "TEXT_MALFORMED"
    assert refused("\u0f73" * COMMENT_LIMIT, limit=COMMENT_LIMIT) == "TEXT_MALFORMED"


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\u2028", "\u2029"])
def test_a_line_break_is_kept_in_a_comment_and_refused_in_a_name(line_break: str) -> None:
    assert comment(f"one{line_break}two") == "one\ntwo"
    assert refused(f"one{line_break}two") == "TEXT_MALFORMED"
    with pytest.raises(Invalid):
        name(f"one{line_break}two")


def test_a_tab_is_kept_in_a_comment_and_refused_in_a_name() -> None:
    assert comment("one\ttwo") == "one\ttwo"
    assert refused("one\ttwo") == "TEXT_MALFORMED"


@pytest.mark.parametrize("real", ["O'Hara-Núñez", "李小龙", "Иван", "Jean-Luc 2nd", "👩🏽‍🦽", "نور"])
def test_names_and_signs_of_any_script_are_taken(real: str) -> None:
    assert name(real) == real


def test_an_empty_text_is_refused_only_where_one_is_required() -> None:
    assert name("   ") == ""
    assert refused(" \n ", required=True) == "TEXT_REQUIRED"
    assert clean_text(" a ", field="reason", limit=REASON_LIMIT, required=True) == "a"


@given(st.text(max_size=300), st.booleans())
def test_cleaned_text_stays_clean(value: str, multiline: bool) -> None:
    try:
        cleaned = clean_text(value, field="comments", limit=120, multiline=multiline)
    except Invalid:
        return
    assert len(cleaned) <= 120
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert multiline or "\n" not in cleaned
    assert clean_text(cleaned, field="comments", limit=120, multiline=multiline) == cleaned


@pytest.mark.requirement("PRF-06")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("dana.reyes@example.org", "dana.reyes@example.org"),
        ("  Dana@Mail.EXAMPLE.org\n", "Dana@mail.example.org"),
        ("o'hara+referrals_1@a-b.example", "o'hara+referrals_1@a-b.example"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ("l" * 64 + "@example.org", "l" * 64 + "@example.org"),
        ("l@" + "d" * 63 + ".example", "l@" + "d" * 63 + ".example"),
        ("l@" + ("d" * 59 + ".") * 4 + "d" * 12, "l@" + ("d" * 59 + ".") * 4 + "d" * 12),
    ],
)
def test_an_address_is_taken_with_its_domain_in_small_letters(typed: str, read: str) -> None:
    assert clean_email(typed, "email") == read


@pytest.mark.requirement("PRF-06")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "dana",
        "@example.org",
        "dana@",
        "dana@localhost",
        "dana@example..org",
        "dana@.example.org",
        "dana@example.org.",
        "dana@-example.org",
        "dana@example-.org",
        ".dana@example.org",
        "dana.@example.org",
        "da..na@example.org",
        "da na@example.org",
        "a@b@example.org",
        "Dana <dana@example.org>",
        "dana@example.org\r\nBcc: all@example.org",
        "dana@example.org, x@example.org",
        "dana@exämple.org",
        "dána@example.org",
        "dana@[127.0.0.1]",
        "dana\x00@example.org",
        "l" * 65 + "@example.org",
        "l@" + "d" * 64 + ".example",
        "l" * 50 + "@" + ("d" * 50 + ".") * 4 + "example",
    ],
)
def test_a_malformed_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_email(typed, "email")
    assert refusal.value.code == "EMAIL_MALFORMED"
    assert refusal.value.field == "email"


def test_an_address_of_254_characters_is_taken_and_one_of_255_is_not() -> None:
    longest_254 = "l" * 63 + "@" + ".".join(["d" * 62, "d" * 62, "d" * 62, "d"])
    assert len(longest_254) == 254
    longest_255 = "l" + longest_254
    assert clean_email(longest_254, "email") == longest_254
    with pytest.raises(Invalid):
        clean_email(longest_255, "email")
