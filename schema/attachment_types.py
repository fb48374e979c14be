"""Documents of a referral, and the links that open them (001:250-254)."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.attachment_views import AttachmentView
from rules.attachments import AttachmentState
from rules.referrals import AttachmentKind
from schema.described import described_enum, described_type
from schema.ids import to_global

described_enum(AttachmentKind)
described_enum(AttachmentState)


@described_type
class Attachment:
    """A document of a referral (001:250-252). Sent to `POST /attachments`; `openAttachment` opens it."""

    @strawberry.field
    def id(root: strawberry.Parent[AttachmentView]) -> strawberry.ID:
        """The global id, opaque and stable."""
        return to_global("Attachment", root.id)

    kind: AttachmentKind
    """What it is."""

    file_name: str
    """The name under which it was sent and will be saved. Protected health information."""

    media_type: str
    """Its media type; the content was checked against it."""

    size: int
    """The size of the file in bytes."""

    state: AttachmentState
    """Where it stands; a provider sees those that are available."""

    uploaded_at: datetime
    """When it was sent."""

    uploaded_by: str
    """Who sent it; empty for providers."""


@described_type
class AttachmentLink:
    """A link that opens one document once, in the session that asked for it."""

    url: str
    """The address on this server; GET it with the same bearer token or cookie."""

    expires_at: datetime
    """The last instant at which it opens."""
