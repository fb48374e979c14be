"""What can be done with referrals. Each mutation takes one input and answers the object, or why it was refused."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

import strawberry

from resolvers.accounts import change_password
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.people import view_viewer
from resolvers.referral_entry import (
    NewConsumer,
    NewGuardian,
    NewReferral,
    ReferralChange,
    create_referral,
    update_referral,
)
from resolvers.referral_shapes import CountyView
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import NotFound
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import UserError, answered
from schema.ids import key_of
from schema.inputs import (
    ChangePasswordInput,
    ClearPendingPlacementInput,
    CloseReferralInput,
    ConsumerInput,
    CreateReferralInput,
    DeleteReferralInput,
    ExcludeProviderInput,
    IncludeProviderInput,
    PublishReferralInput,
    ReferralType,
    RespondToReferralInput,
    SetPendingPlacementInput,
    UpdateReferralInput,
)
from schema.people_types import Viewer
from schema.referral_types import County, Referral
from schema.selection import wanted

R = TypeVar("R")


@described_type
class CreateReferralPayload:
    """The new draft, or why there is none."""

    referral: Referral | None
    """The new draft."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class UpdateReferralPayload:
    """The changed referral, or why it was not changed."""

    referral: Referral | None
    """The referral; null when it does not exist for the caller any more."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class PublishReferralPayload:
    """The published referral, or why it was not published."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""

    unreachable_counties: list[County] = strawberry.field(default_factory=list)
    """Preferred counties in which no provider could be reached by e-mail (001:70)."""


@described_type
class RespondToReferralPayload:
    """The referral with the answer in `ownResponse`, or why there is none."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class SetPendingPlacementPayload:
    """The referral with its pending placement, or why there is none."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ClearPendingPlacementPayload:
    """The referral without a pending placement, or why it stays."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class CloseReferralPayload:
    """The closed referral, or why it stays open."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class DeleteReferralPayload:
    """The number of the deleted referral, or why it stays."""

    deleted_number: int | None
    """The referral number; it is never given out again."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ExcludeProviderPayload:
    """The referral with its exclusions, or why the provider stays."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class IncludeProviderPayload:
    """The referral with its exclusions, or why the provider stays excluded."""

    referral: Referral | None
    """The referral."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ChangePasswordPayload:
    """The viewer with the new dates, or why the password stays."""

    viewer: Viewer | None
    """The person who is signed on."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReferralMutations:
    """What can be done with referrals and the own password."""

    @strawberry.mutation
    async def create_referral(self, info: Info, input: CreateReferralInput) -> CreateReferralPayload:
        """Create a referral; it stays a draft, and nobody is told, until it is published (001:101-107, 001:197).

        Args:
            input: The new referral.
        """

        async def create() -> Any:
            return await _shown(info, await create_referral(caller_of(info), _new_referral(info, input)))

        return await answered(CreateReferralPayload, create())

    @strawberry.mutation
    async def update_referral(self, info: Info, input: UpdateReferralInput) -> UpdateReferralPayload:
        """Change the counties, the facility or the primary coordinator; people hear of it at the next publishing.

        Args:
            input: The change.
        """

        async def update() -> Any:
            coordinator = input.primary_coordinator_id
            change = ReferralChange(
                statewide=input.type is ReferralType.STATEWIDE if input.type else None,
                preferred_counties=frozenset(input.preferred_counties)
                if input.preferred_counties is not None
                else None,
                facility_code=input.facility_code,
                primary_coordinator_id=_person(coordinator) if coordinator else None,
            )
            return await _then(info, update_referral(caller_of(info), input.number, change), input.number)

        return await answered(UpdateReferralPayload, update())

    @strawberry.mutation
    async def publish_referral(self, info: Info, input: PublishReferralInput) -> PublishReferralPayload:
        """Publish a referral, or publish it again: providers and coordinators are told at once (001:139-172).

        Args:
            input: Which referral.
        """
        unreachable: list[CountyView] = []

        async def publish() -> Any:
            published = await publish_referral(caller_of(info), input.number, version=input.version)
            unreachable.extend(published.unreachable_counties)
            return await _shown(info, input.number)

        payload = await answered(PublishReferralPayload, publish())
        payload.unreachable_counties = cast("list[County]", unreachable)
        return payload

    @strawberry.mutation
    async def respond_to_referral(self, info: Info, input: RespondToReferralInput) -> RespondToReferralPayload:
        """Answer for the caller's provider, or edit the answer while the referral is open (001:273-279).

        Args:
            input: The answer.
        """
        answer = Answer(input.kind, input.provision, input.decline_reason, input.comments)
        work = respond_to_referral(caller_of(info), input.number, answer)
        return await answered(RespondToReferralPayload, _then(info, work, input.number))

    @strawberry.mutation
    async def set_pending_placement(self, info: Info, input: SetPendingPlacementInput) -> SetPendingPlacementPayload:
        """Choose a provider that accepted; the others are told that one is pending, not with whom (001:213-217).

        Args:
            input: Which referral, which provider.
        """

        async def choose() -> Any:
            provider = _provider(input.provider_id)
            return await _then(info, set_pending_placement(caller_of(info), input.number, provider), input.number)

        return await answered(SetPendingPlacementPayload, choose())

    @strawberry.mutation
    async def clear_pending_placement(
        self, info: Info, input: ClearPendingPlacementInput
    ) -> ClearPendingPlacementPayload:
        """Take the pending placement back; the referral looks for a provider again (001:213-217).

        Args:
            input: Which referral.
        """
        work = clear_pending_placement(caller_of(info), input.number)
        return await answered(ClearPendingPlacementPayload, _then(info, work, input.number))

    @strawberry.mutation
    async def close_referral(self, info: Info, input: CloseReferralInput) -> CloseReferralPayload:
        """Close a referral: placement is finished; whoever received it is told (001:139, 001:201).

        Args:
            input: Which referral, and how the search ended.
        """

        async def close() -> Any:
            placed = _provider(input.placed_with_id, "placedWithId") if input.placed_with_id else None
            return await _then(info, close_referral(caller_of(info), input.number, input.outcome, placed), input.number)

        return await answered(CloseReferralPayload, close())

    @strawberry.mutation
    async def delete_referral(self, info: Info, input: DeleteReferralInput) -> DeleteReferralPayload:
        """Delete a referral that should not be there; whoever received it is told, the record stays (001:139).

        Args:
            input: Which referral, and why.
        """

        async def delete() -> int:
            await delete_referral(caller_of(info), input.number, input.reason)
            return input.number

        return await answered(DeleteReferralPayload, delete())

    @strawberry.mutation
    async def exclude_provider(self, info: Info, input: ExcludeProviderInput) -> ExcludeProviderPayload:
        """Leave a provider out because the family prefers so; for it the referral is gone at once (001:153).

        Args:
            input: Which referral, which provider, and why.
        """

        async def exclude() -> Any:
            provider = _provider(input.provider_id)
            return await _then(
                info, exclude_provider(caller_of(info), input.number, provider, input.reason), input.number
            )

        return await answered(ExcludeProviderPayload, exclude())

    @strawberry.mutation
    async def include_provider(self, info: Info, input: IncludeProviderInput) -> IncludeProviderPayload:
        """Include a provider again; it is told at the next publishing, not before (001:164-165).

        Args:
            input: Which referral, which provider.
        """

        async def include() -> Any:
            provider = _provider(input.provider_id)
            return await _then(info, include_provider(caller_of(info), input.number, provider), input.number)

        return await answered(IncludeProviderPayload, include())

    @strawberry.mutation
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordPayload:
        """Change the caller's password; other sessions of the person end (000:284-310).

        Args:
            input: The current and the new password.
        """

        async def change() -> Any:
            await change_password(caller_of(info), input.current_password, input.new_password)
            return await view_viewer(caller_of(info))

        return await answered(ChangePasswordPayload, change())


def _new_referral(info: Info, input: CreateReferralInput) -> NewReferral:
    caller = caller_of(info)
    if input.primary_coordinator_id is strawberry.UNSET:
        primary = caller.actor.id if caller.actor.is_coordinator else None
    else:
        primary = _person(input.primary_coordinator_id) if input.primary_coordinator_id else None
    return NewReferral(
        facility_code=input.facility_code,
        statewide=input.type is ReferralType.STATEWIDE,
        consumer=_new_consumer(input.consumer),
        preferred_counties=frozenset(input.preferred_counties),
        primary_coordinator_id=primary,
    )


def _new_consumer(input: ConsumerInput) -> NewConsumer:
    return NewConsumer(
        dmh_id=input.dmh_id,
        first_name=input.first_name,
        last_name=input.last_name,
        birth_date=input.birth_date,
        gender=input.gender,
        address=input.address,
        city=input.city,
        zip_code=input.zip_code,
        guardians=tuple(NewGuardian(one.name, one.relationship, one.phone, one.email) for one in input.guardians),
    )


def _person(text: str) -> Any:
    return key_of("Person", text, field="primaryCoordinatorId")


def _provider(text: str, field: str = "providerId") -> Any:
    return key_of("Provider", text, field=field)


async def _then(info: Info, work: Awaitable[object], number: int) -> Any:
    """Do the work, then show the referral as the caller may see it afterwards."""
    await work
    return await _shown(info, number)


async def _shown(info: Info, number: int) -> Any:
    """Read what was asked of the referral; null when it does not exist for the caller any more, which is no refusal."""
    paths = wanted(info, "referral")
    if not paths:
        return None
    try:
        return await view_referral(caller_of(info), number=number, wanted=paths)
    except NotFound:
        return None
