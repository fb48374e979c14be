"""Accounts as those see them who look after them: an office all, an organization's officers their own (000:258-263)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orm.models import AuditEntry, Credential, User
from resolvers.account_views import AccountFilter, list_accounts, view_account
from resolvers.callers import Caller
from resolvers.incidents import report_incident
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import sign_in
from rules.accounts import AccountState
from rules.errors import Invalid, NotFound
from rules.leaving import DisabledReason, RevocationReason
from rules.roles import Role
from tests.world.office import Office, at_facility
from tests.world.world import PASSWORD, World


async def listed(who: Caller, **where: object) -> list[str]:
    page = await list_accounts(who, where=AccountFilter(**where), first=100)  # type: ignore[arg-type]
    return [account.user_id for account in page.nodes]


async def test_an_account_says_what_its_state_is_and_why(world: World) -> None:
    office = await Office.of(world)
    label = office.employee.actor.label
    await sign_in(world.desk, label, PASSWORD, device="test", request_id="test")
    await Credential.filter(user_id=office.employee.actor.id).update(locked_at=world.clock())
    await report_incident(office.supervisor, "Odd.", label)

    seen = await view_account(office.lso, f"extlcl\\{label.lower()}")

    assert (seen.user_id, seen.domain, seen.state) == (label, "EXTLCL", AccountState.ACTIVE)
    assert seen.provider is not None
    assert (seen.provider.id, seen.facility, seen.regional_office) == (office.provider_id, None, None)
    assert (seen.last_sign_in_at, seen.locked, seen.open_incidents) == (world.clock(), True, 1)
    assert (await view_account(office.lso, office.lso.actor.label)).roles == ["LSO"]

    await revoke_access(office.lso, Revocation(label, RevocationReason.LEFT, note="Moved."))
    seen = await view_account(office.cso, label)
    assert (seen.state, seen.disabled_reason, seen.disabled_note) == (
        AccountState.DISABLED,
        DisabledReason.LEFT,
        "Moved.",
    )
    assert (seen.terminated_on, seen.roles) == (date(2026, 3, 2), [])
    assert (await view_account(office.lso, label)).disabled_note == "Moved."
    assert (await view_account(await world.user(Role.SUPPORT_DESK), label)).disabled_note is None


async def test_an_office_sees_everybody_and_officers_their_own_people_only(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    everybody = sorted(str(one) for one in await User.all().values_list("user_id", flat=True))
    own = sorted(
        str(one) for one in await User.filter(provider_id=office.provider_id).values_list("user_id", flat=True)
    )
    of_providers = sorted(
        str(one) for one in await User.filter(provider_id__not_isnull=True).values_list("user_id", flat=True)
    )
    assert await listed(office.cso) == await listed(office.account_mgmt) == everybody
    assert await listed(office.lso) == await listed(office.director) == own
    assert await listed(office.liaison) == of_providers
    for stranger in (office.employee, office.deputy, office.oa, office.provisioning):
        assert await listed(stranger) == []
    world.clock.now += timedelta(days=7)
    assert await listed(office.deputy) == own
    for stranger, label in (
        (office.lso, other.employee.actor.label),
        (office.lso, office.oa.actor.label),
        (office.liaison, office.oa.actor.label),
        (office.employee, office.supervisor.actor.label),
        (office.cso, "NOBODY"),
    ):
        with pytest.raises(NotFound):
            await view_account(stranger, label)
    entry = await AuditEntry.filter(act="account.view").order_by("-id").first()
    assert entry is not None
    assert entry.code == "ACCOUNT_NOT_FOUND"


async def test_the_lso_of_a_facility_sees_its_people(world: World) -> None:
    lso, person = await at_facility(world, "101", Role.LSO), await at_facility(world, "101")
    await at_facility(world, "102")
    cso = await world.user(Role.CSO)
    both = sorted([lso.actor.label, person.actor.label])
    assert await listed(lso) == both
    assert await listed(cso, facility="101") == both
    seen = await view_account(lso, person.actor.label)
    assert seen.facility is not None
    assert seen.facility.code == "101"


async def test_accounts_are_found_by_id_name_state_and_organization_and_never_beyond_ones_own(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    ann = office.employee.actor
    await User.filter(id=ann.id).update(user_id="MYTESTA", first_name="Ann", last_name="Ex_ample")
    await User.filter(id=other.employee.actor.id).update(user_id="MYTESTB", first_name="Ann", last_name="Example")
    assert await listed(office.cso, search=" mytest ") == ["MYTESTA", "MYTESTB"]
    assert await listed(office.cso, search="ann ex_") == ["MYTESTA"]
    assert await listed(office.cso, search="%") == []
    assert await listed(office.cso, search="!") == []
    assert await listed(office.cso, search="\0") == await listed(office.cso, search="\ud800") == []
    assert await listed(office.cso, facility="\0") == []
    assert await listed(office.lso, search="ANN") == ["MYTESTA"]
    assert await listed(office.cso, search="ann", provider_id=other.provider_id) == ["MYTESTB"]
    assert await listed(office.lso, provider_id=other.provider_id) == []
    await revoke_access(office.lso, Revocation("MYTESTA", RevocationReason.LEFT))
    assert await listed(office.lso, state=AccountState.DISABLED) == ["MYTESTA"]
    assert "MYTESTA" not in await listed(office.lso, state=AccountState.ACTIVE)
    assert await listed(office.cso, search="") == await listed(office.cso)
    await listed(office.cso, search="x" * 100)
    with pytest.raises(Invalid) as refused:
        await listed(office.cso, search="x" * 101)
    assert refused.value.code == "SEARCH_TOO_LONG"


async def test_accounts_come_a_page_at_a_time_and_a_foreign_cursor_tells_nothing(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    whole = await list_accounts(office.lso, count=True)
    assert whole.total_count == len(whole.nodes)
    first = await list_accounts(office.lso, first=2)
    rest = await list_accounts(office.lso, first=100, after=first.cursors[-1])
    assert [*first.nodes, *rest.nodes] == list(whole.nodes)
    assert (first.has_next_page, rest.has_next_page, rest.has_previous_page) == (True, False, True)
    foreign = (await list_accounts(other.lso)).cursors[0]
    with pytest.raises(Invalid) as stale:
        await list_accounts(office.lso, after=foreign)
    assert stale.value.code == "CURSOR_STALE"
    with pytest.raises(Invalid) as malformed:
        await list_accounts(office.lso, after="nonsense")
    assert malformed.value.code == "CURSOR_MALFORMED"
