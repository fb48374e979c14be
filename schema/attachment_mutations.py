"""What can be done with the documents of a referral; they come in at ``POST /attachments``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from resolvers.attachment_links import open_attachment
from resolvers.attachments import remove_attachment
from schema.attachment_types import Attachment, AttachmentLink
from schema.context import Info, caller_of
from schema.described import described_input, described_type
from schema.errors import UserError, answered
from schema.ids import key_of


@described_input
class OpenAttachmentInput:
    """Which document to open."""

    attachment_id: strawberry.ID
    """The document."""


@described_type
class OpenAttachmentPayload:
    """The link that opens the document, or why it cannot be opened."""

    link: AttachmentLink | None
    """The link: for one minute, once, for this session."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_input
class RemoveAttachmentInput:
    """Which document to take away, and why."""

    attachment_id: strawberry.ID
    """The document."""

    reason: str
    """Why, up to 200 characters."""


@described_type
class RemoveAttachmentPayload:
    """The removed document, or why it stays."""

    attachment: Attachment | None
    """The document; its content is gone."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AttachmentMutations:
    """Documents: open, remove."""

    @strawberry.mutation
    async def open_attachment(self, info: Info, input: OpenAttachmentInput) -> OpenAttachmentPayload:
        """Make a link that opens a document; each opening is written down (001:254).

        Args:
            input: Which document.
        """

        async def opened() -> Any:
            return await open_attachment(caller_of(info), _key(input.attachment_id))

        return await answered(OpenAttachmentPayload, opened())

    @strawberry.mutation
    async def remove_attachment(self, info: Info, input: RemoveAttachmentInput) -> RemoveAttachmentPayload:
        """Take a document away, such as one of another person; its key and content are destroyed, the record stays.

        Args:
            input: Which document, and why.
        """

        async def removed() -> Any:
            return await remove_attachment(caller_of(info), _key(input.attachment_id), input.reason)

        return await answered(RemoveAttachmentPayload, removed())


def _key(text: str) -> UUID:
    return key_of("Attachment", text, field="attachmentId")
