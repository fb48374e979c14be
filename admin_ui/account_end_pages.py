"""End or hold a person's access: look ahead, revoke with successors, suspend, reinstate (000:34-42, 000:258-278)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.account_views import view_account
from resolvers.incidents import REPORT_LIMIT, reinstate_account, suspend_account
from resolvers.leaving_views import preview_revocation
from resolvers.revocation import NOTE_LIMIT, Revocation, revoke_access
from rules.errors import Invalid
from rules.leaving import Duty, RevocationReason

_REASON = Field(
    "reason",
    "Why",
    Ask.RADIO,
    required=True,
    choices=(
        (RevocationReason.LEFT, "The person has left"),
        (RevocationReason.TERMINATED, "The employment was ended"),
        (RevocationReason.SECURITY, "The person stays, but may not be trusted with access"),
    ),
)
_LAST_DAY = Field("terminatedOn", "Last day of employment", Ask.DAY, hint="Today, when it is left empty.")
_NOTE = Field("note", "Note", Ask.AREA, limit=NOTE_LIMIT, hint="Kept with the account.")
_SUCCESSORS = tuple(
    Field(
        f"successor-{duty}",
        f"Successor: {duty.replace('_', ' ').lower()}",
        limit=60,
        hint="User ID; empty while nobody is known. Access never waits for it.",
    )
    for duty in Duty
)


def _user_id(visit: Visit) -> str:
    return str(visit.request.path_params["user_id"])


async def _to_revoke(visit: Visit) -> Loaded:
    preview = await preview_revocation(visit.caller, _user_id(visit))
    held = {f"successor-{one.duty}" for one in preview.duties}
    return Loaded(
        fields=(_REASON, _LAST_DAY, *(one for one in _SUCCESSORS if one.name in held), _NOTE),
        title=f"Revoke the access of {preview.name}",
        back=f"/accounts/{preview.user_id}",
        more={"preview": preview},
    )


async def _revoke(visit: Visit, given: Fields) -> str:
    reason = given.choice("reason", RevocationReason)
    if reason is None:
        raise Invalid("Say why.", code="FIELD_REQUIRED", field="reason")
    named = tuple((duty, given.raw(f"successor-{duty}").strip()) for duty in Duty)
    told = Revocation(
        _user_id(visit),
        reason,
        given.day("terminatedOn"),
        tuple((duty, user_id) for duty, user_id in named if user_id),
        given.raw("note"),
    )
    await revoke_access(visit.caller, told)
    return f"/accounts/{_user_id(visit)}"


REVOKE = Action(
    path="/accounts/{user_id}/revoke",
    title="Revoke access",
    button="Revoke access now",
    confirm="Access ends at this moment: sessions, roles, contacts. It comes back only by a new access form.",
    load=_to_revoke,
    do=_revoke,
    of=revoke_access,
    done="Access was revoked. The paperwork is below, among the papers; duties without a holder are on your home page.",
    template="access/revoke.html",
    fields=(_REASON, _LAST_DAY, *_SUCCESSORS, _NOTE),
)


async def _the_account(visit: Visit) -> Loaded:
    account = await view_account(visit.caller, _user_id(visit))
    return Loaded(
        back=f"/accounts/{account.user_id}", title=f"{visit.request.url.path.rpartition('/')[2].title()} {account.name}"
    )


async def _suspend(visit: Visit, given: Fields) -> str:
    return f"/incidents/{await suspend_account(visit.caller, _user_id(visit), given.raw('why'))}"


SUSPEND = Action(
    path="/accounts/{user_id}/suspend",
    title="Suspend the account",
    about="Nobody signs in with it any more until the Chief Security Officer has looked into it. Sessions end at once.",
    button="Suspend the account",
    load=_the_account,
    do=_suspend,
    of=suspend_account,
    done="The account was suspended. This is the incident it belongs to.",
    fields=(
        Field(
            "why", "What happened", Ask.AREA, required=True, limit=REPORT_LIMIT, hint="Read by the security offices."
        ),
    ),
)


async def _reinstate(visit: Visit, _: Fields) -> str:
    await reinstate_account(visit.caller, _user_id(visit))
    return f"/accounts/{_user_id(visit)}"


REINSTATE = Action(
    path="/accounts/{user_id}/reinstate",
    title="Reinstate the account",
    about="The person signs in again, with the roles that were kept. The incident has to be closed, without a breach.",
    button="Reinstate the account",
    load=_the_account,
    do=_reinstate,
    of=reinstate_account,
    done="The person is let in again.",
)
ACCOUNT_ENDS = (REVOKE, SUSPEND, REINSTATE)
