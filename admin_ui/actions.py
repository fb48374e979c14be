"""Forms that do something: one mechanism that asks, checks, does, and says that it was done.

A refused form comes back with everything typed except passwords, the sentence at the top and at its field. What cannot
be undone is asked for once more on a page of its own. A form that is sent twice does its work once: each form that is
shown carries a token, and who sends the same token again is led to where the first one led. A form that writes a
record anew is refused when somebody else has changed the record since it was opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from starlette.responses import Response

from admin_ui.county_map import county_shapes
from admin_ui.doors import Visit, go_to
from admin_ui.filters import Choices
from admin_ui.forms import LARGEST_FORM, Fields, local_path
from admin_ui.seen import SEEN, Value, changed_since, is_touched, written
from resolvers.desk import UseCase
from rules.bounded import Bounded
from rules.errors import Conflict, Invalid, Refusal

_REMEMBERED = 2_000
_BYTES = 4
"""The most that a character takes in UTF-8."""
_CONFIRMED = "confirmed"
_ONCE = "once"


class Ask(StrEnum):
    """How a field is asked for."""

    LINE = "LINE"
    AREA = "AREA"
    NUMBER = "NUMBER"
    DAY = "DAY"
    CHOICE = "CHOICE"
    RADIO = "RADIO"
    CHOICES = "CHOICES"
    BOX = "BOX"
    COUNTIES = "COUNTIES"
    """Any of the 115, as check boxes in columns, and by typing their names."""
    PASSWORD = "PASSWORD"  # noqa: S105 - the kind of a field
    HIDDEN = "HIDDEN"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. ``name`` is the name that the use case gives the field in its refusals."""

    name: str
    label: str
    ask: Ask = Ask.LINE
    hint: str = ""
    required: bool = False
    choices: Choices = ()
    limit: int = 100
    autocomplete: str = "off"
    group: str = ""
    """A heading over this field and those that follow it."""


@dataclass(frozen=True, slots=True)
class Action:
    """A form and what it does.

    ``do`` calls the use case and gives the address to go on to, or a page that is shown once. ``load`` gives what the
    form begins with (values by the fields' names), more for the template, and may leave fields out or fill in their
    choices; what it raises is shown instead of the form. ``done`` is what the next page says. ``confirm`` adds a step
    of its own: the sentence that says what cannot be undone. ``template`` may extend ``actions/action.html`` to show
    what is acted on.
    """

    path: str
    title: str
    button: str
    do: Callable[[Visit, Fields], Awaitable[str | Shown]]
    of: UseCase[Any, Any] | None
    """The use case that it carries out: whoever may not is told so before typing. None for what is no use case."""
    fields: Sequence[Field] = ()
    done: str = ""
    about: str = ""
    confirm: str = ""
    back: str = "/"
    load: Callable[[Visit], Awaitable[Loaded]] | None = None
    check: Callable[[Visit, Fields], Awaitable[object]] | None = None
    """Refuses what cannot be done, before it is asked for once more."""
    is_read: bool = False
    """Whether the page is also read by people who may not act; its template leaves the form out for them."""
    template: str = "actions/action.html"
    file_for: str = ""
    """The field that a text file may fill in instead of typing; it comes with the form, so that no script is needed."""
    largest: int = LARGEST_FORM
    """The bytes of the largest form that is taken, a file apart."""
    rewrites: bool = False
    """Whether it writes anew, as a whole, what the form begins with; not over what somebody else has changed since."""

    @property
    def key(self) -> str:
        """Name what was done, for the address of the page that says so."""
        return self.path.strip("/").replace("/", "-").replace("{", "").replace("}", "").replace(":", "-")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that is shown once instead of going on: a secret has no address. Sent again, it leads to ``onward``."""

    page: Response
    onward: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a form begins with."""

    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    fields: Sequence[Field] | None = None
    about: str = ""
    back: str = ""
    title: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


def with_choices(fields: Sequence[Field], choices: Mapping[str, Choices]) -> tuple[Field, ...]:
    """Fill in choices that come from the database, by the names of the fields."""
    return tuple(replace(one, choices=choices[one.name]) if one.name in choices else one for one in fields)


async def show_action(visit: Visit, action: Action) -> Response:
    """Show the form, or take it.

    Raises:
        Denied: nobody with these roles may do it. A form that is sent all the same is refused by the use case, which
            writes it down.
    """
    if visit.request.method != "POST":
        if action.of is not None and not action.is_read:
            action.of.admit(visit.caller.actor)
        return await _form(visit, action)
    form = (visit.token, action.path, visit.fields.raw(_ONCE))
    if onward := _ONE_TIME.led_to(form):
        return go_to(onward)
    if action.confirm and not visit.fields.raw(_CONFIRMED):
        return await _ask_again(visit, action)
    if visit.fields.raw(_CONFIRMED) == "back":
        return await _form(visit, action)
    if not form[2]:
        return (await _take(visit, action))[0]
    return await _ONE_TIME.do(form, lambda: _take(visit, action))


async def _take(visit: Visit, action: Action) -> tuple[Response, str]:
    """Do what the form is for; give the answer, and where it leads: nowhere, when it was refused."""
    try:
        visit = await _with_file(visit, action)
        await _check_seen(visit, action)
        _required(action, visit.fields)
        done = await action.do(visit, visit.fields)
    except (Invalid, Conflict) as refusal:
        return await _form(visit, action, refusal=refusal), ""
    if isinstance(done, Shown):
        return done.page, done.onward
    onward = _saying(action, local_path(done))
    return go_to(onward), onward


_Form = tuple[str, str, str]
"""A form as it was shown once: the session's token, the address, and the form's own token."""


class _OneTime:
    """The forms that were sent: where each one led, and those that are being taken at this moment.

    It knows the forms of one process. With several servers a person's requests have to reach the same one for a double
    click to be seen here; what must never happen twice is held by the use case itself.
    """

    def __init__(self) -> None:
        self._led_to = Bounded[_Form, str](_REMEMBERED)
        self._taken: dict[_Form, asyncio.Event] = {}

    def led_to(self, form: _Form) -> str | None:
        """Say where a form led that was sent before."""
        return self._led_to.get(form)

    async def do(self, form: _Form, take: Callable[[], Awaitable[tuple[Response, str]]]) -> Response:
        """Take a form; or, if it was sent before, wait where that one led and lead there too."""
        while form in self._taken:
            await self._taken[form].wait()
        if led_to := self._led_to.get(form):
            return go_to(led_to)
        taken = self._taken[form] = asyncio.Event()
        try:
            answer, onward = await take()
            if onward:
                self._led_to.keep(form, onward)
        finally:
            del self._taken[form]
            taken.set()
        return answer


_ONE_TIME = _OneTime()


async def _with_file(visit: Visit, action: Action) -> Visit:
    """Let the text of a file that came with the form stand in its field, as if it had been typed there.

    Raises:
        Invalid: ``FILE_TOO_LARGE``, ``FILE_NOT_TEXT``.
    """
    if visit.file is None or not action.file_for:
        return visit
    content, most = bytearray(), _BYTES * next(one.limit for one in action.fields if one.name == action.file_for)
    async for piece in visit.file.content:
        content += piece
        if len(content) > most:
            raise Invalid("This file is too large.", code="FILE_TOO_LARGE", field=action.file_for)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Invalid(
            "This is no text in UTF-8. Save it as CSV in UTF-8, then choose it again.",
            code="FILE_NOT_TEXT",
            field=action.file_for,
        ) from fault
    return replace(visit, fields=Fields((*visit.fields.pairs, (action.file_for, text))))


async def _ask_again(visit: Visit, action: Action) -> Response:
    try:
        if action.check is not None:
            _required(action, visit.fields)
            await action.check(visit, visit.fields)
    except (Invalid, Conflict) as refusal:
        return await _form(visit, action, refusal=refusal)
    return await _form(visit, action, confirming=True)


async def _form(visit: Visit, action: Action, *, refusal: Refusal | None = None, confirming: bool = False) -> Response:
    loaded = await action.load(visit) if action.load else Loaded()
    fields = loaded.fields if loaded.fields is not None else action.fields
    posted = visit.request.method == "POST"
    changed = changed_since(visit.fields, loaded.values) if posted and action.rewrites else frozenset()
    typed: dict[str, Value] = {}
    shown: list[Field] = []
    for one in fields:
        given = _given(visit.fields, one)
        is_news = one.name in changed
        is_kept = posted and (not is_news or is_touched(visit.fields, one.name, given))
        # What is hidden says what the page shows, as it is now, and not as it was before.
        is_kept = is_kept and one.ask is not Ask.HIDDEN
        typed[one.name] = "" if one.ask is Ask.PASSWORD else given if is_kept else loaded.values.get(one.name, given)
        shown.append(replace(one, hint=_news(one, loaded.values[one.name])) if is_news and is_kept else one)
    return visit.show(
        action.template,
        refusal=refusal,
        action=action,
        fields=shown,
        typed=typed,
        confirming=confirming,
        once=visit.fields.raw(_ONCE)[:64] if posted else visit.caller.desk.secrets.token(),
        seen={SEEN: written(loaded.values)} if action.rewrites else {},
        loaded=loaded,
        **loaded.more,
    )


def _given(given: Fields, asked: Field) -> Value:
    return given.all(asked.name) if asked.ask in (Ask.CHOICES, Ask.COUNTIES) else given.raw(asked.name)


def _news(asked: Field, now: Value) -> str:
    """Say what somebody else has put into a field that the person has changed too."""
    names = {one.fips: one.name for one in county_shapes()} if asked.ask is Ask.COUNTIES else dict(asked.choices)
    said = [names.get(one, one) for one in ([now] if isinstance(now, str) else now) if one]
    return f"Meanwhile it was changed to: {', '.join(said) or 'nothing'}."


async def _check_seen(visit: Visit, action: Action) -> None:
    """Let a form be taken while what it writes anew is as it was when the form was opened.

    Raises:
        Conflict: ``CHANGED_MEANWHILE``.
    """
    if not action.rewrites or action.load is None:
        return
    loaded = await action.load(visit)
    changed = changed_since(visit.fields, loaded.values)
    if changed:
        labels = ", ".join(one.label for one in loaded.fields or action.fields if one.name in changed)
        raise Conflict(
            f"Somebody else has changed this since you opened the form: {labels}. What you did not touch is shown as "
            "it is now. Look again, then save.",
            code="CHANGED_MEANWHILE",
        )


def _required(action: Action, given: Fields) -> None:
    for one in action.fields:
        if one.required and not any(value.strip() for value in given.all(one.name)):
            raise Invalid(f"{one.label}: this is needed.", code="FIELD_REQUIRED", field=one.name)


def _saying(action: Action, onward: str) -> str:
    if not action.done:
        return onward
    return f"{onward}{'&' if '?' in onward else '?'}done={action.key}"
