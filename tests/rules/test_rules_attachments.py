"""Documents by the rule: names, how many, when one can be opened, how long a link holds (001:250-254)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.attachments import (
    FILE_NAME_LIMIT,
    MOST_PER_REFERRAL,
    WITH_CONTENT,
    AttachmentState,
    check_addable,
    check_link,
    check_openable,
    clean_file_name,
)
from rules.errors import Conflict, Invalid
from rules.referrals import ReferralStatus

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["profile.pdf", "Plan 2026 (final).docx", "Überblick.pdf", "a" * 196 + ".pdf"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert clean_file_name(f" {name} ") == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "TEXT_REQUIRED"),
        ("a" * (FILE_NAME_LIMIT + 1), "TEXT_TOO_LONG"),
        ("../../etc/passwd", "ATTACHMENT_NAME"),
        ("folder/profile.pdf", "ATTACHMENT_NAME"),
        ("C:\\profile.pdf", "ATTACHMENT_NAME"),
        (".profile.pdf", "ATTACHMENT_NAME"),
        ("profile.pdf.", "ATTACHMENT_NAME"),
        ('pro"file.pdf', "ATTACHMENT_NAME"),
        ("pro\nfile.pdf", "TEXT_MALFORMED"),
        ("pro\x00file.pdf", "TEXT_MALFORMED"),
        ("profile\u202efdp.exe", "TEXT_MALFORMED"),
    ],
)
def test_a_name_that_is_a_path_or_shows_otherwise_than_it_is_stored_is_refused(name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_file_name(name)
    assert (refused.value.code, refused.value.field) == (code, "fileName")


@pytest.mark.parametrize("status", ReferralStatus)
def test_documents_are_added_while_a_home_is_looked_for(status: ReferralStatus) -> None:
    if status in {ReferralStatus.DRAFT, ReferralStatus.OPEN}:
        check_addable(status, 0)
        return
    with pytest.raises(Conflict) as refused:
        check_addable(status, 0)
    assert refused.value.code == "REFERRAL_NOT_OPEN"


def test_a_referral_holds_40_documents_and_not_one_more() -> None:
    assert MOST_PER_REFERRAL == 40
    check_addable(ReferralStatus.OPEN, 39)
    with pytest.raises(Conflict) as refused:
        check_addable(ReferralStatus.OPEN, 40)
    assert refused.value.code == "ATTACHMENTS_FULL"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (AttachmentState.RECEIVED, "ATTACHMENT_WAITING"),
        (AttachmentState.REJECTED, "ATTACHMENT_REJECTED"),
        (AttachmentState.REMOVED, "ATTACHMENT_REMOVED"),
    ],
)
def test_only_an_available_document_can_be_opened(state: AttachmentState, code: str) -> None:
    check_openable(AttachmentState.AVAILABLE)
    with pytest.raises(Conflict) as refused:
        check_openable(state)
    assert refused.value.code == code


def test_the_content_is_kept_while_it_can_still_be_needed() -> None:
    assert {AttachmentState.RECEIVED, AttachmentState.AVAILABLE} == WITH_CONTENT


def test_a_link_holds_up_to_its_last_instant_and_not_beyond() -> None:
    check_link(NOW, None, NOW)
    with pytest.raises(Conflict) as refused:
        check_link(NOW, None, NOW + timedelta(microseconds=1))
    assert refused.value.code == "LINK_EXPIRED"


def test_a_link_opens_once() -> None:
    with pytest.raises(Conflict) as refused:
        check_link(NOW, NOW - timedelta(seconds=1), NOW)
    assert refused.value.code == "LINK_USED"
