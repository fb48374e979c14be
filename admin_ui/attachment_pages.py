"""A referral's documents: sending one, and opening one, for which the button makes a link and follows it."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from resolvers.attachment_links import open_attachment
from resolvers.attachments import Upload, add_attachment
from resolvers.referral_views import view_referral
from rules.errors import Conflict, Invalid, Refusal, TooMany
from rules.referrals import AttachmentKind


async def open_page(visit: Visit) -> Response:
    """Make the link that opens a document once, and send the browser there; it saves the file and stays on the page."""
    link = await open_attachment(visit.caller, visit.request.path_params["attachment_id"])
    return go_to(link.url)


async def upload_page(visit: Visit) -> Response:
    """Show the form for a document, or take one in; the file is read only after everything before it was right."""
    number = visit.request.path_params["number"]
    refusal: Refusal | None = None
    if visit.request.method == "POST":
        try:
            await _take(visit, number)
            return go_to(f"/referrals/{number}?done=document")
        except (Invalid, Conflict, TooMany) as no:
            refusal = type(no)(no.message, code=no.code, field="kind" if no.field == "kind" else "document")
    referral = await view_referral(visit.caller, number=number, wanted={"attachments"})
    return visit.show(
        "referrals/upload.html",
        refusal=refusal,
        referral=referral,
        kinds=[(one.value, one.label) for one in AttachmentKind],
        kind=visit.fields.raw("kind"),
    )


async def _take(visit: Visit, number: int) -> None:
    kind = visit.fields.choice("kind", AttachmentKind)
    if kind is None:
        raise Invalid("Say what kind of document it is.", code="ATTACHMENT_KIND", field="kind")
    if visit.file is None:
        raise Invalid("Choose a file.", code="FIELD_REQUIRED", field="document")
    upload = Upload(number, kind, visit.file.name, visit.file.media_type)
    await add_attachment(visit.caller, upload, visit.file.content)
