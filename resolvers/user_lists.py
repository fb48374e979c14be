"""Lists of users that other systems give: imported whole, compared with the accounts, and shown (002:278-308)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from orm.models import OutsideSystem, User, UserList, UserListRow
from resolvers.desk import Reading, Work, access, operation
from resolvers.numbers import LAST_NUMBER, next_number
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.accounts import AccountState
from rules.errors import NotFound
from rules.reports import sha256
from rules.roles import Role
from rules.user_lists import ListedUser, ListFinding, compare, read_user_list

IMPORTS = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT})
LIST_READERS = IMPORTS | {Role.PRIVACY_OFFICER, Role.AUDITOR}

_BATCH = 500
_LISTS = "USER_LIST"
_ROWS = "USER_LIST_ROW"

Account = tuple[UUID, AccountState, str]


@dataclass(slots=True)
class UserListView:
    """An imported list, and how many of its rows the comparison has found what of."""

    id: UUID
    number: int
    system: str
    imported_at: datetime
    rows: int
    sha256: str
    employed: int
    unknown: int
    not_enabled: int
    name_mismatches: int


@dataclass(slots=True)
class UserListRowView:
    """One row of an imported list, compared with the accounts as they were at the import."""

    line: int
    user_id: str
    name: str
    last_used_on: date | None
    finding: ListFinding


@operation("user_list.import", by=IMPORTS, cites="002:278-285; 002:307-308")
async def import_user_list(work: Work, system: str, csv: str) -> int:
    """Import a list of the users of another system, compared with the accounts; nothing of it, if a line is bad.

    Only rows of the list itself are written: no account is locked or changed. A long list may come in parts.

    Raises:
        NotFound: there is no such system.
        Invalid: ``USER_LIST_TOO_LARGE``, ``USER_LIST_EMPTY``, ``USER_LIST_MALFORMED`` with the bad lines.
    """
    found = await OutsideSystem.filter(code=system).first()
    if found is None:
        raise NotFound("There is no such system.", code="SYSTEM_NOT_FOUND", field="system")
    listed = read_user_list(csv, work.today)
    accounts = await _accounts(listed)
    kept = await UserList.create(
        id=uuid4(),
        number=await next_number("user_list"),
        system_id=system,
        imported_at=work.now,
        imported_by_id=work.actor.person(),
        rows=len(listed),
        sha256=sha256(csv.encode()),
    )
    rows = []
    for one in listed:
        account = accounts.get(one.user_id)
        rows.append(
            UserListRow(
                list_id=kept.id,
                line=one.line,
                user_id=one.user_id,
                name=one.name,
                last_used_on=one.last_used_on,
                finding=compare(one.name, account[1:] if account else None),
                account_id=account[0] if account else None,
            )
        )
    await UserListRow.bulk_create(rows, batch_size=_BATCH)
    work.about("user_list", kept.id)
    work.note(number=kept.number, system=system, rows=len(rows), sha256=kept.sha256)
    return kept.number


@access("user_list.list", by=LIST_READERS, cites="002:278-285; 002:307-308")
async def list_user_lists(
    reading: Reading, *, system: str | None = None, first: int = 50, after: str | None = None, count: bool = False
) -> Page[UserListView]:
    """List the imported lists, the newest first.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    lists = UserList.filter(system_id=system) if system is not None else UserList.all()
    total = await lists.count() if count else None
    if after is not None:
        lists = lists.filter(number__lt=from_cursor(after, _LISTS, most=LAST_NUMBER))
    rows = await lists.order_by("-number").limit(size + 1)
    views = [await _view(row) for row in rows[:size]]
    reading.shows("user_list", (view.id for view in views), ["userLists"])
    return page_of(views, lambda view: to_cursor(_LISTS, view.number), more=len(rows) > size, after=after, total=total)


@access("user_list.rows", by=LIST_READERS, cites="002:307-308")
async def list_user_list_rows(
    reading: Reading,
    number: int,
    *,
    finding: ListFinding | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[UserListRowView]:
    """List what the comparison of an imported list has found, by line.

    Raises:
        NotFound: there is no such list.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    kept = await _found(reading, number)
    where = UserListRow.filter(list_id=kept.id)
    if finding is not None:
        where = where.filter(finding=finding)
    total = await where.count() if count else None
    if after is not None:
        where = where.filter(line__gt=from_cursor(after, _ROWS, most=LAST_NUMBER))
    rows = await where.order_by("line").limit(size + 1)
    reading.shows("user", (row.account_id for row in rows[:size] if row.account_id), ["userListRows"])
    return Page(
        nodes=[UserListRowView(row.line, row.user_id, row.name, row.last_used_on, row.finding) for row in rows[:size]],
        cursors=[to_cursor(_ROWS, row.line) for row in rows[:size]],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


@access("user_list.view", by=LIST_READERS, cites="002:307-308")
async def view_user_list(reading: Reading, number: int) -> UserListView:
    """Show an imported list by its number.

    Raises:
        NotFound: there is no such list.
    """
    return await _view(await _found(reading, number))


async def _found(reading: Reading, number: int) -> UserList:
    kept = await UserList.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if kept is None:
        raise NotFound("There is no such list.", code="USER_LIST_NOT_FOUND", field="number")
    reading.about("user_list", kept.id)
    return kept


async def _accounts(listed: list[ListedUser]) -> dict[str, Account]:
    found: dict[str, Account] = {}
    for start in range(0, len(listed), _BATCH):
        named = [one.user_id for one in listed[start : start + _BATCH]]
        found |= {one.user_id: (one.id, one.state, one.name) for one in await User.filter(user_id__in=named)}
    return found


async def _view(kept: UserList) -> UserListView:
    counts = {one: await UserListRow.filter(list_id=kept.id, finding=one).count() for one in ListFinding}
    return UserListView(
        id=kept.id,
        number=kept.number,
        system=kept.system_id,
        imported_at=kept.imported_at,
        rows=kept.rows,
        sha256=kept.sha256,
        employed=counts[ListFinding.EMPLOYED],
        unknown=counts[ListFinding.UNKNOWN],
        not_enabled=counts[ListFinding.NOT_ENABLED],
        name_mismatches=counts[ListFinding.NAME_MISMATCH],
    )
