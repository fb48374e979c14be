"""The addresses of the calendar: obligations, audits, timed duties, the policy register, and what belongs to them."""

from __future__ import annotations

from typing import Any

from admin_ui.actions import Action
from admin_ui.audit_pages import ANSWER_AUDIT, AUDIT_LINES, AUDITS, HOLD_IN_AUDIT, audit_page
from admin_ui.breach_pages import BREACH, SANCTIONS
from admin_ui.calendar_link_page import END_LINK, MAKE_LINK
from admin_ui.collection_pages import ANSWER, FACILITY_ANSWERS, collection_page
from admin_ui.doors import Show
from admin_ui.employee_review_pages import EMPLOYEE_LINES, EMPLOYEE_REVIEWS, VERIFY_EMPLOYMENT, employee_review_page
from admin_ui.lines import Lines
from admin_ui.obligation_pages import COMPLETE, OBLIGATIONS_LIST, obligation_page, year_page
from admin_ui.policy_pages import CHANGE_POLICY, POLICIES, conflicts_page, policy_page
from admin_ui.registers import Register
from admin_ui.risk_pages import RISK_ACTIONS, risk_page
from admin_ui.ssa_pages import (
    SSA_ACTIONS,
    SSA_LINES,
    SSA_PERSONS,
    SSA_REPORTS,
    recipients_page,
    ssa_file,
    ssa_page,
    ssa_persons_page,
)
from admin_ui.sweep_pages import RETRY_RUN, RUNS, dry_run_file, dry_run_page, run_page, sweeps_page, sweeps_year_page
from admin_ui.threat_page import THREAT
from admin_ui.user_list_pages import (
    DELETIONS,
    IMPORT_LIST,
    MAINFRAME_DELETIONS,
    RECORD_DELETION,
    USER_LIST_ROWS,
    USER_LISTS,
    deletions_page,
    user_list_page,
)

CALENDAR_REGISTERS: tuple[Register[Any], ...] = (
    OBLIGATIONS_LIST,
    RUNS,
    POLICIES,
    AUDITS,
    EMPLOYEE_REVIEWS,
    USER_LISTS,
    SSA_REPORTS,
)

CALENDAR_LINES: tuple[Lines[Any], ...] = (
    AUDIT_LINES,
    EMPLOYEE_LINES,
    USER_LIST_ROWS,
    MAINFRAME_DELETIONS,
    SSA_LINES,
    SSA_PERSONS,
    FACILITY_ANSWERS,
)

CALENDAR_ACTIONS: tuple[Action, ...] = (
    COMPLETE,
    *RISK_ACTIONS,
    THREAT,
    ANSWER,
    BREACH,
    SANCTIONS,
    MAKE_LINK,
    END_LINK,
    RETRY_RUN,
    CHANGE_POLICY,
    ANSWER_AUDIT,
    HOLD_IN_AUDIT,
    VERIFY_EMPLOYMENT,
    IMPORT_LIST,
    RECORD_DELETION,
    *SSA_ACTIONS,
)

CALENDAR_PAGES: tuple[tuple[str, Show, tuple[str, ...]], ...] = (
    ("/obligations/year", year_page, ("GET",)),
    ("/obligations/{number:int}", obligation_page, ("GET",)),
    ("/risk", risk_page, ("GET",)),
    ("/lso-collection", collection_page, ("GET",)),
    ("/sweeps", sweeps_page, ("GET",)),
    ("/sweeps/year", sweeps_year_page, ("GET",)),
    ("/sweeps/dry-run", dry_run_page, ("GET", "POST")),
    ("/sweeps/dry-run/export", dry_run_file, ("POST",)),
    ("/sweeps/runs/{name}/{due_on}", run_page, ("GET",)),
    ("/policies/conflicts", conflicts_page, ("GET",)),
    ("/policies/{key}", policy_page, ("GET",)),
    ("/audits/{number:int}", audit_page, ("GET",)),
    ("/reviews/employees/{number:int}", employee_review_page, ("GET",)),
    (DELETIONS, deletions_page, ("GET",)),
    ("/user-lists/{number:int}", user_list_page, ("GET",)),
    ("/ssa/recipients", recipients_page, ("GET",)),
    ("/ssa/{number:int}", ssa_page, ("GET",)),
    ("/ssa/{number:int}/persons", ssa_persons_page, ("GET",)),
    ("/ssa/{number:int}/file", ssa_file, ("POST",)),
)
