"""The copy of an access form that is printed, signed by hand, kept, or sent (001:18-44, CPF-09)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from html import escape

from resolvers.printed import document, named_values
from rules.access_forms import Application, FormKind, FormSigner
from rules.form_entries import Edition, printed_part

_KINDS = {
    FormKind.NEW: "New: a user ID for a person who has none",
    FormKind.CHANGE: "Change",
    FormKind.ENABLE: "Enable a disabled account",
    FormKind.REVOKE: "Revoke",
}

_SIGNERS = {
    FormSigner.SUPERVISOR: "Supervisor",
    FormSigner.LSO: "Local HIPAA Security Officer (LSO)",
    FormSigner.EXECUTIVE_DIRECTOR: "Executive Director",
}

_APPLICATIONS = {
    Application.CONSUMER_REFERRALS: "Consumer Referrals",
    Application.DATA_ENTRY: "Data Entry",
    Application.REVIEWER: "Reviewer",
}


@dataclass(frozen=True, slots=True)
class CopySignature:
    """A line for a signature: who gave it and when, or empty to be signed by hand."""

    capacity: FormSigner
    name: str | None
    on: date | None


@dataclass(frozen=True, slots=True)
class CopyContent:
    """What a printed copy says."""

    number: int
    kind: FormKind
    edition: Edition
    user_id: str | None
    last_name: str
    first_name: str
    middle_initial: str
    title: str
    city: str
    phone: str
    email: str
    division: str | None
    organization: str
    change_request: str
    effective_on: date | None
    tcm_supervisor: bool
    for_lso: bool
    create_user_id: bool
    applications: tuple[Application, ...]
    confidentiality_version: str
    submitted_on: date
    signatures: tuple[CopySignature, ...]
    send_to: tuple[str, ...]
    liaison: str
    content_hash: str


def printed_form(content: CopyContent) -> str:
    """Render a copy as one HTML document without scripts, styles from elsewhere, or links; every text is escaped."""
    title = f"Contract Provider Access Request Form {content.number}"
    return document(
        title,
        [
            "<section>",
            f"<h1>{escape(title)}</h1>",
            "<h2>Page 1: the person</h2>",
            named_values(_page_1(content)),
            "<h2>Signatures</h2>",
            named_values(_signature_lines(content.signatures)),
            "</section>",
            "<section>",
            f"<h1>{escape(f'{content.last_name}, {content.first_name}')}</h1>",
            "<h2>Page 2: applications</h2>",
            named_values(_page_2(content)),
            "<h2>Where to send this form</h2>",
            f"<p>{'<br>'.join(escape(line) for line in content.send_to)}</p>",
            f"<p>The user ID and password come back from the {escape(content.liaison)}. Keep a copy of this form.</p>",
            f"<p>Content {escape(content.content_hash)}</p>",
            "</section>",
        ],
    )


def _page_1(content: CopyContent) -> list[tuple[str, str]]:
    return [
        ("Request", _KINDS[content.kind]),
        ("Submitted", content.submitted_on.isoformat()),
        ("User ID", content.user_id or "none yet"),
        ("Last name", content.last_name),
        ("First name", content.first_name),
        ("Middle initial", content.middle_initial),
        ("Title", content.title),
        ("City", content.city),
        ("Phone", content.phone),
        ("E-mail", content.email),
        ("Division", content.division or ""),
        ("Provider or facility", content.organization),
        ("Local Security Officer of the organization", _yes(content.for_lso)),
        ("TCM supervisor responsibilities", _yes(content.tcm_supervisor)),
        ("What is to be changed", content.change_request),
        ("Effective on", content.effective_on.isoformat() if content.effective_on else ""),
    ]


def _page_2(content: CopyContent) -> list[tuple[str, str]]:
    marked = [
        (f"{printed_part(one, content.edition)}: {_APPLICATIONS[one]}", "Add")
        for one in Application
        if one in content.applications
    ]
    return [
        *marked,
        ("Additional data request", "Create User ID and Password" if content.create_user_id else ""),
        ("Confidentiality statement accepted, version", content.confidentiality_version),
    ]


def _signature_lines(signatures: Iterable[CopySignature]) -> list[tuple[str, str]]:
    return [
        (_SIGNERS[one.capacity], f"{one.name}, {one.on.isoformat()}" if one.name and one.on else "____________________")
        for one in signatures
    ]


def _yes(value: bool) -> str:
    return "Yes" if value else "No"
