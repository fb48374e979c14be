"""Delete a disabled account: a tombstone stays, so that the permanent log still says who it was (000:22-23, 002:120).

The user ID, the dates and the reason stay; what tells of the person goes. Signatures, requests, forms, grants and the
trail are the record of what was done and stay as they are (002:221-222). An ID never comes back. Hashes of former
passwords are written once; they tell of nobody.
"""

from __future__ import annotations

from uuid import UUID

from orm.models import AddressChange, Credential, KnownDevice, Letter, Session, User
from resolvers.callers import Caller
from resolvers.contacts import unlink_contacts_of
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.loose_ends import refuse_resets, withdraw_forms
from rules.accounts import AccountState
from rules.errors import Conflict, NotFound
from rules.inactivity import delete_on


async def delete_account(caller: Caller, user_pk: UUID) -> bool:
    """Delete a disabled account for good; answer False if that was done before.

    Raises:
        NotFound: there is no such account.
        Conflict: ``ACCOUNT_NOT_DISABLED``, ``TOO_EARLY_TO_DELETE``.
    """
    # A real hash of a secret that nobody has: a guess at a deleted ID takes the same time as any other (POL-13).
    nobody_has_it = await caller.desk.passwords.hash(caller.desk.secrets.token())
    return await erase_account(caller, user_pk, nobody_has_it)


@operation("account.delete", by=THE_HOUSE, cites="000:22-24; 002:120; 002:221-222")
async def erase_account(work: Work, user_pk: UUID, password_hash: str) -> bool:
    """Erase what tells of the person, and keep the tombstone; a second time nothing happens."""
    user = await User.filter(id=user_pk).select_for_update(no_key=True).first()
    if user is None:
        raise NotFound("There is no such account.", code="ACCOUNT_NOT_FOUND")
    work.about("user", user.id)
    if user.state is AccountState.DELETED:
        work.note(changed=False)
        return False
    if user.state is not AccountState.DISABLED:
        raise Conflict("Only a disabled account is deleted.", code="ACCOUNT_NOT_DISABLED")
    # Asked under the lock: the person may have been enabled and disabled again since somebody saw that it was due.
    if user.disabled_at is None or work.today < delete_on(user.disabled_at, work.policy):
        raise Conflict("This account has not been disabled for long enough.", code="TOO_EARLY_TO_DELETE")
    user.state = AccountState.DELETED
    user.deleted_at = work.now
    user.epoch += 1
    user.first_name, user.last_name = "", user.user_id
    user.title = user.phone = ""
    user.email = user.email_confirmed_at = user.email_bounced_at = None
    user.disabled_note = None
    await user.save()
    await unlink_contacts_of(work, user.id)
    # Somebody may have asked for it to be enabled; nothing waits for a person who never comes back.
    withdrawn = await withdraw_forms(work, user)
    await refuse_resets(work, user)
    await _erase_the_door(user.id, password_hash)
    await Letter.filter(user_id=user.id).update(sent_to="")
    work.note(deleted=True, forms_withdrawn=withdrawn)
    return True


async def _erase_the_door(user_pk: UUID, password_hash: str) -> None:
    """Leave nothing by which the person could come in, or by which their devices and addresses are known."""
    credential = await Credential.filter(user_id=user_pk).select_for_update(no_key=True).get()
    await Credential.filter(user_id=user_pk).update(
        password_hash=password_hash, version=credential.version + 1, secret_expires_at=None, secret_used_at=None
    )
    await KnownDevice.filter(user_id=user_pk).delete()
    await AddressChange.filter(user_id=user_pk).delete()
    await Session.filter(user_id=user_pk).update(device="")
