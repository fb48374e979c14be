"""How a letter is worded, and why its reader gets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind of letter; ``{number}`` is the referral's number."""

    opening: str
    for_coordinator: str
    """What to do next; also for people of the access office, who are told as users."""
    for_provider: str = ""
    """What to do next for a provider's contact, where such a letter goes to one."""
    button: str = "Open the referral"
    asks_to_sign_in: bool = True
    """Whether the page of the link asks who one is."""
    why: str = ""
    """Why a coordinator gets it, where that is not the ordinary reason."""


WHY_PROVIDER = (
    "You get this letter because your organization named you as a contact for referrals. "
    "To change that, ask the Provider Relations contact at your nearest Regional Office."
)
WHY_COORDINATOR = "You get this letter because you are a coordinator for this referral."
WHY_PRIMARY = "You get this letter because you are the primary coordinator of this referral."

WHY_ACCOUNT = "You get this letter because you have, or have asked for, a user ID of the department."
WHY_LSO = "You get this letter because you are the Local Security Officer of your organization, or stand in for it."
WHY_LSO_CHANGED = (
    "You get this letter because you were the Local Security Officer, direct the organization, or are a Chief Security "
    "Officer."
)
WHY_SUPERVISOR = "You get this letter because you supervise a person who has a user ID of the department."
WHY_OBLIGATION = "You get this letter because you answer for a part of the risk-management programme."
WHY_OFFICE = "You get this letter because your office looks after the access of others."

NOTHING_TO_DO = "You do not have to do anything."
