"""What the caller can do with an access form now: so that a page offers only what would be taken.

It asks the rules that the operations ask, and promises nothing: each operation asks them again under its lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from orm.models import AccessForm, FormSignature
from resolvers.access_forms import is_asked_to_sign
from resolvers.desk import EVERYONE, Reading, access
from resolvers.form_scope import missing_signatures, no_such_form, sees_form
from resolvers.form_signing import signer_facts
from resolvers.issuing import LIAISONS, OA
from resolvers.numbers import LAST_NUMBER
from rules.access_forms import MOVES, PAPER, WITHDRAWN_FROM, FormSigner, FormState
from rules.errors import Denied
from rules.form_signing import check_signer


@dataclass(frozen=True, slots=True)
class FormStepsView:
    """What can be done: ``sign`` here in these capacities, ``on_paper`` to be recorded in those, and the ways on."""

    sign: Sequence[FormSigner]
    on_paper: Sequence[FormSigner]
    forward: bool
    issue: bool
    release: bool
    send_back: bool
    withdraw: bool


@access("access_form.steps", by=EVERYONE, cites="000:95-100; 000:121-128; 001:34-44")
async def view_form_steps(reading: Reading, number: int) -> FormStepsView:
    """Show what the caller can do with a form at this moment.

    Raises:
        NotFound: there is no such form for this person.
    """
    form = await AccessForm.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if form is None or not await sees_form(reading.actor, form, reading.today):
        raise no_such_form()
    reading.about("access_form", form.id)
    is_liaison, is_oa = reading.actor.has_any(LIAISONS), reading.actor.has_any(OA)
    awaits = form.state is FormState.AWAITING_SIGNATURES
    missing = sorted(await missing_signatures(form), key=list(FormSigner).index) if awaits else []
    return FormStepsView(
        sign=[one for one in missing if await _may_sign(reading, form, one)],
        on_paper=missing if is_liaison and form.channel in PAPER else [],
        forward=is_liaison and form.state is FormState.WITH_REGIONAL_OFFICE,
        issue=is_oa and form.state is FormState.WITH_OA,
        release=is_liaison and (form.state is FormState.ISSUED or form.released_at is not None),
        send_back=await _may_send_back(reading, form, is_liaison=is_liaison, is_oa=is_oa),
        withdraw=form.submitted_by_id == reading.actor.id and form.state in WITHDRAWN_FROM,
    )


async def _may_sign(reading: Reading, form: AccessForm, capacity: FormSigner) -> bool:
    given = await FormSignature.filter(form_id=form.id)
    with suppress(Denied):
        check_signer(capacity, await signer_facts(reading, form, given))
        return True
    return False


async def _may_send_back(reading: Reading, form: AccessForm, *, is_liaison: bool, is_oa: bool) -> bool:
    if FormState.RETURNED not in MOVES[form.state]:
        return False
    at_desk = is_oa if form.state is FormState.WITH_OA else is_liaison
    return at_desk or await is_asked_to_sign(reading, form)
