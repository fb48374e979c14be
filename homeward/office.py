"""Give the pages what they need: the desk, and in the demonstration its accounts and the letters it caught."""

from __future__ import annotations

from collections.abc import Sequence

from admin_ui import AdminOffice, DemoAccount, PostboxLetter
from homeward.demo_accounts import kept_accounts
from homeward.demo_postbox import kept_letters
from homeward.settings import Settings
from homeward.wiring import House
from resolvers.outbox import ClaimedLetter
from workers.letters import LetterFacts, Rendered, render


def open_office(house: House) -> AdminOffice:
    """Wire the pages to an open house."""
    settings = house.settings

    def letters(limit: int) -> Sequence[PostboxLetter]:
        return kept_letters(settings.var / "postbox", limit)

    def write(letter: ClaimedLetter) -> Rendered:
        return render(LetterFacts.of(letter, settings.base_url))

    return AdminOffice(
        desk=house.desk,
        secure_cookies=not settings.is_loopback,
        demo_accounts=(lambda: demo_accounts(settings)) if settings.demo else None,
        postbox=letters if settings.demo else None,
        letter_writer=write,
        origins=frozenset({settings.base_url}),
    )


def demo_accounts(settings: Settings) -> list[DemoAccount]:
    """Read the accounts of the demonstration world; none before it is built."""
    return [
        DemoAccount(
            user_id=account["user_id"],
            password=account["password"],
            name=account["name"],
            roles=tuple(account["roles"]),
            organization=account.get("organization") or "",
            note=account.get("note") or "",
            signs_in=account.get("signs_in", True),
        )
        for account in kept_accounts(settings.var)
    ]
