"""The list of demonstration accounts, for the sign-in page, the README's script, and whoever tries it out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from homeward.demo import cast
from homeward.demo.stage import Person, Stage
from homeward.secret_file import replace_secret
from rules.roles import Role

_NOTES = {
    cast.EXPIRED: "On purpose: the password has expired, so signing in is refused with PASSWORD_EXPIRED.",
    cast.LOCKED: "On purpose: locked after too many wrong passwords, so signing in is refused.",
    cast.FIRST_SIGN_IN: "On purpose: a first password, which has to be changed before any further action.",
    cast.SUSPENDED: "On purpose: suspended for answering what was addressed to the LSO, so signing in is refused.",
    cast.LEFT: "On purpose: the person left and the access was revoked, so signing in is refused.",
    cast.UNUSED: "On purpose: not used, so an audit has disabled the account, and signing in is refused.",
    cast.RESIGNED: "On purpose: told to have left in an audit, so the access was revoked and signing in is refused.",
    cast.DISABLED: "On purpose: the account is disabled, so signing in is refused.",
}
_WITHOUT_ROLES = frozenset({cast.LEFT, cast.UNUSED, cast.RESIGNED})
_CONTRACT_ENDED = "The provider's contract has ended, so signing in is refused."
_NOT_ACTIVE = "The provider has left the exchange: signing in works, but no open referral is shown."
_STATEMENT = "On purpose: the confidentiality statement comes first; signing in shows it, and it has to be accepted."
_NO_CONTACT = "The provider has no active contact: signing in works, but no open referral is shown."
_SUSPENDED = "The provider is in No Referral Status: signing in works, but no open referral is shown."


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One entry of the file. ``note`` says what is special; ``signs_in``, whether the account is ready to work with."""

    user_id: str
    password: str
    roles: list[str]
    name: str
    organization: str
    note: str = ""
    signs_in: bool = True


def list_accounts(stage: Stage) -> list[DemoAccount]:
    """List the accounts, those first that the README knows by name."""
    known = [stage.people[user_id] for user_id in cast.CAST]
    others = [person for person in stage.people.values() if person.plan.user_id not in cast.CAST]
    others.sort(key=lambda person: (person.plan.organization, person.plan.user_id))
    return [
        DemoAccount(
            user_id=person.plan.user_id,
            password=cast.DEMO_PASSWORD,
            roles=[] if person.plan.user_id in _WITHOUT_ROLES else sorted(str(role) for role in person.plan.roles),
            name=f"{person.plan.first_name} {person.plan.last_name}",
            organization=person.plan.organization,
            note=(note := _note(stage, person)),
            signs_in=note != _CONTRACT_ENDED and person.plan.user_id not in _NOTES,
        )
        for person in [*known, *others]
    ]


def write_accounts(path: Path, accounts: Sequence[DemoAccount]) -> None:
    """Write the file for its owner's eyes only, whole or not at all. Raises OSError."""
    content = json.dumps([asdict(account) for account in accounts], indent=1, ensure_ascii=False)
    replace_secret(path, f"{content}\n".encode())


def read_accounts(path: Path) -> list[DemoAccount]:
    """Read the file. Raises OSError when it is not there, ValueError or TypeError when it is something else."""
    return [DemoAccount(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def _note(stage: Stage, person: Person) -> str:
    if person.plan.user_id in _NOTES:
        return _NOTES[person.plan.user_id]
    if person.plan.user_id in cast.UNDECIDED:
        return _STATEMENT
    home = next((home for home in stage.homes.values() if home.key == person.actor.provider_id), None)
    if home is None:
        return ""
    if all(ends is not None and ends < stage.today for _, ends in home.contracts):
        return _CONTRACT_ENDED
    if Role.CONSUMER_REFERRAL_DB not in person.plan.roles:
        return ""
    if not home.active:
        return _NOT_ACTIVE
    if home.suspended:
        return _SUSPENDED
    if home.plan.sites and not home.has_contact:
        return _NO_CONTACT
    return ""
