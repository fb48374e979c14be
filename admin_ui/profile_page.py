"""The own profile: telephone, title, e-mail address, and the way to a new password (000:302-310)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.profile import ProfileChange, keep_profile, update_profile, view_profile


async def _begin(visit: Visit) -> Loaded:
    profile = await view_profile(visit.caller)
    return Loaded(
        {"email": profile.email or "", "phone": profile.phone, "title": profile.title},
        title=profile.name,
        about=f"User ID {profile.user_id}. A name is changed by an access form.",
        more={"profile": profile},
    )


async def _save(visit: Visit, given: Fields) -> str:
    profile = await view_profile(visit.caller)
    email = given.raw("email").strip()
    change = ProfileChange(
        phone=given.raw("phone"),
        title=given.raw("title"),
        email=email if email and (email != profile.email or profile.email_bounced_at is not None) else None,
    )
    await update_profile(visit.caller, change, given.raw("currentPassword"))
    return "/profile?done=profile" if change.email is None else "/profile?done=address"


PROFILE = Action(
    path="/profile",
    title="Profile",
    button="Save",
    load=_begin,
    do=_save,
    of=keep_profile,
    template="sign_on/profile.html",
    fields=(
        Field(
            "email",
            "E-mail address",
            limit=254,
            autocomplete="email",
            hint="A new address has to be confirmed by the link in a letter.",
        ),
        Field("phone", "Telephone", limit=30, autocomplete="tel"),
        Field("title", "Title", autocomplete="organization-title"),
        Field(
            "currentPassword",
            "Current password",
            Ask.PASSWORD,
            autocomplete="current-password",
            hint="Needed when the e-mail address or the telephone number changes.",
        ),
    ),
)
