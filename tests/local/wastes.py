"""What moto and botocore do several times where once would do: defects of their own kind (``defects.py``)."""

import gc
import inspect

from tests.local.things import at, count, counted, partition, put, stream, table

TEN = [{"N": str(number)} for number in range(10)]


def every_version_of_an_item_is_kept():
    from moto.dynamodb.models.dynamo_type import Item

    def alive():
        gc.collect()
        return sum(type(one) is Item for one in gc.get_objects())

    client, before = table(), alive()
    for _ in range(5):
        client.update_item(**count())
    stream().clear()
    return alive() > before + 1


def a_query_measures_what_was_measured():
    from moto.dynamodb.models.dynamo_type import DynamoType

    client = table()
    put(client, "a", n={"N": "1"})
    client.query(**partition("a"))
    with counted(DynamoType, "size") as measured:
        client.query(**partition("a"))
    return bool(measured)


def each_attribute_measures_those_before_it():
    from moto.dynamodb.models.dynamo_type import DynamoType

    with counted(DynamoType, "size") as measured:
        put(table(), "a", **{f"n{number}": value for number, value in enumerate(TEN)})
    return len(measured) > 2 * len(TEN)


def a_query_copies_what_it_found():
    from moto.dynamodb.models.dynamo_type import Item

    client = table()
    put(client, "a")
    with counted(Item, "__deepcopy__") as copied:
        client.query(**partition("a"))
    return bool(copied)


def a_value_is_copied_to_be_spelt_out():
    from moto.dynamodb.models.dynamo_type import DynamoType

    with counted(DynamoType, "__deepcopy__") as copied:
        DynamoType({"L": TEN}).to_regular_json()
    return bool(copied)


def what_arrives_is_walked_value_by_value():
    from botocore.parsers import JSONParser

    client = table()
    put(client, "a", n={"L": TEN})
    with counted(JSONParser, "_handle_structure") as walked:
        client.get_item(**at("a"))
    return len(walked) > len(TEN)


def each_update_parses_its_expression():
    from moto.dynamodb.parsing.tokens import ExpressionTokenizer

    client = table()
    client.update_item(**count())
    with counted(ExpressionTokenizer, "make_list") as parsed:
        client.update_item(**count())
    return bool(parsed)


def every_call_lists_the_methods_of_its_service():
    client = table()
    client.get_item(**at("a"))
    with counted(inspect, "getmembers") as listed:
        client.get_item(**at("a"))
    return bool(listed)


def every_call_is_signed():
    from botocore.auth import SigV4Auth

    with counted(SigV4Auth, "add_auth") as signed:
        put(table(), "a")
    return "add_auth" in signed[1:]  # The first made the table.


def a_transaction_reads_its_condition_again_and_again():
    from moto.dynamodb.comparisons import ConditionExpressionParser

    client = table()
    update = {"Update": count() | {"ConditionExpression": "attribute_not_exists(n)"}}
    with counted(ConditionExpressionParser, "_lex_condition_expression") as read:
        client.transact_write_items(TransactItems=[update])
    return len(read) > 1


def each_pattern_reads_its_event_again():
    import json

    from moto.events.models import EventPattern

    pattern = EventPattern.load('{"source": ["us"]}')
    with counted(json, "loads") as read:
        assert pattern.matches_event({"source": "us"})
    return bool(read)


def each_result_path_is_parsed():
    from jsonpath_ng.parser import JsonPathParser
    from moto.stepfunctions.parser.asl.component.common.path import result_path

    with counted(JsonPathParser, "parse") as parsed:
        assert result_path.parse("$.x") == result_path.parse("$.x")
    return len(parsed) > 1


WASTES = (
    every_call_is_signed,
    a_transaction_reads_its_condition_again_and_again,
    each_pattern_reads_its_event_again,
    each_result_path_is_parsed,
    every_version_of_an_item_is_kept,
    a_query_measures_what_was_measured,
    each_attribute_measures_those_before_it,
    a_query_copies_what_it_found,
    a_value_is_copied_to_be_spelt_out,
    what_arrives_is_walked_value_by_value,
    each_update_parses_its_expression,
    every_call_lists_the_methods_of_its_service,
)
