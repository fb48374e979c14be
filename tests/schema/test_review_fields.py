"""A system activity review as a program carries it out, from the first row to the kept report."""

from __future__ import annotations

from typing import Any

import pytest

from orm.models import User
from resolvers.callers import Caller
from rules.accounts import AccountState
from rules.roles import Role
from schema.ports import Context
from tests.world.house import the_schema
from tests.world.office import Office
from tests.world.reviews import midnight, opened_review, wrote
from tests.world.world import PASSWORD, World

HOUSE = the_schema()

REVIEW = """query($n: Int!) { activityReview(number: $n) { number quarter state overdue listSize numbers missing
  evidenceNumber members { userId listNumber roles { code reason } pairs { first } rows unexplained unjudged mayJudge
    supervisor { supervisor answer note } findings { number kind formNumber carriedOut dueOn } } } }"""
ROWS = """query($n: Int!, $u: String!) { activityReviewRows(number: $n, userId: $u, explained: false) { totalCount
  nodes { entry act outcome ground why cites subjects { kind keys } judgement { verdict note revision } } } }"""
ONE = "{ number missing } userErrors { code field message } } }"


async def ask(who: Caller, document: str, **variables: Any) -> dict[str, Any]:
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def do(who: Caller, name: str, shape: str = f"review {ONE}", **given: Any) -> dict[str, Any]:
    """Run a mutation; give its payload."""
    kind = f"{name[0].upper()}{name[1:]}Input!"
    payload = await ask(who, f"mutation($input: {kind}) {{ {name}(input: $input) {{ {shape}", input=given)
    return dict(payload[name])


@pytest.mark.requirement("SAR-03", "SAR-06", "SAR-07", "SAR-09", "SAR-10")
async def test_a_review_is_carried_out_from_the_first_row_to_the_kept_report(world: World) -> None:
    office = await Office.of(world)
    cso, person = office.cso, office.employee
    row = await wrote(person, "account.no_such_act", midnight(world, 2))
    await User.exclude(id=person.actor.person()).update(state=AccountState.DELETED)
    number = (await opened_review(world)).number
    await User.all().update(state=AccountState.ACTIVE)
    name, drawn = person.actor.label, {"number": number, "userId": person.actor.label}

    review = (await ask(cso, REVIEW, n=number))["activityReview"]
    [member] = review["members"]
    assert (review["quarter"], review["state"], review["listSize"], review["numbers"]) == ("2026-Q1", "OPEN", 1, [1])
    assert (member["userId"], member["unexplained"], member["unjudged"], member["mayJudge"]) == (name, 1, 1, True)
    rows = (await ask(cso, ROWS, n=number, u=name))["activityReviewRows"]
    [shown] = rows["nodes"]
    assert (rows["totalCount"], shown["entry"], shown["ground"]) == (1, row, "UNKNOWN_ACT")
    assert shown["subjects"][0]["kind"] == "user"

    given = {**drawn, "entry": row, "verdict": "JUSTIFIED", "note": "Seen with the supervisor."}
    assert (await do(cso, "judgeAccess", **given))["userErrors"] == []
    [late] = (await do(cso, "judgeAccess", **given))["userErrors"]
    assert late["code"] == "JUDGED_MEANWHILE"
    lacking = (await do(cso, "completeActivityReview", number=number))["userErrors"]
    assert [error["code"] for error in lacking] == ["REVIEW_INCOMPLETE"]

    assert (await do(cso, "askSupervisor", **drawn))["userErrors"] == []
    questions = "{ supervisorQuestions { id userId roles reviewNumber contentHash answer } }"
    [question] = (await ask(office.lso, questions))["supervisorQuestions"]
    answer = {
        "questionId": question["id"],
        "answer": "PARTLY_NEEDED",
        "note": "Not the second.",
        "userId": office.lso.actor.label,
        "password": PASSWORD,
        "contentHash": question["contentHash"],
    }
    shape = "question { answer note } userErrors { code field } } }"
    wrong = await do(office.lso, "answerSupervisorQuestion", shape, **{**answer, "password": "Wrong-Password-1"})
    assert wrong == {"question": None, "userErrors": [{"code": "PASSWORD_WRONG", "field": "password"}]}
    done = await do(office.lso, "answerSupervisorQuestion", shape, **answer)
    assert done == {"question": {"answer": "PARTLY_NEEDED", "note": "Not the second."}, "userErrors": []}

    finding = {
        **drawn, "kind": "ROLE_NOT_NEEDED", "severity": "LOW", "remedy": "CHANGE", "text": "Too much.",
        "change": "Take the second role away.", "dueOn": "2026-03-20",
    }  # fmt: skip
    opened = await do(
        cso, "openFinding", "review { members { findings { number formNumber } } } userErrors { code } } }", **finding
    )
    [written] = opened["review"]["members"][0]["findings"]
    form = "query($n: Int!) { accessForm(number: $n) { kind changeRequest findingNumber } }"
    assert (await ask(cso, form, n=written["formNumber"]))["accessForm"] == {
        "kind": "CHANGE",
        "changeRequest": "Take the second role away.",
        "findingNumber": written["number"],
    }
    about = {"number": written["number"], "reviewNumber": number}
    assert (await do(cso, "dateFinding", **about, dueOn="2026-03-27"))["userErrors"] == []
    [on_its_way] = (await do(cso, "closeFinding", **about, note="Done."))["userErrors"]
    assert on_its_way["code"] == "FORM_ON_ITS_WAY"
    away = await do(cso, "goOnWithoutSupervisor", **drawn, reason="And the second supervisor is away.")
    assert away["userErrors"] == []
    notes = "patterns { byKind { value findings } notes { text reviewNumber } } userErrors { code } } }"
    noted = await do(cso, "noteProcedure", notes, text="Ask twice a year.", reviewNumber=number)
    assert noted["patterns"] == {
        "byKind": [{"value": "ROLE_NOT_NEEDED", "findings": 1}],
        "notes": [{"text": "Ask twice a year.", "reviewNumber": number}],
    }
    completed = await do(cso, "completeActivityReview", number=number)
    assert completed == {"review": {"number": number, "missing": []}, "userErrors": []}

    listed = "{ activityReviews(state: COMPLETED) { totalCount nodes { number evidenceNumber completedBy } } }"
    page = (await ask(cso, listed))["activityReviews"]
    assert (page["totalCount"], page["nodes"][0]["completedBy"]) == (1, cso.actor.label)
    check = "query($n: Int!) { checkDraw(number: $n) { agrees algorithm numbersAgain userIdsAgain } }"
    again = (await ask(await world.user(Role.AUDITOR), check, n=number))["checkDraw"]
    assert (again["agrees"], again["userIdsAgain"]) == (True, [name])
    patterns = (await ask(cso, "{ findingPatterns { byOrganization { value people reviews } } }"))["findingPatterns"]
    assert patterns["byOrganization"] == [{"value": office.provider_name, "people": 1, "reviews": 1}]
