"""What can be done with access forms: from the person's page to the credentials in hand (000:57-131, 001:8-44)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry

from resolvers.access_form_views import view_access_form
from resolvers.access_forms import (
    forward_access_form,
    return_access_form,
    submit_access_form,
    withdraw_access_form,
)
from resolvers.form_signing import record_paper_signature, sign_access_form
from resolvers.issuing import issue_user_id, release_credentials
from resolvers.signing import hand_of
from schema.access_form_inputs import (
    ForwardAccessFormInput,
    IssueUserIdInput,
    RecordPaperSignatureInput,
    ReleaseCredentialsInput,
    ReturnAccessFormInput,
    SignAccessFormInput,
    SubmitAccessFormInput,
    WithdrawAccessFormInput,
)
from schema.access_form_payloads import (
    ForwardAccessFormPayload,
    IssueUserIdPayload,
    RecordPaperSignaturePayload,
    ReleaseCredentialsPayload,
    ReturnAccessFormPayload,
    SignAccessFormPayload,
    SubmitAccessFormPayload,
    WithdrawAccessFormPayload,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.selection import wanted


@described_type
class AccessFormMutations:
    """Access forms: signed, forwarded, carried out, released (000:57-131)."""

    @strawberry.mutation
    async def submit_access_form(self, info: Info, input: SubmitAccessFormInput) -> SubmitAccessFormPayload:
        """Submit an access form; it waits for its signatures, or until there is an LSO (000:57-63, 000:106).

        Args:
            input: The form.
        """

        async def submit() -> Any:
            return await _shown(info, await submit_access_form(caller_of(info), input.as_entry()))

        return await answered(SubmitAccessFormPayload, submit())

    @strawberry.mutation
    async def sign_access_form(self, info: Info, input: SignAccessFormInput) -> SignAccessFormPayload:
        """Sign a form with user ID and password; with the last signature it goes to the regional office (001:34-37).

        Args:
            input: The signature.
        """

        async def sign() -> None:
            hand = await hand_of(caller_of(info), input.user_id, input.password)
            await sign_access_form(caller_of(info), input.number, input.capacity, hand, input.content_hash)

        return await answered(SignAccessFormPayload, _done(info, input.number, sign()))

    @strawberry.mutation
    async def record_paper_signature(self, info: Info, input: RecordPaperSignatureInput) -> RecordPaperSignaturePayload:
        """Record a signature that stands on a paper; for Provider Relations (001:43-44).

        Args:
            input: What stands on the paper.
        """
        work = record_paper_signature(caller_of(info), input.number, input.capacity, input.name, input.signed_on)
        return await answered(RecordPaperSignaturePayload, _done(info, input.number, work))

    @strawberry.mutation
    async def return_access_form(self, info: Info, input: ReturnAccessFormInput) -> ReturnAccessFormPayload:
        """Send a form back with a reason; for the officer who is asked to sign, Provider Relations, and then OA.

        Args:
            input: Which form, and why.
        """
        work = return_access_form(caller_of(info), input.number, input.reason)
        return await answered(ReturnAccessFormPayload, _done(info, input.number, work))

    @strawberry.mutation
    async def withdraw_access_form(self, info: Info, input: WithdrawAccessFormInput) -> WithdrawAccessFormPayload:
        """Take back a form that one has submitted, before it was forwarded.

        Args:
            input: Which form.
        """
        work = withdraw_access_form(caller_of(info), input.number)
        return await answered(WithdrawAccessFormPayload, _done(info, input.number, work))

    @strawberry.mutation
    async def forward_access_form(self, info: Info, input: ForwardAccessFormInput) -> ForwardAccessFormPayload:
        """Forward a signed form to the Office of Administration; for Provider Relations (000:95-96, 000:122).

        Args:
            input: Which form.
        """
        work = forward_access_form(caller_of(info), input.number)
        return await answered(ForwardAccessFormPayload, _done(info, input.number, work))

    @strawberry.mutation
    async def issue_user_id(self, info: Info, input: IssueUserIdInput) -> IssueUserIdPayload:
        """Carry out a forwarded form: create the user ID, enter the change, or enable the account; for OA (000:99-100).

        Args:
            input: Which form, and the new user ID.
        """
        work = issue_user_id(caller_of(info), input.number, input.user_id)
        return await answered(IssueUserIdPayload, _done(info, input.number, work))

    @strawberry.mutation
    async def release_credentials(self, info: Info, input: ReleaseCredentialsInput) -> ReleaseCredentialsPayload:
        """Release a user ID with a one-time secret to hand to its owner; for Provider Relations (000:124-128).

        Until the secret is first used it can be released anew; the former one is void then.

        Args:
            input: Which form.
        """
        return await answered(ReleaseCredentialsPayload, release_credentials(caller_of(info), input.number))


async def _done(info: Info, number: int, work: Awaitable[object]) -> Any:
    """Do the work on a form, then show the form as the caller may see it afterwards."""
    await work
    return await _shown(info, number)


async def _shown(info: Info, number: int) -> Any:
    paths = wanted(info, "accessForm")
    return await view_access_form(caller_of(info), number, wanted=paths) if paths else None
