"""A few documents for the demonstration world, so that the list of attachments is not empty (001:250-252)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from orm.models import Attachment, Referral, RoleGrant, User
from resolvers.attachments import Upload, add_attachment
from resolvers.callers import Caller, Desk
from resolvers.sessions import actor_of
from rules.referrals import AttachmentKind, ReferralStatus
from rules.roles import house_roles

_REFERRALS = 12
_KINDS = (AttachmentKind.CONSUMER_PROFILE, AttachmentKind.PCP)


async def add_documents(desk: Desk) -> int:
    """Attach two invented documents to each of the youngest open referrals that have none; answer how many."""
    if desk.files is None:
        return 0
    added = 0
    newest = await Referral.filter(status=ReferralStatus.OPEN).order_by("-number").limit(_REFERRALS)
    for referral in newest:
        if referral.primary_coordinator_id is None or await Attachment.exists(referral_id=referral.id):
            continue
        coordinator = await _caller(desk, await User.get(id=referral.primary_coordinator_id))
        for kind in _KINDS:
            name = f"{kind.label}.pdf"
            upload = Upload(referral.number, kind, name, "application/pdf")
            await add_attachment(coordinator, upload, _one_page(f"{kind.label} (invented)"))
            added += 1
    return added


async def _caller(desk: Desk, user: User) -> Caller:
    grants = await RoleGrant.filter(user_id=user.id, ended_at=None)
    return Caller(desk, await actor_of(user, house_roles(grant.role for grant in grants)))


async def _one_page(text: str) -> AsyncIterator[bytes]:
    """Write a PDF of one page with one line."""
    drawn = f"BT /F1 18 Tf 72 700 Td ({text.translate({40: ' ', 41: ' '})}) Tj ET".encode("latin-1")
    fonts = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
    ]
    page = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(page))
        page += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(page)
    page += b"xref\n0 5\n0000000000 65535 f \n" + table
    page += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    yield page
