"""Documents over the wire: in by a plain POST, out by a link of one minute, and nothing else gets through."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from homeward.doorbell import LocalDoorbell
from homeward.file_store import SEGMENT
from homeward.settings import Settings
from homeward.wiring import House
from orm.models import Attachment, AttachmentLink, AuditEntry, Outcome
from resolvers.attachments import Upload, add_attachment
from resolvers.callers import Caller, Desk
from resolvers.exclusions import exclude_provider
from rules.referrals import AttachmentKind
from rules.roles import Role
from schema.attachment_routes import AttachmentDoor, Patience
from schema.identity import SessionCallers
from schema.transport import recognised
from tests.story.serving import served
from tests.world.clock import Clock
from tests.world.documents import DOCX, PDF, PNG, docx, pdf, png, streamed
from tests.world.file_room import file_of, file_room, files_in, in_session
from tests.world.house import the_app
from tests.world.world import PASSWORD, STATEMENT, ProviderHome, World

HERE = "http://127.0.0.1:8000"
PAGE = {"origin": HERE, "sec-fetch-site": "same-origin"}
OPEN = """mutation($id: ID!) { openAttachment(input: {attachmentId: $id}) {
  link { url expiresAt } userErrors { code message } } }"""
REMOVE = """mutation($id: ID!, $why: String!) { removeAttachment(input: {attachmentId: $id, reason: $why}) {
  attachment { id state } userErrors { code field } } }"""
LIST = """query($n: Int!) { referral(number: $n) { attachments {
  id kind fileName mediaType size state uploadedAt uploadedBy } } }"""


@pytest.fixture
def desk(desk: Desk, tmp_path: Path, clock: Clock) -> Desk:
    """A desk with a real place for documents."""
    return replace(desk, files=file_room(tmp_path, clock))


@pytest.fixture
def app(world: World, desk: Desk, tmp_path: Path) -> Starlette:
    """The whole web application in this process."""
    assert isinstance(desk.doorbell, LocalDoorbell)
    return the_app(House(Settings(var=tmp_path), desk, desk.doorbell))


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        yield client


class Person:
    """Somebody with a program and its token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.token = token

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    async def send(
        self,
        number: int,
        content: Any,
        *,
        name: str = "profile.pdf",
        media_type: str = PDF,
        kind: str = "PCP",
        **headers: str,
    ) -> httpx.Response:
        return await self.http.post(
            f"/attachments?referral={number}&kind={kind}",
            content=content,
            headers={**self.bearer, "content-type": media_type, "x-file-name": name, **headers},
        )

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=self.bearer)
        return dict(answer.json()["data"])

    async def link(self, attachment_id: str) -> str:
        return str((await self.ask(OPEN, id=attachment_id))["openAttachment"]["link"]["url"])

    async def get(self, url: str, **headers: str) -> httpx.Response:
        return await self.http.get(url, headers={**self.bearer, **headers})


async def signed_in(http: httpx.AsyncClient, caller: Caller) -> Person:
    """Sign in as a person of the world."""
    answer = await http.post(
        "/auth/sign-in", json={"userId": caller.actor.label, "password": PASSWORD, "acceptStatement": STATEMENT}
    )
    return Person(http, answer.json()["token"])


@pytest.fixture
async def coordinator(world: World) -> Caller:
    """A coordinator of Boone county."""
    return await world.coordinator("Boone")


@pytest.fixture
async def home(world: World) -> ProviderHome:
    """A provider that serves Boone county."""
    return await world.provider("Boone")


@pytest.fixture
async def number(world: World, coordinator: Caller, home: ProviderHome) -> int:
    """A referral of Boone county that has reached the provider."""
    return await world.published(coordinator, "Boone")


@pytest.fixture
async def person(http: httpx.AsyncClient, coordinator: Caller) -> Person:
    """The coordinator, signed in."""
    return await signed_in(http, coordinator)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Give status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


# In


@pytest.mark.requirement("REF-15")
async def test_a_document_is_sent_listed_opened_and_removed(
    http: httpx.AsyncClient, person: Person, home: ProviderHome, number: int, clock: Clock
) -> None:
    content = pdf(3 * SEGMENT)

    sent = await person.send(number, content, name="Fern%E2%80%99s%20plan.pdf", kind="CONSUMER_PROFILE")

    assert sent.status_code == 201
    added = sent.json()["attachment"]
    assert (added["fileName"], added["state"], added["size"]) == ("Fern’s plan.pdf", "AVAILABLE", len(content))
    (listed,) = (await person.ask(LIST, n=number))["referral"]["attachments"]
    assert listed["uploadedBy"].startswith("First")
    assert {key: listed[key] for key in ("id", "kind", "fileName", "mediaType", "size", "state")} == {
        key: added[key] for key in ("id", "kind", "fileName", "mediaType", "size", "state")
    }

    staff = await signed_in(http, home.staff)
    opened = (await staff.ask(OPEN, id=added["id"]))["openAttachment"]
    assert opened["userErrors"] == []
    assert opened["link"]["expiresAt"] == (clock() + timedelta(seconds=60)).isoformat()
    got = await staff.get(opened["link"]["url"])
    assert (got.status_code, got.content) == (200, content)

    removed = (await person.ask(REMOVE, id=added["id"], why="Out of date."))["removeAttachment"]
    assert removed == {"attachment": {"id": added["id"], "state": "REMOVED"}, "userErrors": []}
    assert (await person.ask(LIST, n=number))["referral"]["attachments"] == []


async def test_an_opened_document_is_saved_never_shown_never_kept_and_never_sniffed(
    person: Person, number: int
) -> None:
    sent = await person.send(number, png(), name="%C3%9Cberblick%20%27a%27.png", media_type=PNG)

    got = await person.get(await person.link(sent.json()["attachment"]["id"]), range="bytes=0-9")

    assert (got.status_code, got.content) == (200, png())
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%9Cberblick%20%27a%27.png"
    assert got.headers["content-type"] == PNG
    assert got.headers["content-length"] == str(len(png()))
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["cross-origin-resource-policy"] == "same-origin"
    assert got.headers["accept-ranges"] == "none"


async def test_a_page_of_our_own_sends_and_opens_with_its_cookie(
    http: httpx.AsyncClient, person: Person, number: int
) -> None:
    cookie = {"cookie": f"homeward={person.token}"}
    headers = {**cookie, **PAGE, "content-type": PDF, "x-file-name": "a.pdf"}
    sent = await http.post(f"/attachments?referral={number}&kind=BSP", content=pdf(), headers=headers)
    assert sent.status_code == 201
    url = await person.link(sent.json()["attachment"]["id"])
    assert (await http.get(url, headers=cookie)).content == pdf()


@pytest.mark.parametrize(
    "origin",
    [
        {},
        {"origin": "https://evil.example.org"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:9000", "sec-fetch-site": "same-site"},
    ],
)
async def test_a_page_of_another_origin_sends_nothing(
    app: Starlette, person: Person, number: int, origin: dict[str, str]
) -> None:
    headers = {"cookie": f"homeward={person.token}", **origin, "content-type": PDF, "x-file-name": "a.pdf"}
    status, said, read = await raw_post(app, f"referral={number}&kind=BSP", headers, [pdf()])
    assert (status, "CSRF" in said, read) == (403, True, 0)
    assert await Attachment.all().count() == 0


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nobody"}, {"authorization": "Basic x"}])
async def test_the_file_of_a_stranger_is_not_read(app: Starlette, number: int, headers: dict[str, str]) -> None:
    headers = {**headers, "content-type": PDF, "x-file-name": "a.pdf"}
    status, said, read = await raw_post(app, f"referral={number}&kind=BSP", headers, [pdf()])
    assert (status, "UNAUTHENTICATED" in said, read) == (401, True, 0)


async def test_who_may_not_send_is_told_so_and_nothing_is_read(
    http: httpx.AsyncClient, app: Starlette, world: World, home: ProviderHome, number: int
) -> None:
    stranger = await signed_in(http, await world.coordinator("Adair"))
    for who, expected in (
        (await signed_in(http, home.staff), (403, "DENIED")),
        (stranger, (404, "REFERRAL_NOT_FOUND")),
    ):
        headers = {**who.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
        status, said, read = await raw_post(app, f"referral={number}&kind=BSP", headers, [pdf()])
        assert (status, expected[1] in said, read) == (expected[0], True, 0)


async def test_a_hundred_megabytes_that_are_announced_are_refused_unread(
    app: Starlette, person: Person, number: int
) -> None:
    size = 100 * 1024 * 1024
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf", "content-length": str(size)}
    status, said, read = await raw_post(app, f"referral={number}&kind=BSP", headers, _megabytes(100))
    assert (status, "ATTACHMENT_TOO_LARGE" in said, read) == (413, True, 0)
    entry = await AuditEntry.filter(act="attachment.refuse_upload").first()
    assert entry is not None
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "ATTACHMENT_TOO_LARGE")


async def test_a_hundred_megabytes_that_are_not_announced_are_refused_at_the_limit_in_little_memory(
    world: World, desk: Desk, coordinator: Caller, number: int, tmp_path: Path, clock: Clock
) -> None:
    twenty = 20 * 1024 * 1024
    desk = replace(desk, files=file_room(tmp_path, clock, limit=twenty))
    assert isinstance(desk.doorbell, LocalDoorbell)
    app = the_app(House(Settings(var=tmp_path), desk, desk.doorbell))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as http:
        person = await signed_in(http, coordinator)
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}

    tracemalloc.start()
    status, said, read = await raw_post(app, f"referral={number}&kind=BSP", headers, _megabytes(100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (status, "ATTACHMENT_TOO_LARGE" in said) == (413, True)
    assert twenty < read <= twenty + SEGMENT
    assert peak < 8 * 1024 * 1024
    assert files_in(tmp_path) == []


async def test_a_sender_who_is_too_slow_is_given_up(desk: Desk, person: Person, number: int, tmp_path: Path) -> None:
    door = _door(desk, Patience(timedelta(milliseconds=50), timedelta(seconds=5)))
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
    status, said, read = await raw_post(door, f"referral={number}&kind=BSP", headers, [pdf(5000)[:100]], stall=True)
    assert (status, "ATTACHMENT_TOO_SLOW" in said, read) == (408, True, 100)
    assert files_in(tmp_path) == []
    entry = await AuditEntry.filter(act="attachment.refuse_upload").first()
    assert entry is not None
    assert entry.code == "ATTACHMENT_TOO_SLOW"


async def test_a_sender_who_drips_is_given_up_when_the_whole_has_taken_too_long(
    desk: Desk, person: Person, number: int
) -> None:
    door = _door(desk, Patience(timedelta(seconds=5), timedelta(milliseconds=100)))
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
    drops = (b"%PDF-1.7" if drop == 0 else b"x" for drop in range(10**6))
    status, _, read = await raw_post(door, f"referral={number}&kind=BSP", headers, drops, pause=0.005)
    assert status == 408
    assert read < 10_000


async def test_so_many_may_send_at_once_and_one_more_is_told_to_wait(desk: Desk, person: Person, number: int) -> None:
    door = _door(desk, Patience(timedelta(seconds=5), timedelta(seconds=10), at_once=2))
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
    query = f"referral={number}&kind=BSP"
    waiting = [asyncio.create_task(raw_post(door, query, headers, [pdf()[:10]], stall=True)) for _ in range(2)]
    async with asyncio.timeout(5):
        while await AuditEntry.filter(act="attachment.begin_upload").count() < 2:
            await asyncio.sleep(0)
    status, said, read = await raw_post(door, query, headers, [pdf()])
    assert (status, "ATTACHMENT_BUSY" in said, read) == (429, True, 0)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (await raw_post(door, query, headers, [pdf()]))[0] == 201


async def test_a_sender_who_hangs_up_leaves_nothing(
    app: Starlette, person: Person, number: int, tmp_path: Path
) -> None:
    headers = {**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
    await raw_post(app, f"referral={number}&kind=BSP", headers, [pdf(5000)[:100]], hang_up=True)
    assert files_in(tmp_path) == []
    assert await Attachment.all().count() == 0


@pytest.mark.parametrize(
    ("name", "media_type", "content", "expected"),
    [
        ("a.pdf", PDF, b"MZ" + bytes(100), "ATTACHMENT_TYPE"),
        ("a.pdf", PDF, docx(), "ATTACHMENT_TYPE"),
        ("a.png", PNG, pdf(), "ATTACHMENT_TYPE"),
        ("a.docx", DOCX, docx({"a.txt": b"no document"}), "ATTACHMENT_TYPE"),
        ("a.pdf", "text/html", pdf(), "ATTACHMENT_TYPE"),
        ("a.html", PDF, pdf(), "ATTACHMENT_TYPE"),
        ("a.docx", DOCX, docx()[:-4], "ATTACHMENT_BROKEN"),
        ("a.pdf", PDF, b"", "ATTACHMENT_EMPTY"),
        ("..%2F..%2Fa.pdf", PDF, pdf(), "ATTACHMENT_NAME"),
        ("%FF.pdf", PDF, pdf(), "ATTACHMENT_NAME"),
        ("", PDF, pdf(), "TEXT_REQUIRED"),
        ("a%00.pdf", PDF, pdf(), "TEXT_MALFORMED"),
        ("a" * 2001 + ".pdf", PDF, pdf(), "ATTACHMENT_NAME"),
        ("UTF-8''%E2%82%AC.pdf", PDF, pdf(), ""),
        ("utf-8''a.pdf", PDF, pdf(), ""),
    ],
)
async def test_a_file_that_lies_is_refused(
    person: Person, number: int, tmp_path: Path, name: str, media_type: str, content: bytes, expected: str
) -> None:
    answer = await person.send(number, content, name=name, media_type=media_type)
    if not expected:
        assert answer.status_code == 201
        assert answer.json()["attachment"]["fileName"] in {"€.pdf", "a.pdf"}
        return
    assert code(answer) == (422, expected)
    assert answer.headers["connection"] == "close"
    assert files_in(tmp_path) == []


async def test_a_name_that_is_not_percent_encoded_is_refused(person: Person, number: int) -> None:
    answer = await person.http.post(
        f"/attachments?referral={number}&kind=PCP",
        content=pdf(),
        headers=[("authorization", f"Bearer {person.token}"), ("content-type", PDF), ("x-file-name", "Ü.pdf".encode())],  # type: ignore[list-item]
    )
    assert code(answer) == (422, "ATTACHMENT_NAME")


@pytest.mark.parametrize(
    ("query", "expected", "field"),
    [
        ("kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=&kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=x&kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=-1&kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=%D9%A1&kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=11111111111&kind=PCP", "NUMBER_MALFORMED", "referral"),
        ("referral=1", "ATTACHMENT_KIND", "kind"),
        ("referral=1&kind=LETTER", "ATTACHMENT_KIND", "kind"),
        ("referral=1&kind=pcp", "ATTACHMENT_KIND", "kind"),
    ],
)
async def test_an_address_without_referral_or_kind_is_refused(
    person: Person, query: str, expected: str, field: str
) -> None:
    answer = await person.http.post(
        f"/attachments?{query}", content=pdf(), headers={**person.bearer, "content-type": PDF, "x-file-name": "a.pdf"}
    )
    assert code(answer) == (422, expected)
    assert answer.json()["error"]["field"] == field


async def test_a_compressed_body_is_refused(person: Person, number: int) -> None:
    assert code(await person.send(number, pdf(), **{"content-encoding": "gzip"})) == (415, "CONTENT_ENCODING")


# Out


@pytest.fixture
async def sent(person: Person, number: int) -> str:
    """A document that was sent; its global id."""
    answer = await person.send(number, pdf(5 * SEGMENT))
    return str(answer.json()["attachment"]["id"])


async def test_a_link_holds_for_60_seconds(person: Person, sent: str, clock: Clock) -> None:
    first, second = await person.link(sent), await person.link(sent)
    clock.forward(seconds=60)
    assert (await person.get(first)).status_code == 200
    clock.forward(seconds=1)
    assert code(await person.get(second)) == (409, "LINK_EXPIRED")


async def test_a_link_opens_once(person: Person, sent: str) -> None:
    url = await person.link(sent)
    assert (await person.get(url)).status_code == 200
    assert code(await person.get(url)) == (409, "LINK_USED")


async def test_a_link_opens_nothing_for_a_stranger_another_person_or_another_session(
    http: httpx.AsyncClient, world: World, coordinator: Caller, person: Person, sent: str
) -> None:
    url = await person.link(sent)
    assert code(await http.get(url)) == (401, "UNAUTHENTICATED")
    for other in (await world.coordinator("Boone"), await world.user(Role.CENTRAL_STAFF), coordinator):
        assert code(await (await signed_in(http, other)).get(url)) == (404, "LINK_NOT_FOUND")
    assert code(await person.get("/attachments/guessed")) == (404, "LINK_NOT_FOUND")
    assert (await person.get(url)).status_code == 200


async def test_looking_at_the_head_of_a_link_does_not_use_it_up(person: Person, sent: str) -> None:
    url = await person.link(sent)
    assert (await person.http.head(url, headers=person.bearer)).status_code == 405
    assert (await AttachmentLink.get()).used_at is None
    assert (await person.get(url)).status_code == 200


async def test_a_provider_that_is_excluded_after_it_got_the_link_gets_nothing(
    http: httpx.AsyncClient, coordinator: Caller, home: ProviderHome, number: int, sent: str
) -> None:
    staff = await signed_in(http, home.staff)
    url = await staff.link(sent)
    await exclude_provider(coordinator, number, home.id, "The family asked.")
    assert code(await staff.get(url)) == (404, "ATTACHMENT_NOT_FOUND")


async def test_a_document_of_nobody_or_nothing_is_not_found(
    http: httpx.AsyncClient, world: World, sent: str, person: Person
) -> None:
    far = await signed_in(http, (await world.provider("Adair")).staff)
    refusal = {"code": "ATTACHMENT_NOT_FOUND", "message": "There is no such document."}
    assert (await far.ask(OPEN, id=sent))["openAttachment"] == {"link": None, "userErrors": [refusal]}
    malformed = (await far.ask(OPEN, id="nonsense"))["openAttachment"]
    assert malformed["userErrors"][0]["code"] == "ID_MALFORMED"
    denied = (await far.ask(REMOVE, id=sent, why="No."))["removeAttachment"]
    assert denied == {"attachment": None, "userErrors": [{"code": "DENIED", "field": None}]}


async def test_a_person_at_a_browser_is_told_in_a_sentence(person: Person, sent: str) -> None:
    url = await person.link(sent)
    await person.get(url)
    answer = await person.get(url, accept="text/html,*/*")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "This link was used already. Open the document again from its referral."


async def test_a_document_that_is_damaged_at_its_beginning_is_refused(
    person: Person, sent: str, tmp_path: Path
) -> None:
    path = await file_of(tmp_path, (await Attachment.get()).id)
    path.write_bytes(path.read_bytes()[:-1])
    assert code(await person.get(await person.link(sent))) == (409, "ATTACHMENT_DAMAGED")


async def test_a_document_that_is_damaged_further_on_is_cut_off_before_the_damage(
    desk: Desk, world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    content = pdf(5 * SEGMENT)
    caller = await in_session(coordinator)
    view = await add_attachment(caller, Upload(number, AttachmentKind.PCP, "a.pdf", PDF), streamed(content))
    path = await file_of(tmp_path, view.id)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    async with served(desk, tmp_path) as address, httpx.AsyncClient(base_url=address) as http:
        person = await signed_in(http, coordinator)
        listed = await person.ask(LIST, n=number)
        url = await person.link(listed["referral"]["attachments"][0]["id"])
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            await _stream_into(got, http, url, person.bearer)
        assert b"".join(got) == content[: 4 * SEGMENT]
    entry = await AuditEntry.filter(act="attachment.report_damage").first()
    assert entry is not None
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "ATTACHMENT_DAMAGED")


async def test_a_reader_who_does_not_take_the_file_is_cut_off(
    desk: Desk, coordinator: Caller, person: Person, sent: str
) -> None:
    url = await person.link(sent)
    door = _door(desk, Patience(timedelta(milliseconds=50)))
    messages: list[str] = []

    async def send(message: Any) -> None:
        messages.append(message["type"])
        if len(messages) > 2:
            await asyncio.Event().wait()

    scope = _scope("GET", url, "", person.bearer)
    await door(scope, _nothing_to_receive, send)
    assert messages == ["http.response.start", "http.response.body", "http.response.body"]


async def test_a_reader_who_takes_each_piece_in_time_is_cut_off_when_the_whole_has_taken_too_long(
    desk: Desk, person: Person, sent: str
) -> None:
    url = await person.link(sent)
    door = _door(desk, Patience(piece=timedelta(seconds=30), whole=timedelta(0)))
    messages: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        messages.append(message)
        await asyncio.sleep(0)

    await door(_scope("GET", url, "", person.bearer), _nothing_to_receive, send)
    assert all(message.get("more_body", True) for message in messages), "whoever reads would take it for the whole"


async def test_neither_names_nor_tokens_are_logged(person: Person, number: int) -> None:
    with structlog.testing.capture_logs() as logs:
        sent = await person.send(number, pdf(), name="Fern%20Hollow.pdf")
        await person.send(number, b"MZ", name="Fern%20Hollow.pdf")
        url = await person.link(sent.json()["attachment"]["id"])
        await person.get(url)
    assert [line["path"] for line in logs if line.get("method") == "GET"] == ["/attachments/*"]
    assert "Fern" not in str(logs)
    assert url.rpartition("/")[2] not in str(logs)
    entries = str([(entry.facts, entry.subjects, entry.code) for entry in await AuditEntry.all()])
    assert "Fern" not in entries


async def test_a_fault_is_masked_with_the_request_id(
    app: Starlette, person: Person, number: int, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").unlink()
    answer = await person.send(number, pdf())
    assert code(answer) == (500, "INTERNAL")
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
    assert "keys" not in answer.text


async def raw_post(
    app: Any,
    query: str,
    headers: dict[str, str],
    body: Any,
    *,
    stall: bool = False,
    hang_up: bool = False,
    pause: float = 0,
) -> tuple[int, str, int]:
    """Send a body piece by piece as a server would; give status, answer, and how many bytes were taken."""
    read = 0
    rest = iter(body)
    answer: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal read
        await asyncio.sleep(pause)
        piece = next(rest, None)
        if piece is None and stall:
            await asyncio.Event().wait()
        if piece is None and hang_up:
            return {"type": "http.disconnect"}
        read += len(piece or b"")
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Any) -> None:
        answer.append(message)

    await app(_scope("POST", "/attachments", query, headers), receive, send)
    status = answer[0]["status"]
    return status, b"".join(message.get("body", b"") for message in answer).decode(), read


def _scope(method: str, path: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8000"), *((k.encode(), v.encode()) for k, v in headers.items())],
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "root_path": "",
        "state": {},
    }


def _door(desk: Desk, patience: Patience) -> Starlette:
    callers = SessionCallers(desk, lambda _: None)
    recognise: Callable[..., Any] = partial(recognised, callers)
    return Starlette(routes=AttachmentDoor(recognise, recognise, patience).routes())


def _megabytes(count: int) -> Any:
    piece = b"%PDF-1.7" + bytes(SEGMENT - 8)
    return (piece for _ in range(count * 16))


async def _nothing_to_receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _stream_into(got: list[bytes], http: httpx.AsyncClient, url: str, headers: dict[str, str]) -> None:
    async with http.stream("GET", url, headers=headers) as answer:
        async for piece in answer.aiter_bytes():
            got.append(piece)  # noqa: PERF401 - what came before the fault counts
