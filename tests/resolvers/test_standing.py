"""Whoever loses access while a request of theirs waits in a queue finishes nothing."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from orm.models import AuditEntry, LsoDesignation, Outcome, RoleGrant, Session, User
from resolvers.accounts import change_password
from resolvers.callers import Caller
from resolvers.lso import LetterEntry, NewLso, designate_lso
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import authenticate, sign_in, sign_out
from rules.access_forms import Channel
from rules.accounts import AccountState
from rules.errors import Denied, Refusal, Unauthenticated
from rules.leaving import RevocationReason
from tests.world.office import Office, hand
from tests.world.world import PASSWORD, STATEMENT, World


@pytest.fixture
async def office(world: World) -> Office:
    return await Office.of(world)


@pytest.mark.requirement("REV-03")
async def test_a_director_who_is_revoked_after_signing_designates_nobody(office: Office) -> None:
    proven = await hand(office.director)
    await revoke_access(office.cso, Revocation(office.director.actor.label, RevocationReason.LEFT))

    new = NewLso(LetterEntry(dated=date(2026, 3, 2)), Channel.PORTAL, office.employee.actor.label)
    with pytest.raises(Denied) as denied:
        await designate_lso(office.director, office.organization, new, proven)

    assert denied.value.code == "ACCOUNT_NOT_IN_USE"
    assert (await LsoDesignation.get(provider_id=office.provider_id, ended_at=None)).user_id == office.lso.actor.id
    entry = await AuditEntry.filter(act="lso.designate").order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "ACCOUNT_NOT_IN_USE")


async def test_a_role_that_ended_meanwhile_does_nothing_any_more(office: Office) -> None:
    proven = await hand(office.director)
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=office.world.clock())

    new = NewLso(LetterEntry(dated=date(2026, 3, 2)), Channel.PORTAL, office.employee.actor.label)
    with pytest.raises(Denied) as denied:
        await designate_lso(office.director, office.organization, new, proven)

    assert denied.value.code == "DENIED"


@pytest.mark.requirement("REV-03")
async def test_a_session_that_ended_meanwhile_changes_nothing(world: World, office: Office) -> None:
    signed_in = await sign_in(
        world.desk, office.employee.actor.label, PASSWORD, device="test", request_id="r", accepts=STATEMENT
    )
    caller = await authenticate(world.desk, signed_in.token, "r")
    await sign_out(caller)

    with pytest.raises(Unauthenticated):
        await change_password(caller, PASSWORD, "Another-Horse-8")

    assert not await Session.exists(user_id=caller.actor.id, ended_at=None)
    await sign_in(world.desk, office.employee.actor.label, PASSWORD, device="test", request_id="r")


@pytest.mark.requirement("REV-01")
async def test_of_two_officers_who_revoke_each_other_one_stays(office: Office) -> None:
    async def revoke(by: Caller, whom: Caller) -> bool:
        try:
            await revoke_access(by, Revocation(whom.actor.label, RevocationReason.LEFT))
        except Refusal:
            return False
        return True

    done = await asyncio.gather(revoke(office.lso, office.director), revoke(office.director, office.lso))

    assert sorted(done) == [False, True]
    states = [(await User.get(id=one.actor.id)).state for one in (office.lso, office.director)]
    assert sorted(states) == [AccountState.ACTIVE, AccountState.DISABLED]
