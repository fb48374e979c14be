"""Who may do what: every use case against every role, denied by default, refusals written down (AUD-05)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

import resolvers
from homeward.seal_key import PublicSealKeys
from orm.models import Attachment, AuditEntry, Notification, Outcome, ProviderAuditLine, ProviderKind, User
from orm.sql import fetch
from resolvers.access_request_decisions import Answer as RequestAnswer
from resolvers.access_request_drafts import NewAccessRequest
from resolvers.accounts import NewAccount
from resolvers.activity_review_opening import review_key
from resolvers.attachments import Upload
from resolvers.callers import Actor, Caller, house
from resolvers.contacts import ContactChange, NewContact
from resolvers.desk import USE_CASES, UseCase
from resolvers.evidence import PrintForm
from resolvers.exclusions import exclude_provider
from resolvers.file_ports import KeptFile, SealedKey
from resolvers.insight_views import InsightQuestion
from resolvers.officers import Organization
from resolvers.outside_systems import OutsideSystemData
from resolvers.profile import ProfileChange
from resolvers.providers import ContractData, ProviderData, SiteData
from resolvers.referral_entry import ReferralChange
from resolvers.report_prints import PrintedReport
from resolvers.report_recipients import NewRecipient
from resolvers.resets import open_reset
from resolvers.responses import Answer, respond_to_referral
from resolvers.review_findings import FindingEntry
from resolvers.revocation import Revocation
from resolvers.signing import Hand
from resolvers.spreadsheets import SpreadsheetForm
from rules.access_forms import FormSigner
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Quarter, Remedy, Severity
from rules.attachments import AttachmentState
from rules.break_glass import BreakGlassFinding
from rules.calendar import local_date
from rules.employee_review import Employment
from rules.errors import Denied, Invalid, Refusal
from rules.incidents import Finding, LsoAnswer
from rules.leaving import RevocationReason
from rules.lso import LsoEnd
from rules.notices import DeliveryState, NotificationKind
from rules.organizations import Division, Under
from rules.profiles import DeactivationReason
from rules.provider_audit import AuditAnswer
from rules.referrals import AttachmentKind, CloseOutcome, ResponseKind, SiteKind
from rules.reports import Procedure
from rules.resets import Proof
from rules.roles import GRANTABLE, Role
from rules.segregation import PairVerdict
from rules.ssa import DeliveryStep, RecipientPurpose
from rules.tickets import TicketOutcome
from tests.resolvers import matrix_risk
from tests.world.audit_rows import AuditRows, plant_audit_rows
from tests.world.evidence import plant_evidence, report_of
from tests.world.forms import (
    FORWARDED_FORM,
    ISSUED_FORM,
    LETTER_ON_PAPER,
    PAPER_FORM,
    SIGNED_FORM,
    newcomer,
    plant_forms,
)
from tests.world.world import STATEMENT, World

for _module in pkgutil.iter_modules(resolvers.__path__):
    importlib.import_module(f"resolvers.{_module.name}")

PEOPLE = GRANTABLE
HOUSE = frozenset({Role.SYSTEM})
EDITORS = frozenset({Role.PLACEMENT_COORDINATOR, Role.TRANSITION_COORDINATOR, Role.CENTRAL_STAFF})
POSTMASTERS = frozenset({Role.ADMINISTRATOR, Role.SUPPORT_DESK})
TRAIL_READERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.CSO})
GLASS_BREAKERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER})
READERS = EDITORS | {Role.ADMINISTRATOR, Role.CONSUMER_REFERRAL_DB}
AT_PROVIDERS = frozenset({Role.CONSUMER_REFERRAL_DB, Role.PROVIDER_PROFILE_UPDATE, Role.LSO, Role.EXECUTIVE_DIRECTOR})
PROVIDER_OFFICE = frozenset({Role.PROVIDER_RELATIONS, Role.CENTRAL_STAFF})
KEEPERS = PROVIDER_OFFICE | {Role.PROVIDER_PROFILE_UPDATE, Role.CONSUMER_REFERRAL_DB}
PROFILE_READERS = KEEPERS | EDITORS | {Role.ADMINISTRATOR}

TICKET_OFFICES = frozenset({Role.SUPPORT_DESK, Role.ITSD_ACCOUNT_MGMT, Role.CSO, Role.ADMINISTRATOR})
EVIDENCE_READERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR, Role.ITSD_ACCOUNT_MGMT})
REVIEW_READERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
ACTIVITY_REVIEWERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER})

REVIEW_OFFICES = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.PRIVACY_OFFICER, Role.AUDITOR})

# Written by hand from the documents, on purpose not derived from the code: a new use case has to be entered here.
MAY: dict[str, frozenset[Role]] = {
    "account.access_log": PEOPLE,
    "break_glass.end": GLASS_BREAKERS,
    "break_glass.list": GLASS_BREAKERS | {Role.AUDITOR, Role.ADMINISTRATOR},
    "break_glass.open": GLASS_BREAKERS,
    "break_glass.read": GLASS_BREAKERS,
    "break_glass.review": GLASS_BREAKERS,
    "break_glass.view": GLASS_BREAKERS | {Role.AUDITOR, Role.ADMINISTRATOR},
    "trail.export_report": GLASS_BREAKERS | {Role.AUDITOR},
    "trail.of_referral": GLASS_BREAKERS | {Role.AUDITOR},
    "trail.report": GLASS_BREAKERS | {Role.AUDITOR},
    "access_form.forward": frozenset({Role.PROVIDER_RELATIONS}),
    "access_form.issue": frozenset({Role.OA}),
    "access_form.list": PEOPLE,
    "access_form.record_paper_signature": frozenset({Role.PROVIDER_RELATIONS}),
    "access_form.release": frozenset({Role.PROVIDER_RELATIONS}),
    "access_form.return": PEOPLE,
    "access_form.sign": PEOPLE,
    "access_form.steps": PEOPLE,
    "access_form.submit": PEOPLE,
    "access_form.view": PEOPLE,
    "access_form.withdraw": PEOPLE,
    "list.export": PEOPLE,
    "lso.appoint_deputy": frozenset({Role.LSO, Role.EXECUTIVE_DIRECTOR, Role.CSO}),
    "lso.designate": frozenset({Role.EXECUTIVE_DIRECTOR, Role.PROVIDER_RELATIONS, Role.CSO}),
    "lso.end": frozenset({Role.EXECUTIVE_DIRECTOR, Role.PROVIDER_RELATIONS, Role.CSO}),
    "lso.end_deputy": frozenset({Role.LSO, Role.EXECUTIVE_DIRECTOR, Role.CSO}),
    "lso.health": frozenset({Role.PROVIDER_RELATIONS, Role.CSO, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT}),
    "lso.office": PEOPLE,
    "lso.view": PEOPLE,
    "provider_audit.answer": PEOPLE,
    "provider_audit.audits": PEOPLE,
    "provider_audit.complete": HOUSE,
    "provider_audit.hold": frozenset({Role.ITSD_ACCOUNT_MGMT}),
    "provider_audit.lines": PEOPLE,
    "provider_audit.list": HOUSE,
    "provider_audit.open": HOUSE,
    "provider_audit.settle": HOUSE,
    "provider_audit.tell": HOUSE,
    "provider_audit.tell_disabled": HOUSE,
    "provider_audit.view": PEOPLE,
    "employee_review.complete": HOUSE,
    "employee_review.lines": REVIEW_OFFICES | {Role.HR_CONTACT},
    "employee_review.list": HOUSE,
    "employee_review.open": HOUSE,
    "employee_review.reviews": REVIEW_OFFICES | {Role.HR_CONTACT},
    "employee_review.tell": HOUSE,
    "employee_review.verify": frozenset({Role.HR_CONTACT, Role.CSO}),
    "employee_review.view": REVIEW_OFFICES | {Role.HR_CONTACT},
    "mainframe_review.ask": HOUSE,
    "mainframe_review.complete": HOUSE,
    "mainframe_review.deletions": frozenset({Role.ITSD_ACCOUNT_MGMT, Role.CSO, Role.AUDITOR}),
    "mainframe_review.record_deletion": frozenset({Role.ITSD_ACCOUNT_MGMT}),
    "user_list.import": frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT}),
    "user_list.list": REVIEW_OFFICES,
    "user_list.rows": REVIEW_OFFICES,
    "user_list.view": REVIEW_OFFICES,
    "ssa.approve": frozenset({Role.CSO}),
    "ssa.check_line": frozenset({Role.ITSD_ACCOUNT_MGMT}),
    "ssa.correct_line": frozenset({Role.CSO}),
    "ssa.export": PEOPLE,
    "ssa.finish_snapshot": HOUSE,
    "ssa.lines": PEOPLE,
    "ssa.open": HOUSE,
    "ssa.persons": REVIEW_OFFICES,
    "ssa.recipients": frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.AUDITOR}),
    "ssa.record_delivery": frozenset({Role.CSO}),
    "ssa.report_changes": frozenset({Role.ITSD_ACCOUNT_MGMT}) | HOUSE,
    "ssa.reports": PEOPLE,
    "ssa.set_recipients": frozenset({Role.CSO}),
    "ssa.view": PEOPLE,
    "ssa.write_people": HOUSE,
    "ssa.write_provider": HOUSE,
    "access_request.tell_overdue": HOUSE,
    "account.remind_of_password": HOUSE,
    "account.sweep_inactivity": HOUSE,
    "lso.sweep_signin": HOUSE,
    "provider.disable_after_contract": HOUSE,
    "provider.warn_of_contract_end": HOUSE,
    "ticket.tell_overdue": HOUSE,
    "account.accept_statement": PEOPLE,
    "account.confirm_address": PEOPLE | HOUSE,
    "access_request.beginning": PEOPLE,
    "access_request.create": PEOPLE,
    "access_request.decide_as_lso": PEOPLE,
    "access_request.deliver": PEOPLE,
    "access_request.follow": PEOPLE,
    "access_request.list": PEOPLE,
    "access_request.mine": PEOPLE,
    "access_request.provision": frozenset({Role.ITSD_PROVISIONING}),
    "access_request.resubmit": PEOPLE,
    "access_request.set_roles": PEOPLE,
    "access_request.submit": PEOPLE,
    "access_request.terms": PEOPLE,
    "access_request.validate": PEOPLE,
    "access_request.view": PEOPLE,
    "access_request.withdraw": PEOPLE,
    "account.count_wrong_password": PEOPLE,
    "account.create": HOUSE,
    "account.profile": PEOPLE,
    "account.delete": HOUSE,
    "account.list": PEOPLE,
    "account.preview_revocation": PEOPLE,
    "account.reinstate": frozenset({Role.CSO}),
    "account.revoke": PEOPLE,
    "account.suspend": PEOPLE,
    "account.use": PEOPLE,
    "account.view": PEOPLE,
    "duty.open": PEOPLE,
    "provider.ending_contracts": PEOPLE,
    "activity_review.ask_supervisor": ACTIVITY_REVIEWERS,
    "activity_review.complete": ACTIVITY_REVIEWERS,
    "activity_review.draft_report": ACTIVITY_REVIEWERS,
    "activity_review.go_on_without_supervisor": ACTIVITY_REVIEWERS,
    "activity_review.judge": ACTIVITY_REVIEWERS,
    "activity_review.label": HOUSE,
    "activity_review.list": REVIEW_READERS,
    "activity_review.open": HOUSE,
    "activity_review.open_finding": ACTIVITY_REVIEWERS,
    "activity_review.redraw": REVIEW_READERS | HOUSE,
    "activity_review.rows": REVIEW_READERS,
    "activity_review.tell_overdue": HOUSE,
    "activity_review.view": REVIEW_READERS,
    "review_finding.close": ACTIVITY_REVIEWERS,
    "review_finding.date": ACTIVITY_REVIEWERS,
    "review_finding.list": REVIEW_READERS,
    "review_finding.note_procedure": frozenset({Role.CSO}),
    "review_finding.patterns": REVIEW_READERS,
    "review_finding.tell_overdue": HOUSE,
    "review_finding.view": REVIEW_READERS,
    "supervisor_question.answer": PEOPLE,
    "supervisor_question.list": PEOPLE,
    "evidence.file": HOUSE,
    "evidence.list_all": HOUSE,
    "evidence.verify": HOUSE,
    "evidence.view": EVIDENCE_READERS,
    "evidence.list": EVIDENCE_READERS,
    "evidence.open": EVIDENCE_READERS,
    "incident.answer": PEOPLE,
    "incident.close": frozenset({Role.CSO}),
    "incident.list": PEOPLE,
    "incident.report": PEOPLE,
    "incident.view": PEOPLE,
    "outside_system.list": TICKET_OFFICES,
    "outside_system.upsert": frozenset({Role.ITSD_ACCOUNT_MGMT}),
    "outside_system.view": TICKET_OFFICES,
    "ticket.close": frozenset({Role.ITSD_ACCOUNT_MGMT}),
    "ticket.list": TICKET_OFFICES,
    "ticket.view": TICKET_OFFICES,
    "account.refuse_new_password": PEOPLE,
    "account.set_password": PEOPLE,
    "account.sign_in": HOUSE,
    "account.sign_out": PEOPLE,
    "account.statement": PEOPLE,
    "account.update_profile": PEOPLE,
    "account.view_address_change": HOUSE,
    "account.viewer": PEOPLE,
    "attachment.add": EDITORS,
    "attachment.begin_upload": EDITORS,
    "attachment.fetch": READERS,
    "attachment.open": READERS,
    "attachment.refuse_upload": EDITORS,
    "attachment.remove": EDITORS,
    "attachment.remove_orphans": HOUSE,
    "attachment.report_damage": READERS | HOUSE,
    "attachment.rewrap": HOUSE,
    "attachment.settle": HOUSE,
    "letter.bounce": HOUSE,
    "letter.refuse": HOUSE,
    "help.assign_offices": HOUSE,
    "help.replace": HOUSE,
    "help.view": PEOPLE,
    "insights.view": EDITORS | {Role.ADMINISTRATOR, Role.PROVIDER_RELATIONS},
    "contact.activate": KEEPERS,
    "contact.add": KEEPERS,
    "contact.confirm_email": PEOPLE | HOUSE,
    "contact.deactivate": KEEPERS,
    "contact.link_user": KEEPERS,
    "contact.set_counties": KEEPERS,
    "contact.update": KEEPERS,
    "contact.verify": KEEPERS,
    "contact.view_confirmation": HOUSE,
    "mailbox.deliver": PEOPLE,
    "mailbox.follow": PEOPLE,
    "mailbox.line": PEOPLE,
    "mailbox.read": PEOPLE,
    "mailbox.unseen": PEOPLE,
    "office.overview": PEOPLE,
    "outbox.list": POSTMASTERS,
    "outbox.of_referral": frozenset({Role.ADMINISTRATOR}),
    "outbox.preview": POSTMASTERS,
    "outbox.retry": POSTMASTERS,
    "provider.engagement": EDITORS | {Role.ADMINISTRATOR, Role.PROVIDER_RELATIONS} | AT_PROVIDERS,
    "provider.activate": PROVIDER_OFFICE,
    "provider.add_site": PROVIDER_OFFICE,
    "provider.contact": PROFILE_READERS,
    "provider.deactivate": PROVIDER_OFFICE,
    "provider.join_with_contract": HOUSE,
    "provider.lift_no_referral_status": PROVIDER_OFFICE,
    "provider.profile": PROFILE_READERS,
    "exchange.counts": EDITORS | PROVIDER_OFFICE | {Role.ADMINISTRATOR},
    "provider.coverage": EDITORS | PROVIDER_OFFICE | {Role.ADMINISTRATOR},
    "provider.profiles": PROFILE_READERS,
    "reference.regional_offices": PEOPLE,
    "provider.remove_site": PROVIDER_OFFICE,
    "provider.set_no_referral_status": PROVIDER_OFFICE,
    "provider.upsert": PROVIDER_OFFICE,
    "provider.upsert_contract": PROVIDER_OFFICE,
    "provider.view": READERS,
    "reference.coordinators": EDITORS,
    "reference.counties": PEOPLE,
    "reference.facilities": READERS,
    "referral.clear_pending_placement": EDITORS,
    "referral.close": EDITORS,
    "referral.create": EDITORS,
    "referral.delete": EDITORS,
    "referral.exclude_provider": EDITORS,
    "referral.include_provider": EDITORS,
    "referral.list": READERS,
    "referral.preview_publish": EDITORS,
    "referral.publish": EDITORS,
    "referral.receipts": EDITORS | {Role.ADMINISTRATOR},
    "referral.remind": HOUSE,
    "referral.respond": frozenset({Role.CONSUMER_REFERRAL_DB}),
    "referral.set_pending_placement": EDITORS,
    "referral.silent_providers": EDITORS | {Role.ADMINISTRATOR},
    "referral.tell_silence": HOUSE,
    "referral.update": EDITORS,
    "referral.view": READERS,
    "referral.why_not": EDITORS | {Role.ADMINISTRATOR},
    "reset.ask": HOUSE,
    "reset.list": frozenset({Role.SUPPORT_DESK}),
    "reset.open": frozenset({Role.SUPPORT_DESK}),
    "reset.refuse": frozenset({Role.SUPPORT_DESK}),
    "reset.resolve": frozenset({Role.SUPPORT_DESK}),
    "reset.view": frozenset({Role.SUPPORT_DESK}),
    "role.available": PEOPLE,
    "role.choices": PEOPLE,
    "role.current": PEOPLE,
    "role.incompatible": PEOPLE,
    "role.list": PEOPLE,
    "role.set_incompatible": frozenset({Role.CSO}),
    "role.withdraw": frozenset({Role.CSO}),
    "signature.refuse": PEOPLE,
    "trail.export": HOUSE,
    "trail.list": TRAIL_READERS,
    "trail.check_seal": TRAIL_READERS,
    "trail.prove": TRAIL_READERS | {Role.PRIVACY_OFFICER} | HOUSE,
    "trail.seal_state": TRAIL_READERS,
    "trail.seals": TRAIL_READERS,
    "trail.view": TRAIL_READERS | {Role.PRIVACY_OFFICER},
    "trail.purge": HOUSE,
    "trail.verify": HOUSE,
    "view.list": PEOPLE,
    "view.remove": PEOPLE,
    "view.save": PEOPLE,
} | matrix_risk.MAY

AT_THE_DOOR = {
    "reset.ask",
    "account.accept_statement",
    "account.count_wrong_password",
    "account.refuse_new_password",
    "account.set_password",
    "account.sign_in",
    "account.sign_out",
    "account.statement",
    "account.viewer",
    "help.view",
}


@dataclass(frozen=True)
class Scene:
    """A story far enough that every use case would find something to do."""

    world: World
    open: int
    accepted_by: UUID
    excluded: UUID
    contact_id: UUID
    coordinator: UUID
    letter: UUID
    document: UUID
    reset: int
    evidence: int
    audits: AuditRows


Call = Callable[[Scene, Caller], Awaitable[Any]]


async def _create(scene: Scene, who: Caller) -> object:
    new = await scene.world.new_referral("Boone", birth_date=date(2000, 2, 29))
    return await USE_CASES["referral.create"](who, new)


async def _tell_silence(scene: Scene, who: Caller) -> object:
    return await USE_CASES["referral.tell_silence"](who, (await scene.world.referral(scene.open)).id)


async def _on_coordinator(act: str, scene: Scene, who: Caller, *more: object) -> object:
    return await USE_CASES[act](who, (await User.get(id=scene.coordinator)).user_id, *more)


async def _revoke(scene: Scene, who: Caller) -> object:
    leaver = await User.get(id=scene.coordinator)
    return await USE_CASES["account.revoke"](who, Revocation(leaver.user_id, RevocationReason.LEFT))


def _print() -> PrintedReport:
    return PrintedReport(report_of(Procedure.CONTRACT_AUDIT), b"<p>", b"%PDF")


async def _with_print(act: str, who: Caller, about: UUID, *more: object) -> object:
    return await USE_CASES[act](who, about, _print(), *more)


async def _complete_mainframe(who: Caller) -> object:
    return await USE_CASES["mainframe_review.complete"](who, "MF", 1, 1, _print())


async def _approve(who: Caller) -> object:
    return await USE_CASES["ssa.approve"](who, 1, _print(), 0)


async def _on_listed(act: str, scene: Scene, who: Caller, *more: object) -> object:
    line = await ProviderAuditLine.get(id=scene.audits.line).select_related("user")
    return await USE_CASES[act](who, 1, line.user.user_id, *more)


async def _on_coordinator_in_review(scene: Scene, who: Caller) -> object:
    user = await User.get(id=scene.coordinator)
    return await USE_CASES["employee_review.verify"](who, 1, user.user_id, Employment.EMPLOYED)


# Arguments that are good for somebody who may: so a door that is left open lets the change happen and is seen.
CALLS: dict[str, Call] = {
    "account.access_log": lambda _, who: USE_CASES["account.access_log"](who),
    "break_glass.end": lambda _, who: USE_CASES["break_glass.end"](who, 1001),
    "break_glass.list": lambda _, who: USE_CASES["break_glass.list"](who),
    "break_glass.open": lambda scene, who: USE_CASES["break_glass.open"](who, scene.open, "An emergency."),
    "break_glass.read": lambda scene, who: USE_CASES["break_glass.read"](who, scene.open),
    "break_glass.review": lambda _, who: USE_CASES["break_glass.review"](who, 1001, BreakGlassFinding.JUSTIFIED),
    "break_glass.view": lambda _, who: USE_CASES["break_glass.view"](who, 1001),
    "trail.export_report": lambda _, who: USE_CASES["trail.export_report"](who, "USER0001"),
    "trail.of_referral": lambda scene, who: USE_CASES["trail.of_referral"](who, scene.open),
    "trail.report": lambda _, who: USE_CASES["trail.report"](who, "USER0001"),
    "access_form.forward": lambda _, who: USE_CASES["access_form.forward"](who, SIGNED_FORM),
    "access_form.issue": lambda _, who: USE_CASES["access_form.issue"](who, FORWARDED_FORM, "NOVA", "hash"),
    "access_form.list": lambda _, who: USE_CASES["access_form.list"](who),
    "access_form.record_paper_signature": lambda _, who: USE_CASES["access_form.record_paper_signature"](
        who, PAPER_FORM, FormSigner.SUPERVISOR, "A Supervisor", date(2026, 3, 1)
    ),
    "access_form.release": lambda _, who: USE_CASES["access_form.release"](who, ISSUED_FORM, "hash"),
    "access_form.return": lambda _, who: USE_CASES["access_form.return"](who, 1, "Unreadable."),
    "access_form.sign": lambda _, who: USE_CASES["access_form.sign"](
        who, 1, FormSigner.SUPERVISOR, Hand(uuid4(), 0), "0" * 64
    ),
    "access_form.steps": lambda _, who: USE_CASES["access_form.steps"](who, 1),
    "access_form.submit": lambda _, who: USE_CASES["access_form.submit"](who, newcomer()),
    "access_form.view": lambda _, who: USE_CASES["access_form.view"](who, 1),
    "access_form.withdraw": lambda _, who: USE_CASES["access_form.withdraw"](who, 1),
    "list.export": lambda _, who: USE_CASES["list.export"](who, "trail", "csv"),
    "lso.appoint_deputy": lambda scene, who: USE_CASES["lso.appoint_deputy"](
        who, Organization(provider_id=scene.accepted_by), "USER0001", date(2026, 3, 9), date(2026, 3, 13)
    ),
    "lso.designate": lambda scene, who: USE_CASES["lso.designate"](
        who, Organization(provider_id=scene.accepted_by), LETTER_ON_PAPER, None
    ),
    "lso.end": lambda scene, who: USE_CASES["lso.end"](who, Organization(provider_id=scene.accepted_by), LsoEnd.LEFT),
    "lso.end_deputy": lambda _, who: USE_CASES["lso.end_deputy"](who, uuid4()),
    "lso.health": lambda _, who: USE_CASES["lso.health"](who),
    "lso.office": lambda _, who: USE_CASES["lso.office"](who, Organization(provider_id=who.actor.provider_id)),
    "lso.view": lambda _, who: USE_CASES["lso.view"](who, Organization(provider_id=who.actor.provider_id)),
    "provider_audit.answer": lambda scene, who: _on_listed("provider_audit.answer", scene, who, AuditAnswer.EMPLOYED),
    "provider_audit.audits": lambda _, who: USE_CASES["provider_audit.audits"](who),
    "provider_audit.complete": lambda scene, who: _with_print("provider_audit.complete", who, scene.audits.audit),
    "provider_audit.hold": lambda scene, who: _on_listed("provider_audit.hold", scene, who, "On leave."),
    "provider_audit.lines": lambda _, who: USE_CASES["provider_audit.lines"](who, 1),
    "provider_audit.list": lambda scene, who: USE_CASES["provider_audit.list"](who, scene.coordinator),
    "provider_audit.open": lambda _, who: USE_CASES["provider_audit.open"](who),
    "provider_audit.settle": lambda scene, who: USE_CASES["provider_audit.settle"](who, scene.audits.line),
    "provider_audit.tell": lambda scene, who: USE_CASES["provider_audit.tell"](who, scene.accepted_by),
    "provider_audit.tell_disabled": lambda _, who: USE_CASES["provider_audit.tell_disabled"](who, uuid4()),
    "provider_audit.view": lambda _, who: USE_CASES["provider_audit.view"](who, 1),
    "employee_review.complete": lambda scene, who: _with_print("employee_review.complete", who, scene.audits.review, 0),
    "employee_review.lines": lambda _, who: USE_CASES["employee_review.lines"](who, 1),
    "employee_review.list": lambda scene, who: USE_CASES["employee_review.list"](who, scene.coordinator),
    "employee_review.open": lambda _, who: USE_CASES["employee_review.open"](who),
    "employee_review.reviews": lambda _, who: USE_CASES["employee_review.reviews"](who),
    "employee_review.tell": lambda _, who: USE_CASES["employee_review.tell"](who, "101"),
    "employee_review.verify": _on_coordinator_in_review,
    "employee_review.view": lambda _, who: USE_CASES["employee_review.view"](who, 1),
    "mainframe_review.ask": lambda scene, who: USE_CASES["mainframe_review.ask"](who, scene.audits.listed),
    "mainframe_review.complete": lambda _, who: _complete_mainframe(who),
    "mainframe_review.deletions": lambda _, who: USE_CASES["mainframe_review.deletions"](who),
    "mainframe_review.record_deletion": lambda _, who: USE_CASES["mainframe_review.record_deletion"](
        who, "MF", "NOBODY1"
    ),
    "user_list.import": lambda _, who: USE_CASES["user_list.import"](who, "MF", "user_id,name\nA1,B C\n"),
    "user_list.list": lambda _, who: USE_CASES["user_list.list"](who),
    "user_list.rows": lambda _, who: USE_CASES["user_list.rows"](who, 1),
    "user_list.view": lambda _, who: USE_CASES["user_list.view"](who, 1),
    "ssa.approve": lambda _, who: _approve(who),
    "ssa.check_line": lambda scene, who: USE_CASES["ssa.check_line"](who, 1, scene.accepted_by),
    "ssa.correct_line": lambda scene, who: USE_CASES["ssa.correct_line"](who, 1, scene.accepted_by, "Put right."),
    "ssa.export": lambda _, who: USE_CASES["ssa.export"](who, 1, SpreadsheetForm.CSV),
    "ssa.finish_snapshot": lambda _, who: USE_CASES["ssa.finish_snapshot"](who),
    "ssa.lines": lambda _, who: USE_CASES["ssa.lines"](who, 1),
    "ssa.open": lambda _, who: USE_CASES["ssa.open"](who),
    "ssa.persons": lambda _, who: USE_CASES["ssa.persons"](who, 1),
    "ssa.recipients": lambda _, who: USE_CASES["ssa.recipients"](who),
    "ssa.record_delivery": lambda _, who: USE_CASES["ssa.record_delivery"](
        who, 1, DeliveryStep.SENT_TO_SSA, date(2026, 3, 2), "definitions.pdf"
    ),
    "ssa.report_changes": lambda scene, who: _with_print("ssa.report_changes", who, scene.audits.report),
    "ssa.reports": lambda _, who: USE_CASES["ssa.reports"](who),
    "ssa.set_recipients": lambda _, who: USE_CASES["ssa.set_recipients"](
        who, RecipientPurpose.SSA, [NewRecipient("Recipient Example", "ssa@example.org")]
    ),
    "ssa.view": lambda _, who: USE_CASES["ssa.view"](who, 1),
    "ssa.write_people": lambda scene, who: USE_CASES["ssa.write_people"](who, [scene.coordinator]),
    "ssa.write_provider": lambda scene, who: USE_CASES["ssa.write_provider"](who, scene.accepted_by),
    "access_request.tell_overdue": lambda _, who: USE_CASES["access_request.tell_overdue"](who, uuid4()),
    "account.remind_of_password": lambda scene, who: USE_CASES["account.remind_of_password"](who, scene.coordinator),
    "account.sweep_inactivity": lambda scene, who: USE_CASES["account.sweep_inactivity"](who, scene.coordinator),
    "lso.sweep_signin": lambda _, who: USE_CASES["lso.sweep_signin"](who, uuid4()),
    "provider.disable_after_contract": lambda scene, who: USE_CASES["provider.disable_after_contract"](
        who, scene.accepted_by
    ),
    "provider.warn_of_contract_end": lambda scene, who: USE_CASES["provider.warn_of_contract_end"](
        who, scene.accepted_by
    ),
    "ticket.tell_overdue": lambda _, who: USE_CASES["ticket.tell_overdue"](who, uuid4()),
    "access_request.beginning": lambda _, who: USE_CASES["access_request.beginning"](who),
    "access_request.create": lambda _, who: USE_CASES["access_request.create"](
        who, NewAccessRequest("nobody@example.org", Division.MRDD)
    ),
    "access_request.decide_as_lso": lambda _, who: USE_CASES["access_request.decide_as_lso"](
        who, 1, RequestAnswer(True, "0" * 64), Hand(uuid4(), 0)
    ),
    "access_request.deliver": lambda _, who: USE_CASES["access_request.deliver"](who, 1, 1),
    "access_request.follow": lambda _, who: USE_CASES["access_request.follow"](who, 1),
    "access_request.list": lambda _, who: USE_CASES["access_request.list"](who),
    "access_request.mine": lambda _, who: USE_CASES["access_request.mine"](who),
    "access_request.provision": lambda _, who: USE_CASES["access_request.provision"](
        who, 1, RequestAnswer(True, "0" * 64), Hand(uuid4(), 0)
    ),
    "access_request.resubmit": lambda _, who: USE_CASES["access_request.resubmit"](who, 1),
    "access_request.set_roles": lambda _, who: USE_CASES["access_request.set_roles"](who, 1, []),
    "access_request.submit": lambda _, who: USE_CASES["access_request.submit"](who, 1, "key", "2026-1"),
    "access_request.terms": lambda _, who: USE_CASES["access_request.terms"](who),
    "access_request.validate": lambda _, who: USE_CASES["access_request.validate"](who, 1),
    "access_request.view": lambda _, who: USE_CASES["access_request.view"](who, 1),
    "access_request.withdraw": lambda _, who: USE_CASES["access_request.withdraw"](who, 1),
    "account.accept_statement": lambda _, who: USE_CASES["account.accept_statement"](who, STATEMENT),
    "account.confirm_address": lambda _, who: USE_CASES["account.confirm_address"](who, "no such token"),
    "account.count_wrong_password": lambda _, who: USE_CASES["account.count_wrong_password"](who),
    "account.create": lambda _, who: USE_CASES["account.create"](
        who, NewAccount("NEWCOMER", "New", "Comer", frozenset()), "hash"
    ),
    "account.profile": lambda _, who: USE_CASES["account.profile"](who),
    "account.delete": lambda scene, who: USE_CASES["account.delete"](who, scene.coordinator, "hash"),
    "account.list": lambda _, who: USE_CASES["account.list"](who),
    "account.preview_revocation": lambda scene, who: _on_coordinator("account.preview_revocation", scene, who),
    "account.reinstate": lambda scene, who: _on_coordinator("account.reinstate", scene, who),
    "account.revoke": _revoke,
    "account.suspend": lambda scene, who: _on_coordinator("account.suspend", scene, who, "Seen elsewhere."),
    "account.use": lambda scene, who: _on_coordinator("account.use", scene, who),
    "account.view": lambda scene, who: _on_coordinator("account.view", scene, who),
    "duty.open": lambda _, who: USE_CASES["duty.open"](who),
    "provider.ending_contracts": lambda _, who: USE_CASES["provider.ending_contracts"](who),
    "incident.answer": lambda _, who: USE_CASES["incident.answer"](who, 1001, LsoAnswer.EXPLAINED),
    "incident.close": lambda _, who: USE_CASES["incident.close"](who, 1001, Finding.UNFOUNDED, reinstate=False),
    "incident.list": lambda _, who: USE_CASES["incident.list"](who),
    "incident.report": lambda _, who: USE_CASES["incident.report"](who, "Something was odd."),
    "incident.view": lambda _, who: USE_CASES["incident.view"](who, 1001),
    "outside_system.list": lambda _, who: USE_CASES["outside_system.list"](who),
    "outside_system.upsert": lambda _, who: USE_CASES["outside_system.upsert"](
        who, OutsideSystemData("SYS-A", "System A", "An agency")
    ),
    "outside_system.view": lambda _, who: USE_CASES["outside_system.view"](who, "SYS-A"),
    "ticket.close": lambda _, who: USE_CASES["ticket.close"](who, 1001, TicketOutcome.DONE),
    "ticket.list": lambda _, who: USE_CASES["ticket.list"](who),
    "ticket.view": lambda _, who: USE_CASES["ticket.view"](who, 1001),
    "account.refuse_new_password": lambda _, who: USE_CASES["account.refuse_new_password"](who, "TOO_SHORT", "Short."),
    "account.set_password": lambda _, who: USE_CASES["account.set_password"](who, "hash", seen=0),
    "account.sign_in": lambda scene, who: USE_CASES["account.sign_in"](
        who, scene.coordinator, fits=True, seen=0, device="test"
    ),
    "account.sign_out": lambda _, who: USE_CASES["account.sign_out"](who),
    "account.statement": lambda _, who: USE_CASES["account.statement"](who),
    "account.update_profile": lambda _, who: USE_CASES["account.update_profile"](
        who, ProfileChange(phone="555-0199", email="elsewhere@example.org"), seen=0
    ),
    "account.view_address_change": lambda _, who: USE_CASES["account.view_address_change"](who, "no such token"),
    "account.viewer": lambda _, who: USE_CASES["account.viewer"](who),
    "attachment.add": lambda scene, who: USE_CASES["attachment.add"](
        who, _upload(scene), KeptFile(SealedKey(uuid4(), "key", "wrapped"), 10, "0" * 64)
    ),
    "attachment.begin_upload": lambda scene, who: USE_CASES["attachment.begin_upload"](who, _upload(scene)),
    "attachment.fetch": lambda _, who: USE_CASES["attachment.fetch"](who, "no such token"),
    "attachment.open": lambda scene, who: USE_CASES["attachment.open"](who, scene.document),
    "attachment.refuse_upload": lambda scene, who: USE_CASES["attachment.refuse_upload"](
        who, scene.open, Invalid("No.", code="ATTACHMENT_TYPE")
    ),
    "attachment.remove": lambda scene, who: USE_CASES["attachment.remove"](who, scene.document, "Not hers."),
    "attachment.remove_orphans": lambda _, who: USE_CASES["attachment.remove_orphans"](who),
    "attachment.report_damage": lambda scene, who: USE_CASES["attachment.report_damage"](who, scene.document, "cut"),
    "attachment.rewrap": lambda scene, who: USE_CASES["attachment.rewrap"](who, scene.document),
    "attachment.settle": lambda scene, who: USE_CASES["attachment.settle"](who, scene.document, None),
    "letter.bounce": lambda scene, who: USE_CASES["letter.bounce"](who, scene.letter, "5.1.1"),
    "letter.refuse": lambda scene, who: USE_CASES["letter.refuse"](
        who, scene.letter, uuid4(), "nobody@example.org", "Refused.", "5.1.1"
    ),
    "help.assign_offices": lambda _, who: USE_CASES["help.assign_offices"](who, {"29019": None}),
    "help.replace": lambda _, who: USE_CASES["help.replace"](who, [], []),
    "help.view": lambda _, who: USE_CASES["help.view"](who),
    "insights.view": lambda _, who: USE_CASES["insights.view"](
        who,
        InsightQuestion(),
        wanted=["declineReasons", "demandByCounty", "daysToPlacement", "withoutAcceptance", "agesOfOpen"],
    ),
    "contact.activate": lambda scene, who: USE_CASES["contact.activate"](who, scene.contact_id),
    "contact.add": lambda scene, who: USE_CASES["contact.add"](
        who, scene.accepted_by, NewContact("New", "Comer", "new@example.org")
    ),
    "contact.confirm_email": lambda _, who: USE_CASES["contact.confirm_email"](who, "no such token"),
    "contact.deactivate": lambda scene, who: USE_CASES["contact.deactivate"](who, scene.contact_id),
    "contact.link_user": lambda scene, who: USE_CASES["contact.link_user"](who, scene.contact_id, None),
    "contact.set_counties": lambda scene, who: USE_CASES["contact.set_counties"](who, scene.contact_id, ["29001"]),
    "contact.update": lambda scene, who: USE_CASES["contact.update"](
        who, scene.contact_id, ContactChange(email="other@example.org")
    ),
    "contact.verify": lambda scene, who: USE_CASES["contact.verify"](who, scene.contact_id),
    "contact.view_confirmation": lambda _, who: USE_CASES["contact.view_confirmation"](who, "no such token"),
    "mailbox.deliver": lambda _, who: USE_CASES["mailbox.deliver"](who, 1),
    "mailbox.follow": lambda _, who: USE_CASES["mailbox.follow"](who),
    "mailbox.line": lambda _, who: USE_CASES["mailbox.line"](who, uuid4()),
    "mailbox.read": lambda _, who: USE_CASES["mailbox.read"](who),
    "mailbox.unseen": lambda _, who: USE_CASES["mailbox.unseen"](who, None),
    "office.overview": lambda _, who: USE_CASES["office.overview"](who),
    "outbox.list": lambda _, who: USE_CASES["outbox.list"](who),
    "outbox.of_referral": lambda scene, who: USE_CASES["outbox.of_referral"](who, scene.open),
    "outbox.preview": lambda scene, who: USE_CASES["outbox.preview"](who, scene.letter),
    "outbox.retry": lambda scene, who: USE_CASES["outbox.retry"](who, scene.letter),
    "provider.engagement": lambda scene, who: USE_CASES["provider.engagement"](who, scene.accepted_by),
    "provider.activate": lambda scene, who: USE_CASES["provider.activate"](who, scene.accepted_by),
    "provider.add_site": lambda scene, who: USE_CASES["provider.add_site"](
        who, scene.accepted_by, SiteData(SiteKind.ISL, "29001")
    ),
    "provider.contact": lambda scene, who: USE_CASES["provider.contact"](who, scene.contact_id),
    "provider.deactivate": lambda scene, who: USE_CASES["provider.deactivate"](
        who, scene.accepted_by, DeactivationReason.OTHER
    ),
    "provider.join_with_contract": lambda scene, who: USE_CASES["provider.join_with_contract"](who, scene.accepted_by),
    "provider.lift_no_referral_status": lambda scene, who: USE_CASES["provider.lift_no_referral_status"](
        who, scene.accepted_by
    ),
    "provider.profile": lambda scene, who: USE_CASES["provider.profile"](who, scene.accepted_by),
    "exchange.counts": lambda _, who: USE_CASES["exchange.counts"](who),
    "provider.coverage": lambda _, who: USE_CASES["provider.coverage"](who),
    "reference.regional_offices": lambda _, who: USE_CASES["reference.regional_offices"](who),
    "provider.profiles": lambda _, who: USE_CASES["provider.profiles"](who),
    "provider.remove_site": lambda _, who: USE_CASES["provider.remove_site"](who, uuid4()),
    "provider.set_no_referral_status": lambda scene, who: USE_CASES["provider.set_no_referral_status"](
        who, scene.accepted_by, "No vacancy."
    ),
    "provider.upsert": lambda scene, who: USE_CASES["provider.upsert"](
        who, scene.accepted_by, ProviderData("Renamed", ProviderKind.OTHER)
    ),
    "provider.upsert_contract": lambda scene, who: USE_CASES["provider.upsert_contract"](
        who, scene.excluded, None, ContractData("C-NEW", date(2010, 1, 1), date(2010, 12, 31))
    ),
    "provider.view": lambda scene, who: USE_CASES["provider.view"](who, scene.accepted_by),
    "reference.coordinators": lambda _, who: USE_CASES["reference.coordinators"](who),
    "reference.counties": lambda _, who: USE_CASES["reference.counties"](who),
    "reference.facilities": lambda _, who: USE_CASES["reference.facilities"](who),
    "referral.clear_pending_placement": lambda scene, who: USE_CASES["referral.clear_pending_placement"](
        who, scene.open
    ),
    "referral.close": lambda scene, who: USE_CASES["referral.close"](
        who, scene.open, CloseOutcome.PLACED, scene.accepted_by
    ),
    "referral.create": _create,
    "referral.delete": lambda scene, who: USE_CASES["referral.delete"](who, scene.open, "A double."),
    "referral.exclude_provider": lambda scene, who: USE_CASES["referral.exclude_provider"](
        who, scene.open, scene.accepted_by, "Too far."
    ),
    "referral.include_provider": lambda scene, who: USE_CASES["referral.include_provider"](
        who, scene.open, scene.excluded
    ),
    "referral.list": lambda _, who: USE_CASES["referral.list"](who),
    "referral.preview_publish": lambda scene, who: USE_CASES["referral.preview_publish"](who, scene.open),
    "referral.publish": lambda scene, who: USE_CASES["referral.publish"](who, scene.open),
    "referral.receipts": lambda scene, who: USE_CASES["referral.receipts"](who, scene.open),
    "referral.remind": lambda scene, who: USE_CASES["referral.remind"](who, scene.contact_id),
    "referral.respond": lambda scene, who: USE_CASES["referral.respond"](who, scene.open, Answer(ResponseKind.ACCEPT)),
    "referral.set_pending_placement": lambda scene, who: USE_CASES["referral.set_pending_placement"](
        who, scene.open, scene.accepted_by
    ),
    "referral.silent_providers": lambda _, who: USE_CASES["referral.silent_providers"](who),
    "referral.tell_silence": _tell_silence,
    "referral.update": lambda scene, who: USE_CASES["referral.update"](
        who, scene.open, ReferralChange(statewide=True, preferred_counties=frozenset())
    ),
    "referral.view": lambda scene, who: USE_CASES["referral.view"](who, number=scene.open),
    "referral.why_not": lambda scene, who: USE_CASES["referral.why_not"](who, scene.open, scene.excluded),
    "reset.ask": lambda scene, who: USE_CASES["reset.ask"](who, scene.coordinator),
    "reset.list": lambda _, who: USE_CASES["reset.list"](who),
    "reset.open": lambda scene, who: USE_CASES["reset.open"](who, scene.coordinator),
    "reset.refuse": lambda scene, who: USE_CASES["reset.refuse"](who, scene.reset, "Not proven."),
    "reset.resolve": lambda scene, who: USE_CASES["reset.resolve"](who, scene.reset, Proof.CALL_BACK, "hash"),
    "reset.view": lambda scene, who: USE_CASES["reset.view"](who, scene.reset),
    "role.available": lambda _, who: USE_CASES["role.available"](who, Division.MRDD, Under.REGIONAL_OFFICE),
    "role.choices": lambda _, who: USE_CASES["role.choices"](who, Division.MRDD, Under.REGIONAL_OFFICE),
    "role.current": lambda _, who: USE_CASES["role.current"](who),
    "role.incompatible": lambda _, who: USE_CASES["role.incompatible"](who),
    "role.list": lambda _, who: USE_CASES["role.list"](who),
    "role.set_incompatible": lambda _, who: USE_CASES["role.set_incompatible"](
        who, "BILLING", "AUDITOR", PairVerdict.FORBIDDEN, "Both ends of the money."
    ),
    "role.withdraw": lambda _, who: USE_CASES["role.withdraw"](who, "BILLING", None),
    "signature.refuse": lambda _, who: USE_CASES["signature.refuse"](who),
    "activity_review.ask_supervisor": lambda _, who: USE_CASES["activity_review.ask_supervisor"](who, 1001, "USER0001"),
    "activity_review.complete": lambda _, who: USE_CASES["activity_review.complete"](
        who, 1001, PrintedReport(report_of(), b"", b"")
    ),
    "activity_review.draft_report": lambda _, who: USE_CASES["activity_review.draft_report"](who, 1001),
    "activity_review.go_on_without_supervisor": lambda _, who: USE_CASES["activity_review.go_on_without_supervisor"](
        who, 1001, "USER0001", "Away."
    ),
    "activity_review.judge": lambda _, who: USE_CASES["activity_review.judge"](
        who, 1001, "USER0001", 1, AccessVerdict.JUSTIFIED, "Known."
    ),
    "activity_review.label": lambda _, who: USE_CASES["activity_review.label"](who, uuid4()),
    "activity_review.list": lambda _, who: USE_CASES["activity_review.list"](who),
    "activity_review.open": lambda scene, who: USE_CASES["activity_review.open"](
        who, review_key(Quarter.of(local_date(scene.world.clock())))
    ),
    "activity_review.open_finding": lambda _, who: USE_CASES["activity_review.open_finding"](
        who, 1001, "USER0001", FindingEntry(FindingKind.PROCEDURE, Severity.LOW, Remedy.NO_FORM, "Found.")
    ),
    "activity_review.redraw": lambda _, who: USE_CASES["activity_review.redraw"](who, 1001),
    "activity_review.rows": lambda _, who: USE_CASES["activity_review.rows"](who, 1001, "USER0001"),
    "activity_review.tell_overdue": lambda _, who: USE_CASES["activity_review.tell_overdue"](who, uuid4()),
    "activity_review.view": lambda _, who: USE_CASES["activity_review.view"](who, 1001),
    "review_finding.close": lambda _, who: USE_CASES["review_finding.close"](who, 1001, "Done."),
    "review_finding.date": lambda _, who: USE_CASES["review_finding.date"](who, 1001, date(2099, 1, 1)),
    "review_finding.list": lambda _, who: USE_CASES["review_finding.list"](who),
    "review_finding.view": lambda _, who: USE_CASES["review_finding.view"](who, 1001),
    "review_finding.note_procedure": lambda _, who: USE_CASES["review_finding.note_procedure"](who, "As it is."),
    "review_finding.patterns": lambda _, who: USE_CASES["review_finding.patterns"](who),
    "review_finding.tell_overdue": lambda _, who: USE_CASES["review_finding.tell_overdue"](who, uuid4()),
    "supervisor_question.answer": lambda _, who: USE_CASES["supervisor_question.answer"](
        who, uuid4(), NeedAnswer.NEEDED, "", Hand(uuid4(), 0), "0" * 64
    ),
    "supervisor_question.list": lambda _, who: USE_CASES["supervisor_question.list"](who),
    "evidence.file": lambda scene, who: USE_CASES["evidence.file"](who, scene.evidence),
    "evidence.list_all": lambda _, who: USE_CASES["evidence.list_all"](who),
    "evidence.verify": lambda _, who: USE_CASES["evidence.verify"](who),
    "evidence.view": lambda scene, who: USE_CASES["evidence.view"](who, scene.evidence),
    "evidence.list": lambda _, who: USE_CASES["evidence.list"](who),
    "evidence.open": lambda scene, who: USE_CASES["evidence.open"](who, scene.evidence, PrintForm.HTML),
    "trail.export": lambda _, who: USE_CASES["trail.export"](who, date(2026, 3, 1), date(2026, 3, 31)),
    "trail.list": lambda _, who: USE_CASES["trail.list"](who),
    "trail.check_seal": lambda _, who: USE_CASES["trail.check_seal"](who, 1),
    "trail.prove": lambda _, who: USE_CASES["trail.prove"](who, 1),
    "trail.seal_state": lambda _, who: USE_CASES["trail.seal_state"](who),
    "trail.seals": lambda _, who: USE_CASES["trail.seals"](who),
    "trail.view": lambda _, who: USE_CASES["trail.view"](who, 1),
    "trail.purge": lambda _, who: USE_CASES["trail.purge"](who),
    "trail.verify": lambda _, who: USE_CASES["trail.verify"](who, PublicSealKeys({})),
    "view.list": lambda _, who: USE_CASES["view.list"](who, "/referrals"),
    "view.remove": lambda _, who: USE_CASES["view.remove"](who, uuid4()),
    "view.save": lambda _, who: USE_CASES["view.save"](who, "/referrals", "Old ones", "overdue=yes"),
} | matrix_risk.CALLS

ROLES = [pytest.param(role, id=str(role)) for role in Role]


def test_every_use_case_is_in_the_table_of_who_may() -> None:
    assert sorted(USE_CASES) == sorted(MAY)
    assert sorted(USE_CASES) == sorted(CALLS)


@pytest.mark.parametrize("act", sorted(MAY))
def test_a_use_case_admits_exactly_the_roles_that_the_documents_name(act: str) -> None:
    assert {role for role in Role if _is_admitted(USE_CASES[act], _actor(role))} == MAY[act]


@pytest.mark.parametrize("act", sorted(MAY))
def test_without_any_role_a_person_may_only_what_every_person_may(act: str) -> None:
    nobody = Actor(uuid4(), "NOBODY")
    assert _is_admitted(USE_CASES[act], nobody) is (MAY[act] == PEOPLE)
    assert not _is_admitted(USE_CASES[act], Actor(None, "no one at all"))


@pytest.mark.requirement("ACC-05")
@pytest.mark.parametrize("act", sorted(MAY))
def test_before_the_first_password_change_only_that_change_can_be_done(act: str) -> None:
    for role in MAY[act]:
        actor = _actor(role, must_change_password=True)
        if act in AT_THE_DOOR:
            USE_CASES[act].admit(actor)
            continue
        with pytest.raises(Denied) as denied:
            USE_CASES[act].admit(actor)
        assert denied.value.code == "PASSWORD_CHANGE_REQUIRED"


@pytest.mark.requirement("AUD-05")
@pytest.mark.parametrize("role", ROLES)
async def test_who_may_not_is_denied_changes_nothing_and_is_written_down(world: World, role: Role) -> None:
    scene = await _scene(world)
    who = await _person(scene, role)
    before = await _row_counts()
    for act in sorted(MAY):
        if role in MAY[act]:
            continue
        entries = await AuditEntry.all().count()

        with pytest.raises(Denied) as denied:
            await CALLS[act](scene, who)

        assert denied.value.code == "DENIED"
        assert await _row_counts() == before, f"{act} by {role} changed something"
        assert await AuditEntry.all().count() == entries + 1
        entry = await AuditEntry.all().order_by("-id").first()
        assert entry is not None
        assert (entry.act, entry.outcome, entry.code) == (act, Outcome.REFUSED, "DENIED")
        assert (entry.actor_id, entry.actor) == (who.actor.id, who.actor.label)


@pytest.mark.parametrize("about", sorted({act.partition(".")[0] for act in MAY}))
async def test_who_may_gets_through_the_door(world: World, about: str) -> None:
    """Hold the test above honest: its calls are refused for the role and for nothing else."""
    scene = await _scene(world)
    for act in sorted(act for act in MAY if act.partition(".")[0] == about):
        for role in sorted(MAY[act]):
            try:
                await CALLS[act](scene, await _person(scene, role))
            except Refusal as refusal:
                assert not isinstance(refusal, Denied), f"{act} refuses {role}: {refusal.code}"  # noqa: PT017


@pytest.mark.requirement("ACC-05")
async def test_a_temporary_password_blocks_real_calls_and_they_are_written_down(world: World) -> None:
    scene = await _scene(world)
    fresh = await world.call_as(scene.coordinator)
    fresh = Caller(fresh.desk, _with_temporary_password(fresh.actor))
    before = await _row_counts()
    blocked = [act for act in sorted(MAY) if Role.PLACEMENT_COORDINATOR in MAY[act] - HOUSE]
    for act in sorted(set(blocked) - AT_THE_DOOR):
        with pytest.raises(Denied, match="password"):
            await CALLS[act](scene, fresh)
    assert await _row_counts() == before
    refused = await AuditEntry.filter(code="PASSWORD_CHANGE_REQUIRED", outcome=Outcome.REFUSED).values_list(
        "act", flat=True
    )
    assert sorted(str(act) for act in refused) == sorted(set(blocked) - AT_THE_DOOR)


async def _scene(world: World) -> Scene:
    coordinator = await world.coordinator("Boone")
    home, other = await world.provider("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    await exclude_provider(coordinator, number, other.id, "Too near.")
    letter = (await world.letters(contact_id=home.contact_id))[0]
    letter.state = DeliveryState.PARKED
    await letter.save()
    assert coordinator.actor.id is not None
    document = await _document(world, number, coordinator.actor.id)
    await plant_forms(world, home.id, home.staff)
    key, coordinator_key, reset = home.contact_id, coordinator.actor.id, await _reset(world)
    evidence = await plant_evidence(world)
    audits = await plant_audit_rows(world, home, coordinator_key)
    return Scene(world, number, home.id, other.id, key, coordinator_key, letter.id, document, reset, evidence, audits)


async def _reset(world: World) -> int:
    """Open a password reset for somebody."""
    return await open_reset(await world.user(Role.SUPPORT_DESK), (await world.user()).actor.label)


async def _document(world: World, number: int, sender: UUID) -> UUID:
    """Enter a document that waits for the scanner."""
    document = await Attachment.create(
        referral_id=(await world.referral(number)).id,
        kind=AttachmentKind.PCP,
        state=AttachmentState.RECEIVED,
        file_name="plan.pdf",
        media_type="application/pdf",
        size=10,
        sha256="0" * 64,
        storage_id=uuid4().hex,
        key_id="key",
        wrapped_key="wrapped",
        uploaded_by_id=sender,
        uploaded_at=world.clock(),
    )
    return document.id


def _upload(scene: Scene) -> Upload:
    return Upload(scene.open, AttachmentKind.PCP, "plan.pdf", "application/pdf")


async def _person(scene: Scene, role: Role) -> Caller:
    if role is Role.SYSTEM:
        return house(scene.world.desk, "test")
    at_provider = role in {Role.CONSUMER_REFERRAL_DB, Role.PROVIDER_PROFILE_UPDATE, Role.LSO, Role.EXECUTIVE_DIRECTOR}
    who = await scene.world.user(
        role, provider_id=scene.accepted_by if at_provider else None, counties=["Boone"] if role in EDITORS else []
    )
    assert who.actor.mailbox_id is not None
    await Notification.create(
        mailbox_id=who.actor.mailbox_id, line=1, kind=NotificationKind.REMINDER, at=scene.world.clock()
    )
    return who


async def _row_counts() -> dict[str, tuple[int, ...]]:
    """Count the rows of each table, and sum what changes without a new row."""
    tables = sorted({model._meta.db_table for model in _models()} - {"audit_entry"})
    counts = " UNION ALL ".join(f"SELECT '{table}' AS name, COUNT(*) AS n FROM {table}" for table in tables)
    found: dict[str, tuple[int, ...]] = {row["name"]: (int(row["n"]),) for row in await fetch(counts)}
    forms = await fetch("SELECT state, user_id FROM access_form ORDER BY number")
    found["forms"] = tuple(hash(tuple(map(str, row.values()))) for row in forms)
    states = await fetch("SELECT status, version, statewide FROM referral ORDER BY number")
    found["states"] = tuple(hash(tuple(map(str, row.values()))) for row in states)
    doors = await fetch("SELECT failures, version, password_hash FROM credential ORDER BY user_id")
    found["doors"] = tuple(hash(tuple(map(str, row.values()))) for row in doors)
    people = await fetch("SELECT active, email, phone, user_id, mailbox_id, verified_at FROM contact ORDER BY id")
    homes = await fetch("SELECT name, kind, active FROM provider ORDER BY id")
    found["profiles"] = tuple(hash(tuple(map(str, row.values()))) for row in [*people, *homes])
    documents = await fetch("SELECT state, key_id, wrapped_key FROM attachment ORDER BY id")
    found["documents"] = tuple(hash(tuple(map(str, row.values()))) for row in documents)
    accounts = await fetch("SELECT state, epoch, terminated_on FROM user_account ORDER BY user_id")
    incidents = await fetch("SELECT state, lso_answer FROM incident ORDER BY number")
    found["accounts"] = tuple(hash(tuple(map(str, row.values()))) for row in [*accounts, *incidents])
    letters = await fetch("SELECT state, attempts, due_at FROM outbox ORDER BY id")
    found["letters"] = tuple(hash(tuple(map(str, row.values()))) for row in letters)
    return found


def _models() -> list[Any]:
    import orm.models as models  # noqa: PLC0415 - only its names are wanted

    return [thing for thing in vars(models).values() if hasattr(thing, "_meta")]


def _actor(role: Role, *, must_change_password: bool = False) -> Actor:
    key = None if role is Role.SYSTEM else uuid4()
    return Actor(key, str(role), frozenset({role}), must_change_password=must_change_password)


def _with_temporary_password(actor: Actor) -> Actor:
    make = partial(Actor, actor.id, actor.label, actor.roles, actor.provider_id, actor.mailbox_id)
    return make(actor.coordinator_counties, must_change_password=True)


def _is_admitted(use_case: UseCase[..., Any], actor: Actor) -> bool:
    try:
        use_case.admit(actor)
    except Denied:
        return False
    return True
