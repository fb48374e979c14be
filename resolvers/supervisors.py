"""Who supervises a person: whoever signed the form as such, else the organization's officers (001:34, 002:248)."""

from __future__ import annotations

from orm.models import FormSignature, User
from resolvers.officers import Organization, holders_of, lso_of
from rules.access_forms import FormSigner
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Invalid
from rules.roles import Role


async def supervisor_of(user: User) -> User | None:
    """Find a person's supervisor: who signed as such last, else the LSO, else the executive director.

    The department's own people have no such officer of their own.
    """
    organization = Organization.of(user)
    signed = (
        await FormSignature.filter(form__user_id=user.id, capacity=FormSigner.SUPERVISOR, signer_id__not_isnull=True)
        .order_by("-at")
        .first()
    )
    signer = await User.filter(id=signed.signer_id).first() if signed else None
    officers = [signer, await lso_of(organization)]
    if organization.provider_id is not None:
        officers += await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
    return next((one for one in officers if one is not None and _may_supervise(one, user)), None)


async def supervisor_to_ask(user: User, named: str | None) -> User:
    """Give the supervisor whom the reviewer names by user ID, or the one who is on file.

    Raises:
        Invalid: ``SUPERVISOR_REQUIRED``; nobody is on file. ``NOT_A_SUPERVISOR``; nobody of the same organization.
    """
    if named:
        _, canonical = normalize_user_id(named)
        found = await User.filter(user_id=canonical).first()
        if found is None or not _may_supervise(found, user):
            raise Invalid(
                "The supervisor is another person of the same organization.",
                code="NOT_A_SUPERVISOR",
                field="supervisorUserId",
            )
        return found
    on_file = await supervisor_of(user)
    if on_file is None:
        raise Invalid(
            "No supervisor is on file. Name one by user ID.", code="SUPERVISOR_REQUIRED", field="supervisorUserId"
        )
    return on_file


def _may_supervise(one: User, user: User) -> bool:
    return one.id != user.id and one.state is AccountState.ACTIVE and Organization.of(one) == Organization.of(user)
