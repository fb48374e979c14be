"""Sign on, prove who calls, sign out (000:149-150, 001:3-5).

A stranger cannot find out which user IDs exist: unknown user, wrong password, locked and disabled get the same answer
after the same time. Only whoever knows the right password learns that it has expired (POL-13).
"""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from orm.models import CoordinatorCounty, Credential, KnownDevice, Outcome, Session, User
from orm.sql import optional_uuid, to_uuid
from resolvers.account_facts import facts_at_the_door
from resolvers.audience_facts import COORDINATOR_KINDS
from resolvers.callers import Actor, Caller, Desk, house
from resolvers.desk import EVERYONE, THE_HOUSE, Work, operation
from resolvers.devices import count_on_device, find_device, remember_device
from resolvers.lso_reach import lso_is_back
from resolvers.patience import leave_in_step
from resolvers.register import current_policy
from resolvers.session_ends import end_sessions
from resolvers.session_facts import LiveSession, session_by_id, session_by_token
from resolvers.shared_accounts import watch
from resolvers.statements import accept_statement, version_to_accept
from resolvers.tokens import hash_token
from resolvers.trail import write_entry
from rules.accounts import SignInVerdict, may_sign_in, normalize_user_id, session_is_live
from rules.calendar import local_date
from rules.errors import Conflict, Invalid, Refusal, Unauthenticated
from rules.passwords import entered_password, is_locked_after, is_too_soon
from rules.roles import COORDINATORS, Role

DOMAINS = frozenset({"DMH", "EXTLCL"})
"""Where user IDs live; an ID is unique across them, so either may be typed before it (000:145-150, POL-14)."""


_LAST_SEEN_STEP = timedelta(seconds=30)
"""How coarse ``last_seen_at`` is kept: a read must not become a write each time."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the tokens are shown this once and kept only as hashes.

    ``device_token`` is that of a device which was not known before; ``statement_version`` is what has still to be
    accepted before anything else can be done.
    """

    token: str
    session_id: UUID
    expires_at: datetime
    must_change_password: bool
    user: User
    device_token: str | None = None
    statement_version: str | None = None


async def sign_in(
    desk: Desk,
    user_id: str,
    password: str,
    *,
    device: str,
    request_id: str,
    device_token: str | None = None,
    accepts: str | None = None,
) -> SignedIn:
    """Open a session for a user ID (with or without its domain) and its current password.

    ``device_token`` is what an earlier sign-on gave to this device. ``accepts`` names the version of the
    confidentiality statement that the person has read and accepts; another version than that in force accepts nothing.
    A refusal leaves at the end of a step of time, whatever it was; a session is opened as soon as it can be.

    Raises:
        Unauthenticated: ``INVALID_CREDENTIALS`` or, after the right password only, ``PASSWORD_EXPIRED``,
            ``SECRET_EXPIRED`` or ``RESET_REQUIRED``.
        TooMany: more sign-ons at once than the house can hash, or on unknown devices than leave room for the others.
    """
    arrived = desk.patience.now()
    caller = Caller(desk, house(desk, "sign-in").actor, None, request_id)
    try:
        return await _try_to_sign_in(caller, user_id, password, device, device_token, accepts)
    except Refusal:
        await leave_in_step(desk.patience, arrived)
        raise


async def _try_to_sign_in(
    caller: Caller, user_id: str, password: str, device: str, device_token: str | None, accepts: str | None
) -> SignedIn:
    desk = caller.desk
    password = entered_password(password)
    credential = await _credential_of(user_id)
    if credential is None:
        with desk.strangers.one():
            await desk.passwords.verify_nobody(password)
        # What was typed is not written down: people type passwords into the wrong field.
        now = desk.clock()
        await write_entry(caller, "account.sign_in", Outcome.REFUSED, at=now, code="INVALID_CREDENTIALS")
        raise _invalid_credentials()
    with nullcontext() if await _is_known(desk, credential, device_token) else desk.strangers.one():
        fits = await desk.passwords.verify(credential.password_hash, password)
    signed_in = await conclude_sign_in(
        caller, credential.user_id, fits=fits, seen=credential.version, device=device, device_token=device_token
    )
    if accepts is not None:
        with suppress(Conflict):
            await accept_statement(await authenticate(desk, signed_in.token, caller.request_id), accepts)
    now = desk.clock()
    return replace(
        signed_in,
        statement_version=await version_to_accept(
            credential.user_id, signed_in.session_id, now, await current_policy(now)
        ),
    )


async def _is_known(desk: Desk, credential: Credential, device_token: str | None) -> bool:
    """Say whether the person has signed in on this device, where strangers by the hundred keep nobody out."""
    now = desk.clock()
    return await find_device(credential.user_id, device_token, now, await current_policy(now)) is not None


@operation("account.sign_in", by=THE_HOUSE, cites="000:149-150", at_the_door=True)
async def conclude_sign_in(
    work: Work, user_pk: UUID, *, fits: bool, seen: int, device: str, device_token: str | None = None
) -> SignedIn:
    """Count a wrong password, or open the session; ``seen`` is the credential's version that was verified."""
    work.about("user", user_pk)
    credential = await Credential.filter(user_id=user_pk).select_for_update(no_key=True).get()
    user = await User.get(id=user_pk)
    known = await find_device(user_pk, device_token, work.now, work.policy)
    facts = await facts_at_the_door(user, credential, known, work.now)
    work.note(known_device=known is not None)
    if not fits or credential.version != seen:
        await _count_wrong_entry(work, credential, known, facts.roles)
        work.refuse_and_keep(_invalid_credentials())
    if known is None and is_too_soon(credential.last_failure_at, credential.failures, work.now):
        # A right guess in a burst of guesses is worth nothing; it is answered like the wrong ones, and not counted.
        work.note(too_soon=True)
        work.refuse_and_keep(_invalid_credentials())
    verdict = may_sign_in(facts, work.now, work.policy)
    work.note(verdict=str(verdict))
    if verdict.is_told:
        work.refuse_and_keep(Unauthenticated(verdict.sentence, code=str(verdict)))
    if not verdict.opens_a_session:
        work.refuse_and_keep(_invalid_credentials())
    token = work.caller.desk.secrets.token()
    session = await Session.create(
        user_id=user.id,
        token_hash=hash_token(token),
        device=device[:200],
        epoch=user.epoch,
        created_at=work.now,
        last_seen_at=work.now,
    )
    if known is None and credential.failures:
        credential.failures = 0
        await keep_count(credential)
    if credential.secret_expires_at is not None:
        await Credential.filter(user_id=user_pk).update(secret_used_at=work.now)
    new_device = await remember_device(work, user_pk, known)
    user.last_sign_in_at = work.now
    await user.save(update_fields=["last_sign_in_at"])
    await lso_is_back(work, user)
    work.touches("session", [session.id])
    await watch(work, user)
    return SignedIn(
        token=token,
        session_id=session.id,
        expires_at=session.created_at + work.policy.session_absolute,
        must_change_password=verdict is SignInVerdict.MUST_CHANGE_PASSWORD,
        user=user,
        device_token=new_device,
    )


async def _count_wrong_entry(
    work: Work, credential: Credential, known: KnownDevice | None, roles: frozenset[Role]
) -> None:
    """Count a wrong entry where it belongs: strangers share a count, a known device has its own (000:9-11, POL-07)."""
    if known is not None:
        await count_on_device(work, credential, known, roles)
    elif credential.locked_at is None:
        credential.failures += 1
        credential.last_failure_at = work.now
        if is_locked_after(credential.failures, roles, work.policy):
            credential.locked_at = work.now
            work.note(locked=True)
    await keep_count(credential)


async def authenticate(desk: Desk, token: str, request_id: str) -> Caller:
    """Prove who calls: a live session, an account that may still be used, its roles of this moment.

    Raises:
        Unauthenticated: there is no such session, or it has ended, or its owner may no longer sign on.
    """
    session = await session_by_token(hash_token(token))
    if session is None:
        raise Unauthenticated("Please sign in.")
    caller = await caller_of(desk, session, request_id, desk.clock())
    await _keep_seen(desk, session)
    return caller


async def still_there(caller: Caller, *, working: bool = False) -> Caller:
    """Prove a caller again who has been connected for a while; roles and scope are those of this moment.

    A person who only listens does not idle, and keeps the session open no longer than its absolute end. One who is
    ``working`` on an open connection is held to the idle time like anybody else.

    Raises:
        Unauthenticated: the session has ended.
    """
    session = None if caller.session_id is None else await session_by_id(caller.session_id)
    if session is None:
        raise Unauthenticated("Please sign in again.")
    renewed = await caller_of(caller.desk, session, caller.request_id, caller.desk.clock(), listening=not working)
    if working:
        await _keep_seen(caller.desk, session)
    # For nearly everybody nothing has changed: thousands who only listen go on with the caller that they have.
    return caller if renewed == caller else renewed


async def _keep_seen(desk: Desk, session: LiveSession) -> None:
    now = desk.clock()
    if now - session.last_seen_at >= _LAST_SEEN_STEP:
        await Session.filter(id=session.id, ended_at=None).update(last_seen_at=now)


async def caller_of(
    desk: Desk, session: LiveSession, request_id: str, now: datetime, *, listening: bool = False
) -> Caller:
    """Say who calls in a session as of an instant; whoever is ``listening`` does not idle.

    Raises:
        Unauthenticated: it has ended, or its owner may no longer sign on.
    """
    today = local_date(now)
    policy = session.policy(today)
    last_seen = now if listening else session.last_seen_at
    if not session.is_of_this_epoch or not session_is_live(session.created_at, last_seen, now, policy):
        raise Unauthenticated("Your session has ended. Please sign in again.")
    facts = session.account(now)
    verdict = may_sign_in(facts, now, policy)
    if not verdict.opens_a_session:
        raise Unauthenticated("Your session has ended. Please sign in again.")
    row = session.row
    actor = Actor(
        id=to_uuid(row["user_key"]),
        label=row["user_id"],
        roles=facts.roles,
        provider_id=optional_uuid(row["provider_id"]),
        mailbox_id=optional_uuid(row["mailbox_id"]),
        coordinator_counties=session.coordinator_counties(facts.roles),
        must_change_password=verdict is SignInVerdict.MUST_CHANGE_PASSWORD,
        must_accept_statement=await session.version_to_accept(today) is not None,
        facility_id=row["facility_id"],
        regional_office_id=row["regional_office_id"],
    )
    return Caller(desk=desk, actor=actor, session_id=session.id, request_id=request_id)


async def actor_of(user: User, roles: frozenset[Role]) -> Actor:
    """Describe a user as an actor, with the counties a coordinator works for in a role held now."""
    counties: frozenset[str] = frozenset()
    if roles & COORDINATORS:
        kinds = [kind for role, kind in COORDINATOR_KINDS.items() if role in roles]
        rows = await CoordinatorCounty.filter(user_id=user.id, kind__in=kinds).values_list("county_id", flat=True)
        counties = frozenset(str(row) for row in rows)
    return Actor(
        id=user.id,
        label=user.user_id,
        roles=roles,
        provider_id=user.provider_id,
        mailbox_id=user.mailbox_id,
        coordinator_counties=counties,
        facility_id=user.facility_id,
        regional_office_id=user.regional_office_id,
    )


@operation("account.sign_out", by=EVERYONE, cites="002:221-222", at_the_door=True)
async def sign_out(work: Work) -> None:
    """End the caller's own session; its live connections close."""
    if work.caller.session_id is None:
        raise Invalid("There is no session to end.", code="NO_SESSION")
    work.about("session", work.caller.session_id)
    await end_sessions(work, [work.caller.session_id], "signed out")


async def keep_count(credential: Credential) -> None:
    """Keep how often the password was entered wrongly, and since when the account is locked."""
    # Not by save(): Tortoise cannot write a row by a key that is itself a relation on SQLite.
    await Credential.filter(user_id=credential.user_id).update(
        failures=credential.failures, locked_at=credential.locked_at, last_failure_at=credential.last_failure_at
    )


async def _credential_of(user_id: str) -> Credential | None:
    try:
        domain, canonical = normalize_user_id(user_id)
    except Invalid:
        return None
    if domain is not None and domain not in DOMAINS:
        return None
    return await Credential.filter(user__user_id=canonical).first()


def _invalid_credentials() -> Unauthenticated:
    return Unauthenticated(
        "The user ID or the password is not right, or the account is locked or disabled. "
        "Wait half a minute before you try again. The Customer Support Center can help.",
        code="INVALID_CREDENTIALS",
    )
