"""Tickets of account management and to agencies, and the outside systems they are about (002:299-305)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from orm.models import AuditEntry, CatalogueRole, Outcome, OutsideSystem, Ticket
from resolvers.callers import Caller
from resolvers.outside_systems import (
    OutsideSystemData,
    list_outside_systems,
    upsert_outside_system,
    view_outside_system,
)
from resolvers.revocation import Revocation, revoke_access
from resolvers.tickets import (
    close_ticket,
    list_tickets,
    view_ticket,
)
from rules.errors import Denied, NotFound, Refusal
from rules.leaving import RevocationReason
from rules.roles import Role
from rules.tickets import TicketChannel, TicketKind, TicketOutcome, TicketState
from tests.world.office import Office
from tests.world.world import World

SYSTEM = OutsideSystemData("sys-a", "System A", "An agency", mainframe=True, roles=frozenset({"BILLING"}))


async def reset_of(world: World, who: Caller) -> int:
    ticket = await Ticket.create(
        number=900,
        kind=TicketKind.PASSWORD_RESET,
        channel=TicketChannel.PHONE,
        user_id=who.actor.person(),
        opened_at=world.clock(),
    )
    return ticket.number


async def revoked(office: Office) -> list[int]:
    """Let a person leave who had access to a system of an agency."""
    return (await revoke_access(office.lso, Revocation(office.employee.actor.label, RevocationReason.LEFT))).tickets


async def refused(attempt: Awaitable[Any], code: str) -> Refusal:
    """Be refused: no ticket and no system changes, and it is written down."""
    before = [await Ticket.all().order_by("number").values(), await OutsideSystem.all().values()]
    roles = await CatalogueRole.filter(system_id__not_isnull=True).values_list("code", flat=True)
    with pytest.raises(Refusal) as refusal:
        await attempt
    assert refusal.value.code == code
    assert before == [await Ticket.all().order_by("number").values(), await OutsideSystem.all().values()]
    assert roles == await CatalogueRole.filter(system_id__not_isnull=True).values_list("code", flat=True)
    entry = await AuditEntry.all().order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, code)
    return refusal.value


@pytest.mark.requirement("REV-08", "REV-09")
async def test_account_management_closes_its_ticket_with_a_word_and_the_support_desk_does_not_see_it(
    world: World,
) -> None:
    office = await Office.of(world)
    number = (await revoked(office))[0]
    desk = await world.user(Role.SUPPORT_DESK)
    reset = await reset_of(world, office.supervisor)

    assert [one.number for one in (await list_tickets(office.account_mgmt)).nodes] == [number]
    assert [one.number for one in (await list_tickets(desk)).nodes] == [reset]
    for role in (Role.CSO, Role.ADMINISTRATOR):
        page = await list_tickets(await world.user(role), count=True)
        assert (sorted(one.number for one in page.nodes), page.total_count) == (sorted([reset, number]), 2)

    await close_ticket(office.account_mgmt, number, TicketOutcome.DONE, "Mailbox closed.")

    seen = await view_ticket(office.account_mgmt, number)
    assert (seen.state, seen.note, seen.answered_at) == (TicketState.DONE, "Mailbox closed.", world.clock())
    assert seen.form_number is not None
    assert seen.answered_by is not None
    entry = (await world.entries("ticket.close"))[0]
    assert "Mailbox" not in str(entry.facts)
    await refused(close_ticket(office.account_mgmt, number, TicketOutcome.DONE), "TICKET_CLOSED")


async def test_a_ticket_of_another_office_does_not_exist(world: World) -> None:
    office = await Office.of(world)
    number = (await revoked(office))[0]
    reset = await reset_of(world, office.supervisor)
    desk = await world.user(Role.SUPPORT_DESK)
    for unknown in (reset, 0, -5, 2**31, 999_999):
        await refused(close_ticket(office.account_mgmt, unknown, TicketOutcome.DONE), "TICKET_NOT_FOUND")
    for stranger, of_others in ((desk, number), (office.account_mgmt, reset), (desk, 0), (desk, 2**31)):
        with pytest.raises(NotFound):
            await view_ticket(stranger, of_others)
    for stranger in (desk, office.cso, office.lso):
        assert isinstance(await refused(close_ticket(stranger, number, TicketOutcome.DONE), "DENIED"), Denied)


async def test_whoever_does_nothing_says_why(world: World) -> None:
    office = await Office.of(world)
    number = (await revoked(office))[0]
    await refused(close_ticket(office.account_mgmt, number, TicketOutcome.REFUSED, " "), "TEXT_REQUIRED")
    await refused(close_ticket(office.account_mgmt, number, TicketOutcome.REFUSED, "x" * 301), "TEXT_TOO_LONG")
    await close_ticket(office.account_mgmt, number, TicketOutcome.REFUSED, "x" * 300)
    assert (await Ticket.get(number=number)).state is TicketState.REFUSED


async def test_of_two_who_close_at_the_same_moment_one_is_told(world: World) -> None:
    office = await Office.of(world)
    number = (await revoked(office))[0]
    second = await world.user(Role.ITSD_ACCOUNT_MGMT)
    answers = await asyncio.gather(
        close_ticket(office.account_mgmt, number, TicketOutcome.DONE),
        close_ticket(second, number, TicketOutcome.REFUSED, "No."),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "int"]


async def test_tickets_come_a_page_at_a_time_by_kind_and_state(world: World) -> None:
    office = await Office.of(world)
    await upsert_outside_system(office.account_mgmt, SYSTEM)
    await CatalogueRole.filter(code="LSO").update(system_id="SYS-A")
    numbers = (await revoke_access(office.director, Revocation(office.lso.actor.label, RevocationReason.LEFT))).tickets
    assert len(numbers) == 2
    first = await list_tickets(office.account_mgmt, first=1)
    assert ([one.number for one in first.nodes], first.has_next_page) == (numbers[:1], True)
    rest = await list_tickets(office.account_mgmt, first=1, after=first.cursors[0])
    assert ([one.number for one in rest.nodes], rest.has_next_page) == (numbers[1:], False)
    assert rest.nodes[0].system is not None
    assert (rest.nodes[0].system.agency, rest.nodes[0].system.roles) == ("An agency", ["BILLING", "LSO"])
    notices = await list_tickets(office.account_mgmt, kind=TicketKind.AGENCY_NOTICE, state=TicketState.OPEN)
    assert [one.number for one in notices.nodes] == numbers[1:]
    assert (await list_tickets(office.account_mgmt, kind=TicketKind.PASSWORD_RESET)).nodes == []
    assert (await list_tickets(office.account_mgmt, state=TicketState.DONE)).nodes == []


@pytest.mark.requirement("REV-08")
async def test_account_management_keeps_the_outside_systems_with_the_whole_set_of_their_roles(world: World) -> None:
    itsd = await world.user(Role.ITSD_ACCOUNT_MGMT)
    assert await upsert_outside_system(itsd, SYSTEM) == "SYS-A"
    changed = OutsideSystemData("SYS-A", "System A2", "Another agency", active=False, roles=frozenset({"REVIEWER"}))
    await upsert_outside_system(itsd, changed)
    [seen] = await list_outside_systems(itsd)
    assert (seen.name, seen.agency, seen.mainframe, seen.active) == ("System A2", "Another agency", False, False)
    assert seen.roles == ["REVIEWER"]
    assert (await view_outside_system(itsd, "SYS-A")).roles == ["REVIEWER"]
    with pytest.raises(NotFound):
        await view_outside_system(itsd, "SYS-B")


async def test_a_role_that_does_not_exist_or_opens_another_system_changes_nothing(world: World) -> None:
    itsd = await world.user(Role.ITSD_ACCOUNT_MGMT)
    await upsert_outside_system(itsd, SYSTEM)
    for roles, code in (({"NO_SUCH_ROLE"}, "ROLE_UNKNOWN"), ({"BILLING"}, "ROLE_OF_OTHER_SYSTEM")):
        other = OutsideSystemData("SYS-B", "System B", "An agency", roles=frozenset(roles))
        await refused(upsert_outside_system(itsd, other), code)
    await refused(upsert_outside_system(itsd, OutsideSystemData(" ", "A", "B")), "TEXT_REQUIRED")
    await refused(upsert_outside_system(await world.user(Role.CSO), SYSTEM), "DENIED")
