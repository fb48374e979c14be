"""What may be entered on an access form: how it came, the address, the applications and where they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from rules.access_forms import PAPER, Application, Channel
from rules.errors import Invalid
from rules.organizations import OrganizationKind


def check_channel(channel: Channel, *, records_papers: bool, own: bool) -> None:
    """Let people enter their own organization's forms here, and the regional office the papers of any (POL-19).

    Raises Invalid CHANNEL_NOT_YOURS.
    """
    if channel is Channel.PORTAL and own:
        return
    if channel in PAPER and records_papers:
        return
    raise Invalid(
        "Forms are entered here by people of the organization; papers are recorded by the regional office.",
        code="CHANNEL_NOT_YOURS",
        field="channel",
    )


def check_own_address(email: str) -> None:
    """Refuse an address that an office shares: it is unique to the person (CPF-15). Raises Invalid EMAIL_SHARED."""
    local = email.partition("@")[0].casefold()
    if local in _SHARED or local.rstrip("0123456789") in _SHARED:
        raise Invalid(
            "This looks like an address that several people read. Give the person's own.",
            code="EMAIL_SHARED",
            field="email",
        )


_SHARED: frozenset[str] = frozenset(
    {
        "accounting",
        "accounts",
        "admin",
        "administration",
        "administrator",
        "billing",
        "care",
        "contact",
        "customerservice",
        "director",
        "directors",
        "do-not-reply",
        "donotreply",
        "everyone",
        "fax",
        "feedback",
        "finance",
        "front.desk",
        "frontdesk",
        "hello",
        "help",
        "helpdesk",
        "hq",
        "hr",
        "humanresources",
        "inbox",
        "info",
        "information",
        "intake",
        "it",
        "jobs",
        "lso",
        "mail",
        "mailbox",
        "main",
        "manager",
        "managers",
        "marketing",
        "no-reply",
        "noreply",
        "office",
        "operations",
        "payroll",
        "postmaster",
        "programs",
        "reception",
        "receptionist",
        "records",
        "referral",
        "referrals",
        "sales",
        "secretary",
        "security",
        "service",
        "services",
        "staff",
        "supervisor",
        "supervisors",
        "support",
        "tcm",
        "team",
        "webmaster",
    }
)


def default_applications(kind: OrganizationKind, *, tcm_supervisor: bool) -> tuple[Application, ...]:
    """Say what is marked "Add" when nothing else is said (000:59-63, 000:115-119, 001:27)."""
    offered = kind in (OrganizationKind.TCM, OrganizationKind.RESIDENTIAL)
    referrals = (Application.CONSUMER_REFERRALS,) if offered else ()
    return (*referrals, *((Application.DATA_ENTRY, Application.REVIEWER) if tcm_supervisor else ()))


def check_applications(
    applications: Iterable[Application], kind: OrganizationKind, *, tcm_supervisor: bool
) -> tuple[Application, ...]:
    """Give what is marked, each once in the order of the form.

    Raises Invalid TCM_ONLY (field ``tcmSupervisor``), SUPERVISORS_ONLY, NOT_OFFERED (field ``applications``).
    """
    marked = frozenset(applications)
    if tcm_supervisor and kind is not OrganizationKind.TCM:
        raise Invalid("Only TCM entities have TCM supervisors.", code="TCM_ONLY", field="tcmSupervisor")
    if marked - {Application.CONSUMER_REFERRALS} and not tcm_supervisor:
        raise Invalid(
            "Data Entry and Reviewer are for people with TCM supervisor responsibilities.",
            code="SUPERVISORS_ONLY",
            field="applications",
        )
    if Application.CONSUMER_REFERRALS in marked and not kind.is_provider:
        raise Invalid("Consumer Referrals is for providers under contract.", code="NOT_OFFERED", field="applications")
    return tuple(one for one in Application if one in marked)


class Edition(StrEnum):
    """Name the edition of the printed form: in which part an application stands differs (POL-17)."""

    TCM = "TCM"
    """For DD TCM entities: Consumer Referral DB is in part 4, second section (000:59-63)."""
    RESIDENTIAL = "RESIDENTIAL"
    """For everybody else: Consumer Referrals is in part 5 (001:27)."""


def edition_for(kind: OrganizationKind) -> Edition:
    """Say which edition an organization fills in."""
    return Edition.TCM if kind is OrganizationKind.TCM else Edition.RESIDENTIAL


def printed_part(application: Application, edition: Edition) -> str:
    """Say where an application stands on the printed form (POL-17)."""
    if application is Application.CONSUMER_REFERRALS and edition is Edition.TCM:
        return "Part 4, second section"
    return "Part 5"


class LiaisonKind(StrEnum):
    """Say which liaison of the regional office hands out the user ID and password (000:124-128, POL-30)."""

    PROVIDER_RELATIONS = "PROVIDER_RELATIONS"
    """The Provider Relations liaison (000:125)."""
    TCM_TAC = "TCM_TAC"
    """The TCM TAC liaison, for TCM entities (000:122, 000:128)."""


def liaison_for(edition: Edition) -> LiaisonKind:
    """Say which liaison those deal with who fill in an edition."""
    return LiaisonKind.TCM_TAC if edition is Edition.TCM else LiaisonKind.PROVIDER_RELATIONS
