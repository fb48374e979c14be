"""Sign: user ID and password again at the moment of signing, over the hash of what was shown (000:199-200, LSO-14).

The password is verified before the transaction, so that hashing holds no lock. What comes out is a :class:`Hand`, the
proof that the caller has just proven themselves; an operation turns it into a row that nobody changes any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from orm.models import Credential, Signature, User
from resolvers.accounts import count_wrong_password
from resolvers.callers import Caller
from resolvers.desk import EVERYONE, Work, operation
from rules.accounts import normalize_user_id
from rules.errors import Conflict, Denied, Invalid
from rules.passwords import entered_password
from rules.signatures import Meaning


@dataclass(frozen=True, slots=True)
class Hand:
    """That a person has just entered the own user ID and password; ``seen`` is the credential's version."""

    person: UUID
    seen: int


async def hand_of(caller: Caller, user_id: str, password: str) -> Hand:
    """Prove the caller's hand. A wrong password counts like one at the door; a foreign user ID signs nothing.

    Raises:
        Invalid: ``PASSWORD_WRONG`` (field ``password``), ``SIGNER_IS_ANOTHER`` (field ``userId``).
        Denied: the caller is no person.
    """
    person = caller.actor.person()
    user = await User.get(id=person)
    try:
        _, named = normalize_user_id(user_id)
    except Invalid:
        named = ""
    if named != user.user_id:
        await refuse_foreign_hand(caller)
    credential = await Credential.get(user_id=person)
    fits = await caller.desk.passwords.verify(credential.password_hash, entered_password(password))
    if not fits:
        try:
            await count_wrong_password(caller)
        except Invalid as wrong:
            raise Invalid("The password is not right.", code=wrong.code, field="password") from wrong
    return Hand(person, credential.version)


@operation("signature.refuse", by=EVERYONE, cites="000:31-36; 000:199-200")
async def refuse_foreign_hand(work: Work) -> None:
    """Write down that somebody tried to sign with another user ID than the one that is signed on."""
    work.about("user", work.actor.person())
    raise Invalid("Sign with your own user ID.", code="SIGNER_IS_ANOTHER", field="userId")


async def sign(work: Work, hand: Hand, meaning: Meaning, kind: str, about_id: UUID, content_hash: str) -> Signature:
    """Keep a signature in the transaction of what it signs.

    Raises:
        Denied: the hand is not the caller's.
        Conflict: the password was changed since it was entered.
    """
    person = work.actor.person()
    if hand.person != person:
        raise Denied("Sign with your own user ID.", code="SIGNER_IS_ANOTHER")
    credential = await Credential.get(user_id=person)
    if credential.version != hand.seen:
        raise Conflict("Your password was changed at the same moment. Sign again.", code="SIGNATURE_VOID")
    user = await User.get(id=person)
    signature = await Signature.create(
        id=uuid4(),
        signer_id=person,
        signer=user.user_id,
        signer_name=user.name,
        meaning=meaning,
        about_id=about_id,
        content_hash=content_hash,
        at=work.now,
        session_id=work.caller.session_id,
    )
    work.touches("signature", [signature.id])
    work.touches(kind, [about_id])
    work.note(signed=str(meaning), content=content_hash)
    return signature
