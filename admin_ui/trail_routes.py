"""The addresses of the trail's rooms and of the system activity reviews."""

from __future__ import annotations

from functools import partial
from typing import Any

from admin_ui.access_log_pages import OF_MINE, OF_PERSON, OF_REFERRAL
from admin_ui.actions import Action
from admin_ui.activity_review_pages import COMPLETE_REVIEW, MEMBERS, REVIEWS, draw_page, drawn_list, review_page
from admin_ui.break_glass_pages import (
    BREAK_GLASSES,
    END_GLASS,
    OPEN_GLASS,
    REVIEW_GLASS,
    break_glass_page,
    break_glasses_page,
    under_glass_page,
)
from admin_ui.doors import Show
from admin_ui.evidence_pages import EVIDENCE, evidence_page
from admin_ui.finding_pages import (
    CLOSE_FINDING,
    DATE_FINDING,
    FINDINGS,
    NOTE_PROCEDURE,
    OPEN_FINDING,
    finding_page,
    patterns_page,
)
from admin_ui.lines import Lines
from admin_ui.outbox_pages import OUTBOX, letter_html, letter_page, outbox_page, retry_page
from admin_ui.registers import Register, export_register
from admin_ui.review_member_page import ASK_SUPERVISOR, GO_ON, REVIEW_MEMBER, REVIEW_ROWS
from admin_ui.seal_pages import entry_page, proof_file, seal_page, seals_page
from admin_ui.supervisor_pages import ANSWER, questions_page
from admin_ui.trail_pages import TRAIL

TRAIL_REGISTERS: tuple[Register[Any], ...] = (TRAIL, OF_PERSON, OF_REFERRAL, OF_MINE, EVIDENCE, REVIEWS, FINDINGS)

TRAIL_LINES: tuple[Lines[Any], ...] = (MEMBERS, REVIEW_ROWS)

TRAIL_ACTIONS: tuple[Action, ...] = (
    OPEN_GLASS,
    END_GLASS,
    REVIEW_GLASS,
    REVIEW_MEMBER,
    ASK_SUPERVISOR,
    GO_ON,
    OPEN_FINDING,
    DATE_FINDING,
    CLOSE_FINDING,
    NOTE_PROCEDURE,
    COMPLETE_REVIEW,
    ANSWER,
)

TRAIL_PAGES: tuple[tuple[str, Show, tuple[str, ...]], ...] = (
    ("/trail/entries/{number:int}", entry_page, ("GET",)),
    ("/trail/entries/{number:int}/proof.json", proof_file, ("GET",)),
    ("/seals", seals_page, ("GET", "POST")),
    ("/seals/{number:int}", seal_page, ("GET",)),
    ("/break-glass", break_glasses_page, ("GET", "POST")),
    ("/break-glass/export", partial(export_register, register=BREAK_GLASSES), ("POST",)),
    ("/break-glass/{number:int}", break_glass_page, ("GET",)),
    ("/break-glass/{number:int}/referral", under_glass_page, ("GET",)),
    ("/evidence/{number:int}", evidence_page, ("GET",)),
    ("/outbox", outbox_page, ("GET", "POST")),
    ("/outbox/export", partial(export_register, register=OUTBOX), ("POST",)),
    ("/outbox/{letter_id:uuid}", letter_page, ("GET",)),
    ("/outbox/{letter_id:uuid}/html", letter_html, ("GET",)),
    ("/outbox/{letter_id:uuid}/retry", retry_page, ("POST",)),
    ("/reviews/activity/patterns", patterns_page, ("GET",)),
    ("/reviews/activity/findings/{number:int}", finding_page, ("GET",)),
    ("/reviews/activity/{number:int}", review_page, ("GET",)),
    ("/reviews/activity/{number:int}/draw", draw_page, ("GET",)),
    ("/reviews/activity/{number:int}/list.txt", drawn_list, ("GET",)),
    ("/supervisor-questions", questions_page, ("GET",)),
)
