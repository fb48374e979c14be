"""In April each facility's LSO is asked and chased; the report names who did not answer (RSK-17, LSO-18)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orm.models import DatedObligation, LsoCollection, LsoCollectionAnswer
from resolvers.evidence import PrintForm, list_evidence, open_evidence
from resolvers.lso_collection import LSO_COLLECTION, answer_collection, view_collection
from resolvers.officers import Organization
from resolvers.risk_sweep import RISK_CALENDAR
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from rules.errors import NotFound, Refusal
from rules.lso_collection import CollectionAnswer, CollectionQuestion
from rules.notices import NotificationKind
from rules.obligations import ObligationState
from rules.roles import Role
from tests.world.office import at_facility, designated, told
from tests.world.world import World

ASKED = NotificationKind.COLLECTION_TO_ANSWER
YES = dict.fromkeys(CollectionQuestion, CollectionAnswer.YES)


async def on(world: World, month: int, day: int) -> None:
    world.clock.now = datetime(2026, month, day, 15, 0, tzinfo=UTC)
    for sweep in (LSO_COLLECTION, RISK_CALENDAR):
        await run_now(world.desk, sweep)


@pytest.mark.requirement("RSK-17")
@pytest.mark.requirement("LSO-18")
@pytest.mark.requirement("SWP-11")
@pytest.mark.requirement("POL-15")
async def test_the_collection_opens_chases_closes_and_its_report_is_the_evidence(world: World) -> None:
    cso = await world.user(Role.CSO)
    first, second = await at_facility(world, "101", Role.LSO), await at_facility(world, "102", Role.LSO)
    await world.facility("103")
    for code, officer in (("101", first), ("102", second)):
        await designated(world, Organization(facility_id=code), officer)
    of_provider = await world.user(Role.LSO, provider_id=(await world.provider()).id)
    await on(world, 3, 31)
    assert await LsoCollection.all().count() == 0

    await on(world, 4, 1)
    for officer in (first, second):
        assert [kind for kind, _ in await told(officer)].count(ASKED) == 1
    assert ASKED not in [kind for kind, _ in await told(of_provider)], "the collection is of facilities"
    for who, answers, note, code in (
        (of_provider, YES, "", "COLLECTION_NOT_FOUND"),
        (await at_facility(world, "102", Role.LSO), YES, "", "COLLECTION_NOT_FOUND"),
        (first, YES | {CollectionQuestion.STAFF_TRAINED: CollectionAnswer.NO}, "", "NOTE_NEEDED"),
    ):
        with pytest.raises(Refusal) as no:
            await answer_collection(who, 2026, answers, note)
        assert no.value.code == code
    await answer_collection(first, 2026, YES | {CollectionQuestion.STAFF_TRAINED: CollectionAnswer.NO}, "In May.")
    with pytest.raises(Refusal) as no:
        await answer_collection(first, 2026, YES)
    assert no.value.code == "ALREADY_ANSWERED"

    await on(world, 4, 7)
    await on(world, 4, 8)
    assert [kind for kind, _ in await told(first)].count(ASKED) == 1
    assert [kind for kind, _ in await told(second)].count(ASKED) == 2
    own = await view_collection(second, 2026)
    assert [one.facility for one in own.facilities] == ["102"]
    assert len((await view_collection(cso, 2026)).facilities) == 2
    with pytest.raises(NotFound):
        await view_collection(of_provider, 2026)
    shown = await simulate_sweep(world.house, LSO_COLLECTION, datetime(2026, 4, 15, 15, 0, tzinfo=UTC))
    assert [(one.label, one.hit) for one in shown.subjects] == [("101", False), ("102", True)]

    await on(world, 5, 4)  # no worker for weeks: the chase of April is not sent in May
    assert [kind for kind, _ in await told(second)].count(ASKED) == 2
    with pytest.raises(Refusal) as no:
        await answer_collection(second, 2026, YES)
    assert no.value.code == "COLLECTION_CLOSED"
    kept = (await list_evidence(cso)).nodes[0]
    html = (await open_evidence(cso, kept.number, PrintForm.HTML)).body.decode()
    for said in (
        "1 of 2 facilities answered.",
        "Did not answer",
        "Facility 102",
        "Without an LSO",
        "Facility 103",
        "In May.",
    ):
        assert said in html
    obligation = await DatedObligation.get(code="LSO-APR")
    assert (obligation.state, (await LsoCollection.get(year=2026)).evidence_id) == (
        ObligationState.DONE,
        obligation.evidence_id,
    )
    await on(world, 5, 20)
    assert await LsoCollectionAnswer.all().count() == 2
    assert (await list_evidence(cso, count=True)).total_count == 1
