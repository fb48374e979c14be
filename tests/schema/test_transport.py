"""GraphQL over HTTP: who may ask, what is answered to nonsense, and that nothing leaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import structlog
import toy
from graphql import GraphQLError, NameNode
from starlette.applications import Starlette

from schema.errors import public
from schema.limits import Limits
from schema.transport import GraphQLEndpoint, TransportLimits

ADA = {"authorization": "Bearer ada-1"}
PAGE = {"cookie": "session=ada-2", "origin": "http://homeward.test", "sec-fetch-site": "same-origin"}
GRAPHQL_JSON = "application/graphql-response+json"


def client(
    limits: Limits | None = None, transport: TransportLimits | None = None, callers: toy.ToyCallers | None = None
) -> httpx.AsyncClient:
    endpoint = GraphQLEndpoint(toy.toy_schema(limits), callers or toy.ToyCallers(), limits=transport)
    app = Starlette(routes=endpoint.routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://homeward.test")


async def post(body: object, *, headers: dict[str, str] | None = None, **wanted: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client(**wanted) as http:
        return await http.post(
            "/graphql",
            content=content,
            headers={"content-type": "application/json", **(ADA if headers is None else headers)},
        )


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


async def test_a_signed_in_caller_is_answered_and_nothing_is_kept_by_caches() -> None:
    response = await post({"query": "{hello whoami}"})

    assert response.status_code == 200
    assert response.json() == {"data": {"hello": "hello", "whoami": "ada by ada-1"}}
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert len(response.headers["x-request-id"]) == 32


async def test_variables_and_the_operation_name_choose_what_runs() -> None:
    document = "query A($n:String!){dog(name:$n){name}} query B{hello}"

    named = await post({"query": document, "variables": {"n": "rex"}, "operationName": "A"})
    unnamed = await post({"query": document})
    unknown = await post({"query": document, "operationName": "C"})

    assert named.json() == {"data": {"dog": {"name": "rex"}}}
    assert codes(unnamed) == ["BAD_REQUEST"]
    assert "Which operation?" in unnamed.text
    assert (unknown.status_code, codes(unknown)) == (400, ["BAD_REQUEST"])


# Who may ask


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer nobody"},
        {"authorization": "Basic ada-1"},
        {"authorization": "Bearer"},
        {"authorization": "", "cookie": "session=ada-2"},
        {"cookie": "session=nobody", "origin": "http://homeward.test"},
    ],
)
@pytest.mark.requirement("ACC-01")
async def test_an_anonymous_request_is_401_whatever_it_asks(headers: dict[str, str]) -> None:
    response = await post({"query": "{hello}"}, headers=headers)

    assert response.status_code == 401
    assert codes(response) == ["UNAUTHENTICATED"]
    assert response.headers["www-authenticate"] == "Bearer"
    assert "data" not in response.json()


async def test_the_body_of_an_anonymous_request_is_not_read() -> None:
    read = 0

    async def receive() -> dict[str, object]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"{", "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": [], "query_string": b"", "state": {}}
    await GraphQLEndpoint(toy.toy_schema(), toy.ToyCallers())(scope, receive, send)

    assert sent[0]["status"] == 401
    assert read == 0


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("expired-password", 403, "PASSWORD_EXPIRED"), ("flood", 429, "TOO_MANY"), ("bug", 500, "INTERNAL")],
)
async def test_a_caller_who_may_not_use_graphql_now_is_told_why(token: str, status: int, code: str) -> None:
    response = await post({"query": "{hello}"}, headers={"authorization": f"Bearer {token}"})

    assert (response.status_code, codes(response)) == (status, [code])
    assert "secret" not in response.text


async def test_a_page_of_our_own_may_ask_with_its_cookie() -> None:
    response = await post({"query": "{whoami}"}, headers=PAGE)

    assert response.json() == {"data": {"whoami": "ada by ada-2"}}


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.test"},
        {"origin": "http://homeward.test:8080"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.test", "sec-fetch-site": "same-origin"},
        {"origin": None, "sec-fetch-site": None},
        {"origin": None, "sec-fetch-site": "none"},
    ],
)
async def test_a_page_of_another_origin_may_not_use_the_cookie(changed: dict[str, str | None]) -> None:
    headers = {name: value for name, value in {**PAGE, **changed}.items() if value is not None}

    response = await post({"query": "{hello}"}, headers=headers)

    assert (response.status_code, codes(response)) == (403, ["CSRF"])


@pytest.mark.parametrize("dropped", ["origin", "sec-fetch-site"])
async def test_one_sign_of_our_own_origin_is_enough_for_a_browser_that_sends_only_one(dropped: str) -> None:
    headers = {name: value for name, value in PAGE.items() if name != dropped}

    assert (await post({"query": "{hello}"}, headers=headers)).status_code == 200


async def test_a_page_of_the_public_origin_behind_a_proxy_may_use_the_cookie() -> None:
    headers = {**PAGE, "origin": "https://homeward.example"}

    allowed = await post(
        {"query": "{hello}"}, headers=headers, transport=TransportLimits(origins=("https://homeward.example",))
    )

    assert allowed.status_code == 200
    assert (await post({"query": "{hello}"}, headers=headers)).status_code == 403


async def test_a_program_with_a_token_needs_no_origin() -> None:
    assert (await post({"query": "{hello}"}, headers={**ADA, "origin": "http://evil.test"})).status_code == 200


# How it may be asked


async def test_a_program_may_query_by_get() -> None:
    async with client() as http:
        parameters = {"query": "query($n:String!){dog(name:$n){name}}", "variables": '{"n":"rex"}'}
        response = await http.get("/graphql", params=parameters, headers=ADA)

    assert response.json() == {"data": {"dog": {"name": "rex"}}}


async def test_a_page_may_not_query_by_get() -> None:
    async with client() as http:
        response = await http.get("/graphql", params={"query": "{hello}"}, headers=PAGE)

    assert (response.status_code, codes(response)) == (403, ["CSRF"])


async def test_a_mutation_by_get_is_405() -> None:
    rename = 'mutation{renameDog(input:{name:"a",newName:"b"}){dog{name}}}'
    async with client() as http:
        response = await http.get("/graphql", params={"query": rename}, headers=ADA)

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_other_methods_are_405() -> None:
    async with client() as http:
        response = await http.request("DELETE", "/graphql", headers=ADA)

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_a_subscription_over_http_is_sent_to_the_websocket() -> None:
    response = await post({"query": "subscription{barks}"})

    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json-seq"},
        {"content-type": ""},
        {"content-encoding": "gzip"},
    ],
)
async def test_only_plain_json_is_taken(headers: dict[str, str]) -> None:
    response = await post({"query": "{hello}"}, headers={**ADA, **headers})

    assert (response.status_code, codes(response)) == (415, ["BAD_REQUEST"])


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/json;charset=UTF-8"])
async def test_json_may_say_that_it_is_utf_8(content_type: str) -> None:
    assert (await post({"query": "{hello}"}, headers={**ADA, "content-type": content_type})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"123",
        b'"x"',
        b"[]",
        b'[{"query":"{hello}"}]',
        b"{",
        b"{}",
        b'{"query":null}',
        b'{"query":7}',
        b'{"query":"  "}',
        b'{"query":["{hello}"]}',
        b'{"query":"{hello}","variables":[]}',
        b'{"query":"{hello}","variables":"{}"}',
        b'{"query":"{hello}","operationName":7}',
        b'{"query":"{hello}","extensions":[]}',
        b'{"query":"{hello}","variables":{"n":NaN}}',
        b'{"query":"{hello}","variables":{"n":' + b"9" * 5_000 + b"}}",
        b'{"query":"{hello}","variables":{"n":' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        b'{"query":"{hello}","variables":{"n":"\xff"}}',
        b'{"query":"{hello}","variables":{"n":"\\ud800"}}',
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
async def test_nonsense_is_400_and_never_500(body: bytes) -> None:
    response = await post(body)

    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


async def test_deep_variables_are_refused_and_no_fault() -> None:
    deep = b'{"query":"query($n:String!){dog(name:$n){name}}","variables":{"n":' + b"[" * 900 + b"]" * 900 + b"}}"

    assert codes(await post(deep)) == ["BAD_REQUEST"]


@pytest.mark.parametrize("variables", ["{", "[]", "7"])
async def test_nonsense_in_the_address_is_400(variables: str) -> None:
    async with client() as http:
        response = await http.get("/graphql", params={"query": "{hello}", "variables": variables}, headers=ADA)

    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


async def test_a_request_holds_64_kib() -> None:
    def sized(size: int) -> bytes:
        return b'{"query":"{hello}"}'.ljust(size)

    assert (await post(sized(65_536))).status_code == 200
    large = await post(sized(65_537))
    assert (large.status_code, codes(large)) == (413, ["TOO_MANY"])

    async def chunked(size: int) -> AsyncIterator[bytes]:
        yield sized(size)

    async with client() as http:
        for size, status in ((65_536, 200), (65_537, 413)):
            headers = {**ADA, "content-type": "application/json"}
            assert (await http.post("/graphql", content=chunked(size), headers=headers)).status_code == status


async def test_a_body_that_hides_its_length_is_cut_off_at_the_limit() -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 1_000_000:
            read += 1_000
            yield b" " * 1_000

    async with client() as http:
        response = await http.post("/graphql", content=endless(), headers={**ADA, "content-type": "application/json"})

    assert response.status_code == 413
    assert read <= 67_000


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b'{"query":'
        await asyncio.Event().wait()

    async with client(transport=TransportLimits(body_patience=timedelta(milliseconds=20))) as http:
        response = await http.post("/graphql", content=slow(), headers={**ADA, "content-type": "application/json"})

    assert (response.status_code, codes(response)) == (408, ["TIMEOUT"])


async def test_an_operation_that_takes_too_long_is_told_so() -> None:
    toy.kennel.open = asyncio.Event()

    response = await post({"query": "{slow}"}, limits=Limits(time=timedelta(milliseconds=20)))

    assert codes(response) == ["TIMEOUT"]


# What the media type decides


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json;q=0.9", GRAPHQL_JSON),
        (f"application/json, {GRAPHQL_JSON}", "application/json"),
        (f"{GRAPHQL_JSON};q=0.5, application/json", "application/json"),
        (f"text/html, {GRAPHQL_JSON};q=0.8, */*;q=0.1", GRAPHQL_JSON),
    ],
)
async def test_the_caller_chooses_the_media_type(accept: str | None, answered: str) -> None:
    headers = {**ADA, "accept": accept} if accept else ADA
    async with client() as http:
        if accept is None:
            del http.headers["accept"]
        response = await http.post("/graphql", json={"query": "{hello}"}, headers=headers)

    assert response.headers["content-type"] == f"{answered}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/png, application/json;q=x"])
async def test_a_caller_who_accepts_neither_gets_406(accept: str) -> None:
    assert (await post({"query": "{hello}"}, headers={**ADA, "accept": accept})).status_code == 406


@pytest.mark.parametrize("document", ["{", "{nothing}", "query($n:Int!){dogs(first:$n){name}}"])
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL_JSON, 400), ("application/json", 200)])
async def test_a_document_that_cannot_run_has_no_data_and_says_so_by_the_status(
    document: str, accept: str, status: int
) -> None:
    response = await post({"query": document}, headers={**ADA, "accept": accept})

    assert (response.status_code, codes(response)) == (status, ["BAD_REQUEST"])
    assert "data" not in response.json()


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, "application/json"])
async def test_a_field_that_fails_leaves_the_status_at_200_and_data_at_null(accept: str) -> None:
    response = await post({"query": '{dog(name:"nobody"){name}}'}, headers={**ADA, "accept": accept})

    assert response.status_code == 200
    assert response.json() == {
        "data": None,
        "errors": [
            {
                "message": "There is no such dog.",
                "locations": [{"line": 1, "column": 2}],
                "path": ["dog"],
                "extensions": {"code": "NOT_FOUND"},
            }
        ],
    }


# What becomes of a no, and of a bug

RENAME = "mutation($input:RenameInput!){renameDog(input:$input){dog{name} userErrors{code message field}}}"


async def test_a_mutation_answers_its_object() -> None:
    response = await post({"query": RENAME, "variables": {"input": {"name": "rex", "newName": "max"}}})

    assert response.json()["data"]["renameDog"] == {"dog": {"name": "max"}, "userErrors": []}


@pytest.mark.parametrize(
    ("name", "code", "message", "field"),
    [
        ("nobody", "NOT_FOUND", "There is no such dog.", None),
        ("guarded", "DENIED", "You may not rename this dog.", None),
        ("taken", "CONFLICT", "Another dog has this name.", None),
        ("empty", "INVALID", "A dog needs a name.", "newName"),
    ],
)
async def test_a_refused_mutation_answers_user_errors(name: str, code: str, message: str, field: str | None) -> None:
    response = await post({"query": RENAME, "variables": {"input": {"name": name, "newName": "max"}}})

    payload = response.json()
    assert "errors" not in payload
    error = {"code": code, "message": message, "field": field}
    assert payload["data"]["renameDog"] == {"dog": None, "userErrors": [error]}


@pytest.mark.parametrize(("name", "code"), [("signed out", "UNAUTHENTICATED"), ("flood", "TOO_MANY")])
async def test_an_ended_session_and_a_passed_limit_are_top_level_errors(name: str, code: str) -> None:
    response = await post({"query": RENAME, "variables": {"input": {"name": name, "newName": "max"}}})

    assert codes(response) == [code]
    assert response.json()["data"] is None


async def test_a_refused_query_names_the_input_field() -> None:
    response = await post({"query": '{dog(name:"empty"){name}}'})

    assert response.json()["errors"][0]["extensions"] == {"code": "INVALID", "field": "newName"}


async def test_a_bug_is_masked_and_logged_without_document_variables_or_values() -> None:
    with structlog.testing.capture_logs() as logs:
        response = await post({"query": RENAME, "variables": {"input": {"name": "bug", "newName": "my password"}}})

    request_id = response.headers["x-request-id"]
    (error,) = response.json()["errors"]
    assert error["message"] == f"Something went wrong. Tell support the request id {request_id}."
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    (line,) = logs
    assert (line["error"], line["request_id"]) == ("KeyError", request_id)
    assert any(" rename" in frame for frame in line["frames"])
    for private in ("secret", "my password", "renameDog", "RenameInput!"):
        assert private not in str(logs) + response.text.replace('"renameDog"', "")


async def test_refused_documents_are_not_logged_at_all(caplog: pytest.LogCaptureFixture) -> None:
    with structlog.testing.capture_logs() as logs:
        await post({"query": '{nothing(password:"my password")}'})
        await post({"query": '{dog(name:"nobody"){name}}'})

    assert logs == []
    assert [record for record in caplog.records if record.name.startswith("strawberry")] == []


@pytest.mark.parametrize(
    "document",
    [
        '{dog(name:"rex",colour:GREEN){name}}',
        "{dog(name:7){name}}",
        "{dog{name}}",
        'query($c:Colour){dog(name:"a",colour:$c){name}}',
    ],
)
async def test_an_argument_that_graphql_rejects_is_told_and_no_fault(document: str) -> None:
    assert codes(await post({"query": document, "variables": {"c": "GREEN"}})) == ["BAD_REQUEST"]


async def test_each_operation_has_loaders_of_its_own() -> None:
    toy.kennel.seen.clear()

    await post({"query": "{whoami}"})
    await post({"query": "{whoami}"})

    first, second = toy.kennel.seen
    assert first.loaders is not second.loaders  # type: ignore[attr-defined]
    assert first.request_id != second.request_id  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "message",
    [
        "Variable '$i' has invalid value at .a: Int cannot represent non-integer value: 'Applegarth; Wren'",
        "Variable '$i' has invalid value at .e: Value 'Applegarth' does not exist in 'E' enum.",
        "Variable '$i' has invalid value: Expected value of type 'I' without 'z', found: {'a': 'Applegarth'}.",
        'Int cannot represent non-integer value: "Applegarth"',
        'Value cannot represent a Date: "Applegarth". bad',
        "Enum 'E' cannot represent non-enum value: \"Applegarth\".",
    ],
)
def test_what_graphql_says_of_a_wrong_value_does_not_repeat_the_value(message: str) -> None:
    told = public(GraphQLError(message, nodes=[NameNode(value="x")]), "r").message
    assert "Applegarth" not in told
    assert told.endswith(".")
