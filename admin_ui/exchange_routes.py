"""The rooms of the exchange: their lists, their forms, and the pages that are neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from admin_ui.actions import Action
from admin_ui.attachment_pages import open_page
from admin_ui.contact_forms import CONTACT_FORMS
from admin_ui.contract_pages import ENDING_CONTRACTS
from admin_ui.doors import Show
from admin_ui.provider_forms import PROVIDER_FORMS
from admin_ui.provider_pages import (
    PROVIDERS,
    activate_contact_page,
    activate_page,
    coverage_page,
    own_provider_page,
    provider_page,
    remove_site_page,
    verify_page,
)
from admin_ui.receipt_pages import SILENT, receipts_page, why_page
from admin_ui.referral_forms import ANSWER, CHANGE_REFERRAL, NEW_REFERRAL
from admin_ui.referral_list import REFERRALS
from admin_ui.referral_page import house_page, publications_page, referral_page
from admin_ui.referral_steps import REFERRAL_STEPS
from admin_ui.registers import Register

EXCHANGE_REGISTERS: tuple[Register[Any], ...] = (REFERRALS, SILENT, PROVIDERS, ENDING_CONTRACTS)

EXCHANGE_ACTIONS: tuple[Action, ...] = (
    NEW_REFERRAL,
    CHANGE_REFERRAL,
    ANSWER,
    *REFERRAL_STEPS,
    *PROVIDER_FORMS,
    *CONTACT_FORMS,
)

_PROVIDER = "/providers/{provider_id:uuid}"
_CONTACT = f"{_PROVIDER}/contacts/{{contact_id:uuid}}"
_REFERRAL = "/referrals/{number:int}"

EXCHANGE_PAGES: tuple[tuple[str, Show, Sequence[str]], ...] = (
    (_REFERRAL, referral_page, ("GET",)),
    (f"{_REFERRAL}/publications", publications_page, ("GET",)),
    (f"{_REFERRAL}/house", house_page, ("GET",)),
    (f"{_REFERRAL}/receipts", receipts_page, ("GET",)),
    (f"{_REFERRAL}/why", why_page, ("GET",)),
    (f"{_REFERRAL}/attachments/{{attachment_id:uuid}}/open", open_page, ("POST",)),
    ("/provider", own_provider_page, ("GET",)),
    ("/coverage", coverage_page, ("GET",)),
    (_PROVIDER, provider_page, ("GET",)),
    (f"{_PROVIDER}/activate", activate_page, ("POST",)),
    (f"{_PROVIDER}/sites/{{site_id:uuid}}/remove", remove_site_page, ("POST",)),
    (f"{_CONTACT}/verify", verify_page, ("POST",)),
    (f"{_CONTACT}/activate", activate_contact_page, ("POST",)),
)
