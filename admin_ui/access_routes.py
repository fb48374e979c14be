"""The addresses of the access office: its lists, its forms, and its other pages."""

from __future__ import annotations

from typing import Any

from admin_ui.access_request_pages import (
    ALL_REQUESTS,
    PROVISIONING,
    access_request_page,
    access_requests_page,
    my_roles_page,
)
from admin_ui.access_wizard import BEGIN, RESUBMIT, REVIEW, WITHDRAW, roles_page
from admin_ui.account_end_pages import ACCOUNT_ENDS
from admin_ui.account_pages import ACCOUNTS, account_page
from admin_ui.actions import Action
from admin_ui.doors import Show
from admin_ui.duty_pages import OPEN_DUTIES
from admin_ui.form_entry_pages import FORM_ENTRIES
from admin_ui.form_pages import FORMS, form_page, printed_page
from admin_ui.form_step_pages import FORM_STEPS
from admin_ui.incident_pages import INCIDENT_ACTIONS, INCIDENTS, incident_page
from admin_ui.lso_letter_pages import LSO_ACTIONS
from admin_ui.lso_pages import LSO_HEALTH, lso_page, own_lso_page, vacant_page
from admin_ui.own_account_page import own_account_page
from admin_ui.registers import Register
from admin_ui.role_pages import ROLE_ACTIONS, ROLES, matrix_page, role_page
from admin_ui.support_pages import SUPPORT_ACTIONS, reset_page, resets_page
from admin_ui.ticket_pages import TICKET_ACTIONS, TICKETS, systems_page, ticket_page

ACCESS_REGISTERS: tuple[Register[Any], ...] = (
    PROVISIONING,
    ALL_REQUESTS,
    FORMS,
    LSO_HEALTH,
    ACCOUNTS,
    ROLES,
    INCIDENTS,
    TICKETS,
    OPEN_DUTIES,
)

ACCESS_ACTIONS: tuple[Action, ...] = (
    BEGIN,
    REVIEW,
    WITHDRAW,
    RESUBMIT,
    *FORM_ENTRIES,
    *FORM_STEPS,
    *LSO_ACTIONS,
    *ACCOUNT_ENDS,
    *ROLE_ACTIONS,
    *INCIDENT_ACTIONS,
    *TICKET_ACTIONS,
    *SUPPORT_ACTIONS,
)

ACCESS_PAGES: tuple[tuple[str, Show, tuple[str, ...]], ...] = (
    ("/access-requests", access_requests_page, ("GET",)),
    ("/access-requests/{number:int}", access_request_page, ("GET", "POST")),
    ("/access-requests/{number:int}/roles", roles_page, ("GET", "POST")),
    ("/my-roles", my_roles_page, ("GET",)),
    ("/forms/{number:int}", form_page, ("GET",)),
    ("/forms/{number:int}/print", printed_page, ("GET",)),
    ("/lso", own_lso_page, ("GET",)),
    ("/lso/vacant", vacant_page, ("GET",)),
    ("/lso/provider/{provider:uuid}", lso_page, ("GET",)),
    ("/lso/facility/{facility}", lso_page, ("GET",)),
    ("/accounts/{user_id}", account_page, ("GET",)),
    ("/roles/incompatible", matrix_page, ("GET",)),
    ("/roles/{code}", role_page, ("GET",)),
    ("/incidents/{number:int}", incident_page, ("GET",)),
    ("/tickets/{number:int}", ticket_page, ("GET",)),
    ("/outside-systems", systems_page, ("GET", "POST")),
    ("/resets", resets_page, ("GET", "POST")),
    ("/resets/{number:int}", reset_page, ("GET",)),
    ("/your-account", own_account_page, ("GET",)),
)
