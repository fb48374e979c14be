"""The risk-management programme as a calendar of obligations: what is due, when, and who answers for it (002:54-133).

``OBLIGATIONS`` says what the documents ask for. An obligation of the calendar has windows: it opens on a day and is due
on another. A rolling one is due so long after it was last done, for each system, regulation, facility or plan. One on a
trigger is opened by what happened. Windows that nobody has opened, because no worker was up, are opened late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from rules.calendar import month_begins, month_end, months_after
from rules.policy import Policy
from rules.reports import Procedure
from rules.roles import Role


class ObligationState(StrEnum):
    """Say where a dated obligation stands."""

    OPEN = "OPEN"
    """It is to be done; late, if its due date has passed."""
    DONE = "DONE"
    """It was done, and its evidence is kept."""


class SubjectKind(StrEnum):
    """Say what an obligation is about, where there is one for each."""

    HOUSE = "HOUSE"
    """The department as a whole."""
    SYSTEM = "SYSTEM"
    """An information system of the register (002:68-80)."""
    REGULATION = "REGULATION"
    """An operating regulation (002:83)."""
    FACILITY = "FACILITY"
    """A facility that is visited (002:84-86)."""
    PLAN = "PLAN"
    """A continuity or recovery plan (002:93-99)."""
    INCIDENT = "INCIDENT"
    """An incident that was closed as a breach (002:90-92)."""


class SystemChange(StrEnum):
    """Say what happened to a system in use, so that its risks are assessed again (002:68-76)."""

    SECURITY_COMPONENTS = "SECURITY_COMPONENTS"
    """A change is proposed to the system's security components."""
    MAJOR_FUNCTIONALITY = "MAJOR_FUNCTIONALITY"
    """A major functionality update is performed."""
    NEW_REGULATION = "NEW_REGULATION"
    """New rules or regulations are introduced by state or federal government."""
    NEW_TECHNOLOGY = "NEW_TECHNOLOGY"
    """New technology is introduced."""
    NEW_CODE_SETS = "NEW_CODE_SETS"
    """New code sets are introduced into the system."""


class PlanKind(StrEnum):
    """Say which plan is kept up to date."""

    BUSINESS_CONTINUITY = "BUSINESS_CONTINUITY"
    """Prepared, approved and maintained by the department (002:93-94)."""
    DISASTER_RECOVERY = "DISASTER_RECOVERY"
    """Prepared by the provider of IT services and approved by the department (002:95-99)."""


MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """From when an obligation can be done, and by when it has to be."""

    opens_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class EachYear:
    """The same windows in each year, each by its first and its last day."""

    windows: tuple[tuple[MonthDay, MonthDay], ...]


@dataclass(frozen=True, slots=True)
class EveryMonths:
    """The first month of every so many, counted from January; how many is the policy's number."""

    months: str


@dataclass(frozen=True, slots=True)
class Rolling:
    """So many months after it was last done, for each subject; ``number`` names the policy's field."""

    number: str
    per_year: bool = False

    def months(self, policy: Policy) -> int:
        """Give the months between two of them."""
        number: int = getattr(policy, self.number)
        return number * 12 if self.per_year else number


@dataclass(frozen=True, slots=True)
class OnTrigger:
    """Opened by what happened, and due so long after it as the policy says."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the documents ask for, how often, and who answers for it.

    ``performed_by`` are the documents' words where somebody outside the house does it. ``procedure`` is what its report
    is kept under; with ``kept_elsewhere`` another procedure of the house keeps it, and the obligation is done by that.
    """

    code: str
    title: str
    cadence: EachYear | EveryMonths | Rolling | OnTrigger
    owners: tuple[Role, ...]
    performed_by: str
    output: str
    cites: str
    procedure: Procedure
    subject: SubjectKind = SubjectKind.HOUSE
    kept_elsewhere: bool = False


_YEAR = EachYear((((1, 1), (12, 31)),))
_QUARTERS = EachYear((((1, 1), (3, 31)), ((4, 1), (6, 30)), ((7, 1), (9, 30)), ((10, 1), (12, 31))))
_FIRST_MONTHS = EachYear((((1, 1), (1, 31)), ((4, 1), (4, 30)), ((7, 1), (7, 31)), ((10, 1), (10, 31))))
_AUDITS = EachYear((((2, 1), (2, 29)), ((6, 1), (6, 30)), ((10, 1), (10, 31))))
_ODD_MONTHS = EachYear(
    (
        ((1, 15), (1, 31)), ((3, 15), (3, 31)), ((5, 15), (5, 31)),
        ((7, 15), (7, 31)), ((9, 15), (9, 30)), ((11, 15), (11, 30)),
    )
)  # fmt: skip
_APRIL = EachYear((((4, 1), (4, 30)),))

_CSO = (Role.CSO,)
_ACCOUNT_MGMT = (Role.ITSD_ACCOUNT_MGMT,)

_ALL = (
    Obligation(
        "RSK-SEC", "HIPAA security compliance assessment", _YEAR, _CSO, "CSO", "assessment record", "002:64",
        Procedure.RISK_ASSESSMENT,
    ),
    Obligation(
        "RSK-PRIV", "HIPAA privacy compliance assessment", _YEAR, (Role.PRIVACY_OFFICER,), "PRIVACY_OFFICER",
        "assessment record", "002:65-67", Procedure.RISK_ASSESSMENT,
    ),
    Obligation(
        "RSK-SYS", "Risk assessment of an existing system", Rolling("risk_system_years", per_year=True), _CSO, "CSO",
        "assessment record", "002:68-77", Procedure.RISK_ASSESSMENT, SubjectKind.SYSTEM,
    ),
    Obligation(
        "RSK-NEW", "Risk assessment of a new system", OnTrigger(), _CSO, "CSO",
        "assessment record", "002:79-80", Procedure.RISK_ASSESSMENT, SubjectKind.SYSTEM,
    ),
    Obligation(
        "RSK-DOR", "Review of every operating regulation", Rolling("risk_regulation_years", per_year=True), _CSO, "CSO",
        "review record", "002:83", Procedure.POLICY_REVIEW, SubjectKind.REGULATION,
    ),
    Obligation(
        "RSK-SITE", "Site visit at a facility", Rolling("risk_site_months"), (Role.CSO, Role.PRIVACY_OFFICER),
        "CSO or PRIVACY_OFFICER", "visit record", "002:84-86", Procedure.OBLIGATION, SubjectKind.FACILITY,
    ),
    Obligation(
        "RSK-VULN", "Vulnerability assessment of hosting infrastructure", EveryMonths("risk_vulnerability_months"),
        _CSO, "ISMO", "report received", "002:87-89", Procedure.OBLIGATION,
    ),
    Obligation(
        "RSK-INC", "Policy review after a breach", OnTrigger(), _CSO, "CSO", "review record", "002:90-92",
        Procedure.POLICY_REVIEW, SubjectKind.INCIDENT,
    ),
    Obligation(
        "RSK-BCP", "Business continuity plan current and approved", Rolling("risk_plan_months"), _CSO, "DMH",
        "approved plan version", "002:93-94", Procedure.OBLIGATION, SubjectKind.PLAN,
    ),
    Obligation(
        "RSK-DR", "Disaster recovery plan current and approved", Rolling("risk_plan_months"), _CSO,
        "IT service provider / DMH approval", "approved plan version", "002:96-99", Procedure.OBLIGATION,
        SubjectKind.PLAN,
    ),
    Obligation(
        "RSK-INV", "Inventory of computing equipment", _YEAR, (Role.CSO, Role.ADMINISTRATOR), "DMH",
        "inventory record", "002:104", Procedure.OBLIGATION,
    ),
    Obligation(
        "RSK-TRN", "Training programme (DOR 8.090)", _YEAR, _CSO, "CSO", "attestation", "002:82", Procedure.OBLIGATION,
    ),
    Obligation(
        "RSK-PHYS", "Physical security policies in place", _YEAR, _CSO, "CSO", "attestation", "002:101-102",
        Procedure.OBLIGATION,
    ),
    Obligation(
        "EMP-Q", "Employee userID audit", _FIRST_MONTHS, _CSO, "CSO", "report", "002:105-107;277",
        Procedure.EMPLOYEE_REVIEW, kept_elsewhere=True,
    ),
    Obligation(
        "EMP-Y", "List of employee IDs unused 60 days and still enabled", _YEAR, _CSO, "CSO", "list per facility",
        "002:290-296", Procedure.EMPLOYEE_REVIEW, kept_elsewhere=True,
    ),
    Obligation(
        "MF-Q", "Mainframe userID audit", _FIRST_MONTHS, _CSO, "CSO", "report", "002:108-110",
        Procedure.MAINFRAME_REVIEW, kept_elsewhere=True,
    ),
    Obligation(
        "CON-6", "Contract provider audit", _ODD_MONTHS, _ACCOUNT_MGMT, "ITSD_ACCOUNT_MGMT", "disable list",
        "002:111-113", Procedure.CONTRACT_AUDIT, kept_elsewhere=True,
    ),
    Obligation(
        "PAA-3", "Provider account audit", _AUDITS, _ACCOUNT_MGMT, "ITSD_ACCOUNT_MGMT", "audit list per provider",
        "002:114-116;145;163-167", Procedure.PROVIDER_ACCOUNT_AUDIT, kept_elsewhere=True,
    ),
    Obligation(
        "SAR-Q", "System activity review", _QUARTERS, _CSO, "CSO", "review report", "002:117-119;228",
        Procedure.SYSTEM_ACTIVITY_REVIEW, kept_elsewhere=True,
    ),
    Obligation(
        "SSA-6", "Provider snapshot for SSA", _ODD_MONTHS, _CSO, "system then CSO", "spreadsheet + letter",
        "002:338-351", Procedure.SSA_REPORT, kept_elsewhere=True,
    ),
    Obligation(
        "LSO-APR", "LSO information collection", _APRIL, _CSO, "CSO", "answer per LSO", "002:127-128",
        Procedure.LSO_COLLECTION, kept_elsewhere=True,
    ),
)  # fmt: skip

OBLIGATIONS: Mapping[str, Obligation] = MappingProxyType({one.code: one for one in _ALL})

PLAN_OBLIGATIONS: Mapping[PlanKind, str] = MappingProxyType(
    {PlanKind.BUSINESS_CONTINUITY: "RSK-BCP", PlanKind.DISASTER_RECOVERY: "RSK-DR"}
)
"""Which obligation a plan's approval and yearly attestation fulfil."""


def windows_due(cadence: EachYear | EveryMonths, after: date, until: date, policy: Policy) -> Iterator[Window]:
    """Yield the windows that open later than ``after``, up to ``until``, in their order."""
    if isinstance(cadence, EveryMonths):
        every: int = getattr(policy, cadence.months)
        yield from (Window(first, month_end(first)) for first in month_begins(every, after, until))
        return
    for year in range(after.year, until.year + 1):
        for opens, due in cadence.windows:
            opens_on = date(year, *opens)
            if after < opens_on <= until:
                yield Window(opens_on, _last_day(year, *due))


def first_window(cadence: EachYear | EveryMonths, on: date, policy: Policy) -> Window | None:
    """Return the window that is open on the day the calendar is begun; what was due before is not made up for."""
    begun = windows_due(cadence, months_after(on, -24), on, policy)
    return next((window for window in begun if window.due_on >= on), None)


def due_after(cadence: Rolling, last_done_on: date, policy: Policy) -> date:
    """Return when a rolling obligation is due again."""
    return months_after(last_done_on, cadence.months(policy))


def _last_day(year: int, month: int, day: int) -> date:
    # 29 February stands for the last day of the month.
    return date(year, month, min(day, month_end(date(year, month, 1)).day))
