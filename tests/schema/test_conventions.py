"""What clients stand on: the committed SDL, and conventions that hold everywhere in it."""

from __future__ import annotations

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    find_breaking_changes,
)
from graphql import (
    build_schema as parse_sdl,
)

from schema.described import undescribed
from schema.house import SNAPSHOT, build_schema, sorted_sdl

HOUSE = build_schema()
GRAPHQL = HOUSE._schema


def test_the_committed_sdl_is_the_schema_that_runs() -> None:
    assert sorted_sdl(HOUSE) == SNAPSHOT.read_text(), "write it anew with `homeward schema --write`"


def test_nothing_that_clients_use_breaks_between_the_committed_sdl_and_the_schema() -> None:
    assert find_breaking_changes(parse_sdl(SNAPSHOT.read_text()), GRAPHQL) == []


def test_every_type_field_argument_and_enum_value_is_described() -> None:
    assert undescribed(HOUSE) == []


def test_every_mutation_takes_one_input_and_answers_an_object_with_user_errors() -> None:
    mutations = GRAPHQL.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        assert list(field.args) == ["input"], name
        assert isinstance(field.args["input"].type, GraphQLNonNull), name
        payload = field.type.of_type
        assert isinstance(payload, GraphQLObjectType)
        assert payload.name == f"{name[0].upper()}{name[1:]}Payload"
        assert str(payload.fields["userErrors"].type) == "[UserError!]!", name
        others = [each for each in payload.fields if each != "userErrors"]
        # Publishing tells besides where nobody could be reached: no part of the referral, and nobody asks later.
        if name == "publishReferral":
            others.remove("unreachableCounties")
        assert len(others) == 1, name
        assert not isinstance(payload.fields[others[0]].type, GraphQLNonNull), name


def test_every_connection_has_nodes_edges_page_info_and_total_count() -> None:
    connections = [type_ for name, type_ in GRAPHQL.type_map.items() if name.endswith("Connection")]
    assert {type_.name for type_ in connections} >= {"ReferralConnection", "NotificationConnection"}
    for type_ in connections:
        assert isinstance(type_, GraphQLObjectType)
        assert set(type_.fields) == {"nodes", "edges", "pageInfo", "totalCount"}


def test_whatever_has_a_list_in_the_query_is_a_page_or_short_by_nature() -> None:
    queries = GRAPHQL.query_type
    assert queries is not None
    lists = {
        name
        for name, field in queries.fields.items()
        if isinstance(field.type, GraphQLNonNull) and isinstance(field.type.of_type, GraphQLList)
    }
    assert lists == {
        "counties",
        "facilities",
        "coordinators",
        "referralReceipts",
        "roles",
        "availableRoles",
        "myCurrentRoles",
        "incompatibleRoles",
        "outsideSystems",
        "supervisorQuestions",
        "sweeps",
        "obligationRules",
        "sanctions",
        "mainframeDeletions",
        "reportRecipients",
    }


def test_every_record_that_is_a_node_can_be_fetched_again() -> None:
    node = GRAPHQL.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {type_.name for type_ in GRAPHQL.get_possible_types(node)} == {"Notification", "Provider", "Referral"}


def test_no_input_lets_a_client_set_what_the_house_decides() -> None:
    decided = {"status", "age", "overdue", "createdAt", "publishedAt", "epoch", "actor", "userErrors"}
    inputs = [type_ for type_ in GRAPHQL.type_map.values() if isinstance(type_, GraphQLInputObjectType)]
    for type_ in inputs:
        if type_.name.endswith("Input") and "Filter" not in type_.name:
            assert not decided & set(type_.fields), type_.name


def test_enum_values_are_written_in_capitals() -> None:
    for type_ in GRAPHQL.type_map.values():
        if isinstance(type_, GraphQLEnumType) and not type_.name.startswith("__"):
            assert all(value == value.upper() for value in type_.values), type_.name
