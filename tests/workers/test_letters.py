"""Letters say what happened and what to do, and nothing about the person (NOT-23)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

import pytest

from orm.models import Consumer, Contact, County, Guardian, Letter, Provider, User
from resolvers.callers import Desk
from resolvers.contacts import NewContact, add_contact
from resolvers.outbox import claim_letters
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.promises import Reader, about, keep
from resolvers.referral_entry import NewConsumer, NewGuardian, NewReferral, create_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import run_due
from rules.eligibility import Ineligibility
from rules.leads import lead
from rules.notices import TITLES, NotificationKind
from rules.referrals import CloseOutcome, Gender, Provision, ResponseKind
from rules.roles import Role
from tests.world.clock import Clock
from tests.world.world import World
from workers.access_words import ACCESS_WORDS
from workers.exchange_words import EXCHANGE_WORDS
from workers.letters import LetterFacts, UnwritableAddressError, _render_for_anyone, compose, render
from workers.review_words import REVIEW_WORDS
from workers.wording import WHY_PROVIDER
from workers.words import WORDS

BASE_URL = "https://homeward.example.org"
LETTER = UUID("11111111-2222-4333-8444-555555555555")
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
EVERY_KIND = pytest.mark.parametrize("kind", NotificationKind)
EVERY_READER = pytest.mark.parametrize("to_provider", [True, False])


def names_number(kind: NotificationKind) -> bool:
    return "{number}" in TITLES[kind]


def facts_of(kind: NotificationKind, *, to_provider: bool = True, name: str = "Ada Example") -> LetterFacts:
    digest = kind is NotificationKind.REMINDER
    return LetterFacts(
        kind=kind,
        number=1012 if names_number(kind) else None,
        numbers=(1007, 1003, 1012) if digest else (),
        overdue=frozenset({1007, 1003}) if digest else frozenset(),
        overdue_days=60 if digest else None,
        to_provider=to_provider,
        recipient_name=name,
        base_url=BASE_URL,
    )


def message_of(facts: LetterFacts, recipient: str = "ada@provider.example") -> EmailMessage:
    wire = compose(facts, letter_id=LETTER, sender="Homeward <letters@exchange.example>", recipient=recipient, at=AT)
    message = message_from_bytes(wire, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts_of(message: EmailMessage) -> dict[str, str]:
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return {"subject": message["Subject"], "text": plain.get_content(), "html": html.get_content()}


@pytest.mark.requirement("DAT-07")
@EVERY_KIND
@EVERY_READER
def test_a_letter_says_what_happened_what_to_do_where_and_why_one_gets_it(
    kind: NotificationKind, to_provider: bool
) -> None:
    parts = parts_of(message_of(facts_of(kind, to_provider=to_provider)))
    words = WORDS[kind]
    next_step = (to_provider and words.for_provider) or words.for_coordinator
    link = f"{BASE_URL}{lead(kind, 1012 if names_number(kind) else None)}"

    for body in (" ".join(parts["text"].split()), " ".join(parts["html"].split())):
        assert "Hello Ada Example," in body
        assert words.opening.format(number=1012) in body
        assert next_step.replace("'", "&#39;") in body or next_step in body
        assert ("asked to sign in" in body) is words.asks_to_sign_in
        assert "help desk" in body
        assert "You get this letter because" in body
        assert (WHY_PROVIDER in body) is to_provider
    assert f"\n{link}\n" in parts["text"].replace("\r\n", "\n")
    assert f'href="{link}"' in parts["html"]


@EVERY_KIND
@EVERY_READER
def test_the_lines_of_a_letter_are_short_enough_for_any_screen(kind: NotificationKind, to_provider: bool) -> None:
    text = parts_of(message_of(facts_of(kind, to_provider=to_provider)))["text"]
    assert [line for line in text.splitlines() if len(line) > 76 and "://" not in line] == []


@EVERY_KIND
def test_the_link_of_a_letter_says_what_it_opens(kind: NotificationKind) -> None:
    """Each page asks to sign in, and the letter says so beside it: that is not what one comes for."""
    assert WORDS[kind].button != "Sign in"


def test_each_kind_of_letter_has_its_words_in_one_place() -> None:
    parts = [EXCHANGE_WORDS, ACCESS_WORDS, REVIEW_WORDS]
    assert sorted(kind for part in parts for kind in part) == sorted(NotificationKind)
    assert set(WORDS) == set(NotificationKind)


@EVERY_KIND
def test_a_letter_is_of_the_exchange_or_of_the_access_office(kind: NotificationKind) -> None:
    """A duty of the risk-management programme has no primary coordinator to ask."""
    html = parts_of(message_of(facts_of(kind)))["html"]
    assert ("Homeward referral exchange" in html) is (kind in EXCHANGE_WORDS)
    assert ("its primary coordinator, who is named in it" in " ".join(html.split())) is (kind in EXCHANGE_WORDS)


@EVERY_KIND
def test_a_subject_says_what_happened_and_never_to_whom(kind: NotificationKind) -> None:
    subject = render(facts_of(kind)).subject
    assert subject
    assert "Ada" not in subject
    assert "None" not in subject
    assert ("1012" in subject) is names_number(kind)


@EVERY_KIND
def test_a_letter_needs_no_picture_no_script_and_no_other_server(kind: NotificationKind) -> None:
    html = render(facts_of(kind)).html
    assert not re.findall(r"<(img|script|link|iframe|form)\b|url\(|@import", html)
    assert set(re.findall(r"https?://[^/\"'<\s]+", html)) == {BASE_URL}
    assert re.search(r'<p style="[^"]+', html), "styles are inline: many mail programs drop the others"
    assert "prefers-color-scheme: dark" in html


@pytest.mark.requirement("NOT-11")
def test_the_reminder_lists_the_oldest_first_and_says_in_words_which_are_overdue() -> None:
    rendered = render(facts_of(NotificationKind.REMINDER))
    for body, late in ((rendered.text, "OVERDUE, open for more than 60 days"), (rendered.html, "Overdue: open for")):
        places = [body.index(f"Referral {number}") for number in (1007, 1003, 1012)]
        assert places == sorted(places)
        assert [late in body[begin:end] for begin, end in zip(places, [*places[1:], None], strict=True)] == [
            True,
            True,
            False,
        ]
        for number in (1007, 1003, 1012):
            assert f"{BASE_URL}/referrals/{number}" in body


NAMES = (
    "Ada Example",
    "José “Pepe” Muster, LSO",
    "Ünïcøde " * 24,
    "O'Neil-Smith Jr.",
    "A" * 75,
    "=?utf-8?q?Eve?=",
    'a <b> & "c" =20 .',
    "",
)


def by_the_email_package(facts: LetterFacts, recipient: str) -> EmailMessage:
    """Build the same letter as one usually does, a message object for each."""
    rendered = render(facts)
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    message["Message-ID"] = f"<{LETTER}@exchange.example>"
    message["Date"] = format_datetime(AT)
    message["From"] = Address("Homeward", addr_spec="letters@exchange.example")
    message["To"] = Address(" ".join(facts.recipient_name.split()), addr_spec=recipient)
    message["Subject"] = rendered.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@EVERY_KIND
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_letter_put_together_from_a_sheet_says_what_the_email_package_would_say(
    kind: NotificationKind, name: str
) -> None:
    facts, recipient = facts_of(kind, name=name), f"{'a' * 40}@provider.example"
    ours, theirs = message_of(facts, recipient), by_the_email_package(facts, recipient)
    assert {key: value for key, value in ours.items() if key != "Content-Type"} == {
        key: value for key, value in theirs.items() if key != "Content-Type"
    }
    assert parts_of(ours) == parts_of(theirs)
    assert [(part.get_content_type(), part.get_content_charset()) for part in ours.walk()] == [
        (part.get_content_type(), part.get_content_charset()) for part in theirs.walk()
    ]
    wire = compose(facts, letter_id=LETTER, sender="Homeward <letters@exchange.example>", recipient=recipient, at=AT)
    assert wire.isascii()
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, wire.split(b"\r\n"))) <= 78


def test_a_letter_made_again_is_the_same_to_the_last_byte() -> None:
    facts = facts_of(NotificationKind.REMINDER)
    wire = [
        compose(facts, letter_id=LETTER, sender="letters@exchange.example", recipient="a@b.example", at=AT)
        for _ in range(2)
    ]
    assert wire[0] == wire[1]


def test_the_headers_let_mail_programs_know_that_nobody_wrote_it_by_hand() -> None:
    message = message_of(facts_of(NotificationKind.REFERRAL_CLOSED, name="José “Pepe” Muster, LSO"))
    assert message["Message-ID"] == f"<{LETTER}@exchange.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT
    assert str(message["From"]) == "Homeward <letters@exchange.example>"
    (to,) = message["To"].addresses
    assert (to.display_name, to.addr_spec) == ("José “Pepe” Muster, LSO", "ada@provider.example")


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: victim@example.org",
        "Eve\nBcc: victim@example.org",
        "Eve\x00\x0bBcc: victim@example.org",
        "Eve\u2028Bcc: victim@example.org",
        'Eve" <victim@example.org>, "Mallory',
        "Eve\ue000\u202e",
        "\ud800Eve",
        "Ünïcøde " * 24,
        "",
    ],
)
def test_no_name_can_add_a_header_or_a_recipient(name: str) -> None:
    message = message_of(facts_of(NotificationKind.REFERRAL_PUBLISHED, name=name))
    assert sorted(message.keys()) == sorted(
        [
            "Message-ID",
            "Date",
            "From",
            "To",
            "Subject",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type",
        ]
    )
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@provider.example"]
    assert message.defects == []


def test_a_name_is_shown_as_typed_and_never_runs() -> None:
    rendered = render(facts_of(NotificationKind.REFERRAL_PUBLISHED, name="<b onclick=x>Ann & Bob</b>"))
    assert "&lt;b onclick=x&gt;Ann &amp; Bob&lt;/b&gt;" in rendered.html
    assert "<b onclick=x>Ann & Bob</b>" in rendered.text


@pytest.mark.parametrize(
    "address",
    ["", "ada", "a@b.example\r\nBcc: c@d.example", "<a@b.example>", "a@b.example, c@d.example", "ä@b.example"],
)
def test_what_is_no_plain_address_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(UnwritableAddressError) as refused:
        message_of(facts_of(NotificationKind.REFERRAL_PUBLISHED), recipient=address)
    assert str(refused.value) == ""


@pytest.mark.requirement("NOT-23")
async def test_no_letter_of_any_kind_carries_a_protected_value_of_the_world(
    world: World, desk: Desk, clock: Clock
) -> None:
    await _live_a_referrals_life(world, desk, clock)
    protected = await _protected_values(clock.now)
    await _promise_the_kinds_that_did_not_come_up(clock)
    claimed = await claim_letters(desk, 1000)
    assert {letter.kind for letter in claimed} == set(NotificationKind)

    for letter in claimed:
        facts = LetterFacts.of(letter, BASE_URL)
        wire = compose(
            facts, letter_id=letter.id, sender="letters@exchange.example", recipient=letter.address, at=clock.now
        )
        message = message_from_bytes(wire, policy=policy.default)
        assert isinstance(message, EmailMessage)
        readable = "\n".join([*(str(value) for value in message.values()), *parts_of(message).values()])
        readable = readable.replace(str(letter.id), "")  # random: now and then a part of it spells a county or a year
        assert letter.name in readable, "what is there is found"
        found = [value for value in protected if re.search(rf"\b{re.escape(value)}\b", readable, re.IGNORECASE)]
        assert found == [], letter.kind


async def test_whatever_else_lies_in_a_promise_stays_behind(world: World, desk: Desk) -> None:
    home = await world.provider("Boone")
    await Letter.create(
        kind=NotificationKind.REFERRAL_PUBLISHED,
        contact_id=home.contact_id,
        facts={"number": 7, "numbers": ["Quillfeather", True], "overdue": "Quillfeather", "name": "Quillfeather"},
        created_at=desk.clock(),
        due_at=desk.clock(),
    )
    (letter,) = await claim_letters(desk, 1)
    facts = LetterFacts.of(letter, BASE_URL)
    assert (facts.number, facts.numbers, facts.overdue) == (7, (), frozenset())
    assert "Quillfeather" not in str(facts) + str(render(facts))


@pytest.mark.requirement("PRF-06")
async def test_the_letter_that_asks_to_confirm_an_address_leads_to_its_page_and_its_secret_stays_in_no_cache(
    world: World, desk: Desk
) -> None:
    home = await world.provider("Boone")
    await add_contact(home.staff, home.id, NewContact("Ann", "Example", "ann@example.org"))
    (letter,) = await claim_letters(desk, 10)
    token = letter.facts["confirm_token"]
    cached = _render_for_anyone.cache_info().currsize

    parts = parts_of(message_of(LetterFacts.of(letter, BASE_URL), recipient=letter.address))

    link = f"{BASE_URL}/confirm-address/{token}"
    assert f"\n{link}\n" in parts["text"].replace("\r\n", "\n")
    assert f'href="{link}"' in parts["html"]
    assert token not in parts["subject"]
    assert _render_for_anyone.cache_info().currsize == cached
    assert LetterFacts.of(replace(letter, facts={"confirm_token": "../x y"}), BASE_URL).confirm_token == ""


SECRETS = ("Quillfeather", "Zebulon", "Marigold Overbrook", "Needs a ramp at the door", "Likes trains", "Family wish")
BORN = date(1987, 11, 23)


async def _live_a_referrals_life(world: World, desk: Desk, clock: Clock) -> None:
    """Let everything happen that anybody is told of, to a person with names that stand out."""
    await world.facility()
    coordinator = await world.coordinator("Boone", "Adair")
    home = await world.provider("Boone")
    first, second = [
        await create_referral(
            coordinator,
            NewReferral(
                facility_code="101",
                statewide=False,
                preferred_counties=frozenset([await world.county("Boone")]),
                primary_coordinator_id=coordinator.actor.id,
                consumer=NewConsumer(
                    dmh_id=dmh_id,
                    first_name=SECRETS[1],
                    last_name=SECRETS[0],
                    birth_date=BORN,
                    gender=Gender.OTHER,
                    address="77 Hollyhock Close",
                    city="Nettlebed",
                    zip_code="00077",
                    guardians=(NewGuardian(SECRETS[2], "Aunt", "555-0177", "overbrook@family.example"),),
                ),
            ),
        )
        for dmh_id in ("DMH-884422", "DMH-884423")
    ]
    for _ in range(2):
        await publish_referral(coordinator, first)
    await publish_referral(coordinator, second)
    tentative = Answer(ResponseKind.TENTATIVE, Provision.SITE_VISIT, comments=SECRETS[3])
    await respond_to_referral(home.staff, first, tentative)
    await respond_to_referral(home.staff, first, Answer(ResponseKind.ACCEPT, comments=SECRETS[4]))
    await set_pending_placement(coordinator, first, home.id)
    await clear_pending_placement(coordinator, first)
    clock.forward(days=61)
    await run_due(desk, SWEEPS)
    await close_referral(coordinator, first, CloseOutcome.PLACED, home.id)
    await delete_referral(coordinator, second, SECRETS[5])


async def _promise_the_kinds_that_did_not_come_up(clock: Clock) -> None:
    came_up = {letter.kind for letter in await Letter.all()}
    contact = await Contact.first()
    assert contact
    for kind in set(NotificationKind) - came_up:
        await Letter.create(
            kind=kind,
            contact_id=contact.id,
            facts={"number": 1, "numbers": [1, 2]},
            created_at=clock(),
            due_at=clock(),
        )


async def _protected_values(now: datetime) -> set[str]:
    values = {*SECRETS, "Hollyhock", "Nettlebed", "SITE_VISIT", "After meeting the person"}
    for person in await Consumer.all():
        values |= {person.dmh_id, person.first_name, person.last_name, person.address, person.city, person.zip_code}
        values |= {person.birth_date.strftime(form) for form in ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d")}
        values |= {f"{person.birth_date:%B} {person.birth_date.day}", str(person.birth_date.year)}
        values.add(f"{(now.date() - person.birth_date) // timedelta(days=365.2425)} years")
    for guardian in await Guardian.all():
        values |= {guardian.name, guardian.relationship, guardian.phone, guardian.email}
    values |= {county.name for county in await County.all()} | {provider.name for provider in await Provider.all()}
    assert len(values) > 130
    return values


@pytest.mark.requirement("ARA-17")
def test_a_denied_request_is_told_with_the_reason_for_each_role() -> None:
    facts = replace(
        facts_of(NotificationKind.ACCESS_REQUEST_DENIED, to_provider=False),
        role_reasons=(
            ("Accounts Recv CO View", Ineligibility.NOT_AVAILABLE_TO_PROVIDERS.sentence),
            ("Reviewer", Ineligibility.WITHDRAWN.sentence),
        ),
    )
    rendered = render(facts)
    for body in (" ".join(rendered.text.split()), " ".join(rendered.html.split())):
        for name, reason in facts.role_reasons:
            assert f"{name}: {reason}" in body
        assert "Local Security Officer" in body
        assert "referral" not in body.lower()


async def test_only_known_reasons_for_roles_travel_in_a_letter(world: World, desk: Desk) -> None:
    reader = await world.user(Role.CONSUMER_REFERRAL_DB)
    user = await User.get(id=reader.actor.person())
    listed = [
        ["Reviewer", "WITHDRAWN"],
        ["Reviewer", "she said so"],
        ["Reviewer", "DENIED_BY_LSO"],
        ["one"],
        "two",
        ["a\r\nBcc: x", "WITHDRAWN"],
        ["Reviewer", ["WITHDRAWN"]],
        3,
    ]
    await keep(
        about([Reader.user(user)], NotificationKind.ACCESS_REQUEST_DENIED, 1012, role_reasons=listed), world.clock()
    )

    facts = [LetterFacts.of(letter, BASE_URL) for letter in await claim_letters(desk, 10)]

    assert [one.role_reasons for one in facts] == [
        (
            ("Reviewer", Ineligibility.WITHDRAWN.sentence),
            ("Reviewer", "Your Local Security Officer denied it. Sign in to read the reason."),
            ("a Bcc: x", Ineligibility.WITHDRAWN.sentence),
        )
    ]
