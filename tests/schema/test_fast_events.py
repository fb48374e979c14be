"""Events that are written once for many are the bytes that the ordinary executor gives each reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import pytest
import strawberry
from asking import Asking
from graphql import GraphQLObjectType, GraphQLResolveInfo, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.line_views import NotificationView, line_cursor
from schema.fast_events import EventForm, EventForms, EventText
from schema.people_types import Notification
from schema.referral_types import Provider, Referral


@strawberry.type
class Query:
    """What documents are written over."""

    notifications: Notification


@strawberry.type
class Subscription:
    """A root without use cases: it shows the views that it is given."""

    @strawberry.subscription
    async def notifications(self, info: strawberry.Info) -> AsyncGenerator[Notification, None]:
        """Follow what the test gives."""
        info.context.info = info._raw_info
        for view in info.context.views:
            yield view


SCHEMA = strawberry.Schema(Query, subscription=Subscription, types=[Referral, Provider])
VIEWS = st.builds(
    lambda view, key, line: (replace(view, id=key, cursor=line_cursor(line)), line),
    st.from_type(NotificationView), st.uuids(), st.integers(0, 10**9),
)  # fmt: skip


async def _told(document: str, views: list[NotificationView]) -> tuple[list[Any], GraphQLResolveInfo[Any]]:
    """Follow by the ordinary executor; give the results, and what the subscription's resolver was told."""
    context = SimpleNamespace(views=views, info=None)
    stream = cast("Any", await SCHEMA.subscribe(document, {"yes": True} if "$yes" in document else {}, context))
    return [result async for result in stream], cast("GraphQLResolveInfo[Any]", context.info)


def _document(data: st.DataObject) -> str:
    choose = Random(data.draw(st.integers(0, 2**32))).randrange
    asking = Asking(SCHEMA._schema, choose)
    type_ = cast("GraphQLObjectType", get_named_type(SCHEMA._schema.query_type.fields["notifications"].type))  # type: ignore[union-attr]
    asked = f"{{ {asking._alias()}notifications {asking._below(type_, 3)} }}"
    whole = " ".join([asked, *asking._fragments])
    return f"subscription Asked($yes: Boolean! = true) {whole}" if "$yes" in whole else f"subscription {whole}"


def _filled(text: EventText, *readers: tuple[UUID, int]) -> list[bytes]:
    each = text.for_each([str(key) for key, _ in readers], [line for _, line in readers])
    return [told for told, _ in zip(each, readers, strict=False)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_asked_each_reader_gets_the_bytes_of_the_ordinary_executor(data: st.DataObject) -> None:
    document = _document(data)
    view, line = data.draw(VIEWS)
    # What a publishing writes for another reader differs in the key and in the place.
    other_line, other = data.draw(st.integers(0, 10**9)), replace(view, id=data.draw(st.uuids()))
    other.cursor = line_cursor(other_line)

    (first, second), info = asyncio.run(_told(document, [view, other]))

    form = EventForms().form(info)
    if form is None:
        assert "@" in document, "only where something is decided each time, each is told alone"
        return
    try:
        text = form.write(view)
    except Exception:  # noqa: BLE001 - each is told alone; then the ordinary executor had something to say
        assert first.errors
        return
    assert not first.errors
    due = [orjson.dumps({"data": it.data}) for it in (first, second)]
    assert _filled(text, (view.id, line), (other.id, other_line)) == due


ALL = "subscription { news: notifications { id cursor again: cursor kind title referralNumber __typename } }"


async def _form(document: str = ALL) -> EventForm:
    view = NotificationView(
        UUID(int=7), line_cursor(7), cast("Any", None), "", cast("Any", None), None, [], cast("Any", None), None
    )
    _, info = await _told(document, [view])
    form = EventForms().form(info)
    assert form is not None
    return form


@settings(max_examples=20, deadline=None)
@given(VIEWS)
def test_key_and_cursor_are_filled_in_wherever_they_stand(drawn: tuple[NotificationView, int]) -> None:
    view, line = drawn
    view.referral_number = 1000  # one that GraphQL cannot say is a matter of the test above
    (result,), info = asyncio.run(_told(ALL, [view]))
    form = EventForms().form(info)
    assert form is not None
    text = form.write(replace(view, id=uuid4(), cursor="of another reader"))
    assert len(text.places) == 3
    assert _filled(text, (view.id, line)) == [orjson.dumps({"data": result.data})]


@pytest.mark.parametrize(
    "document",
    [
        "subscription { notifications { referral { ... @include(if: true) { number } } } }",
        "subscription { notifications { kind @skip(if: false) } }",
        "subscription { ...F } fragment F on Subscription { notifications { ... @include(if: true) { kind } } }",
    ],
)
async def test_what_is_decided_each_time_has_no_form(document: str) -> None:
    _, info = await _told(document, [])
    assert EventForms().form(info) is None


async def test_forms_are_bounded_and_the_same_for_the_same_document() -> None:
    forms = EventForms(most=2)
    infos = [(await _told(f"subscription {{ notifications {{ kind a{turn}: title }} }}", []))[1] for turn in range(3)]
    first = forms.form(infos[0])
    assert forms.form(infos[0]) is first
    for info in infos:
        forms.form(info)
    assert len(forms) == 2
