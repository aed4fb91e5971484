"""Items of DynamoDB as moto keeps them: the same answers, without doing everything several times.

An order of a hundred rows is read forty times in its life. Moto measures each row twice whenever it is read, copies it
level by level, and botocore walks what arrives along its model of the service: two thirds of what a life cost.
"""

# mypy: disable-error-code="method-assign,assignment,attr-defined,no-untyped-call"
# Patching is what this file is for.

import base64
import copy
from collections import OrderedDict
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import botocore.useragent as agent
import moto.core.responses as core
import moto.dynamodb.models.table as tables
from botocore.parsers import JSONParser
from moto.dynamodb import comparisons, responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

ITEM_BYTES_MAX = 405_000  # Moto's own number, somewhere above AWS's.
EXPRESSIONS_KEPT, CLASSES_KEPT, NAMES_KEPT = 1024, 64, 256
SIMPLE = frozenset([str, int, float, bool, type(None)])


def apply() -> None:
    """Put every fix in place. Once: ``local.moto_tables.apply`` sees to that."""
    measure_an_item_once()
    measure_a_new_item_whole()
    copy_nothing_that_is_only_read()
    spell_out_each_value_once()
    read_each_value_once()
    parse_an_update_once()
    ask_a_node_once_what_it_is()
    look_at_an_update_whole()
    name_the_agent_once()
    list_the_methods_of_a_class_once()
    read_a_condition_once()


def measure_an_item_once() -> None:
    """Why: every query measures every row, twice."""
    original = Item.size

    def size(self: Item) -> int:
        if "measured" not in self.__dict__:
            self.measured = original(self)
        measured: int = self.measured
        return measured

    Item.size = size


def was_written(item: Item) -> None:
    """Whoever writes to *item* says so: its size is another now."""
    item.__dict__.pop("measured", None)


def measure_a_new_item_whole() -> None:
    """Why: with each attribute of a new item, all attributes before it are measured again."""

    def new(self: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
        self.hash_key, self.range_key = hash_key, range_key
        self.attrs = LimitedSizeDict()
        for name, value in attrs.items():
            dict.__setitem__(self.attrs, name, DynamoType(value))
        if self.size() > ITEM_BYTES_MAX:
            raise ItemSizeTooLarge

    Item.__init__ = new


def copy_nothing_that_is_only_read() -> None:
    """Why: a query copies what it found, and then spells out the copy."""

    def deepcopy(value: Any, memo: Any = None) -> Any:
        if type(value) is list and value and type(value[0]) is Item:
            return value
        return copy.deepcopy(value, memo)

    tables.copy = SimpleNamespace(copy=copy.copy, deepcopy=deepcopy)


def spell_out_each_value_once() -> None:
    """Why: moto copies a value before it spells it out, on each level all levels below."""
    generic = responses.dynamo_to_dict

    def answer(value: Any) -> Any:
        kind = type(value)
        if kind is DynamoType:
            return spelt_out(value)
        if kind is dict or kind is LimitedSizeDict:
            return {name: answer(part) for name, part in value.items()}
        if kind is list:
            return [answer(part) for part in value]
        return value if kind in SIMPLE else generic(value)

    DynamoType.to_regular_json = spelt_out
    responses.dynamo_to_dict = answer


def spelt_out(value: DynamoType) -> dict[str, Any]:
    """Return *value* as botocore gives it: ``{"M": {"x": {"S": "y"}}}``, what is binary as bytes."""
    kind, inner = value.type, value.value
    if kind == "M":
        return {kind: {name: spelt_out(part) for name, part in inner.items()}}
    if kind == "L":
        return {kind: [spelt_out(part) for part in inner]}
    if kind in ("B", "BS"):
        return {kind: _as_bytes(inner)}
    return {kind: list(inner) if kind in ("SS", "NS") else inner}


def read_each_value_once() -> None:
    """Why: botocore asks its model of DynamoDB, for each value of each row, which of ten members is there."""
    original = JSONParser._handle_structure

    def structure(self: JSONParser, shape: Any, value: Any) -> Any:
        return received(value) if shape.name == "AttributeValue" else original(self, shape, value)

    JSONParser._handle_structure = structure


def received(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value of DynamoDB's JSON as botocore does, what is binary as bytes.

    >>> received({"L": [{"S": "a"}, {"B": "AP8="}]})
    {'L': [{'S': 'a'}, {'B': b'\\x00\\xff'}]}
    """
    [(kind, inner)] = value.items()
    if kind == "M":
        return {kind: {name: received(part) for name, part in inner.items()}}
    if kind == "L":
        return {kind: [received(part) for part in inner]}
    return {kind: _as_bytes(inner)} if kind in ("B", "BS") else value


def _as_bytes(binary: Any) -> Any:
    if isinstance(binary, list):
        return [_as_bytes(one) for one in binary]
    return binary if isinstance(binary, bytes) else base64.b64decode(binary)


def parse_an_update_once() -> None:
    """Why: each update parses its expression, twice in a transaction. Whoever changes the tree copies it first."""
    UpdateExpressionParser.make = lru_cache(EXPRESSIONS_KEPT)(UpdateExpressionParser.make)


def ask_a_node_once_what_it_is() -> None:
    """Why: ten times for each update, each part of its expression is asked through abstract classes what it is."""

    @lru_cache(CLASSES_KEPT**2)
    def is_a(kind: type, kinds: tuple[type, ...]) -> bool:
        return issubclass(kind, kinds)

    def walked(self: DepthFirstTraverser, node: Any, place: int, kinds: tuple[type, ...]) -> Any:
        kind: Any = type(node)
        if not is_a(kind, (Node,)):
            return node
        parent = node.parent
        for child_place, child in enumerate(node.children or ()):
            self.pre_processing_of_child(node, child_place)
            walked(self, child, child_place, kinds)
        if is_a(kind, kinds):
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[place] = node
        return node

    def copied(self: Node, memo: dict[int, Any]) -> Node:
        twin = memo[id(self)] = object.__new__(type(self))
        for name, value in self.__dict__.items():
            twin.__dict__[name] = value if type(value) is str else copy.deepcopy(value, memo)
        return twin

    DepthFirstTraverser.traverse = lambda self, node: walked(self, node, -1, self.nodes_to_be_processed())
    Node.__deepcopy__ = copied


def look_at_an_update_whole() -> None:
    """Why: that nothing is changed twice is looked for in the whole expression, and again in each part of it."""
    ActionCountValidator.traverse = ActionCountValidator.verify_action_counts
    OverlappingPathsValidator.traverse = OverlappingPathsValidator.check_for_overlapping_paths


def name_the_agent_once() -> None:
    """Why: with every request botocore looks at each letter of who is asking, twice."""
    agent.sanitize_user_agent_string_component = lru_cache(NAMES_KEPT)(
        agent.sanitize_user_agent_string_component
    )


def list_the_methods_of_a_class_once() -> None:
    """Why: every call lists all the methods of its service, sorted."""
    core.method_names_from_class = lru_cache(CLASSES_KEPT)(core.method_names_from_class)


def read_a_condition_once() -> None:
    """Why: a transaction reads each of its conditions three times, letter by letter: a tenth of what a life cost."""
    parser = comparisons.ConditionExpressionParser
    original = parser.parse
    read: OrderedDict[tuple[str, str, str], tuple[Any, list[str], list[str]]] = OrderedDict()

    def parse(self: Any) -> Any:
        names, values = self.expression_attribute_names or {}, self.expression_attribute_values or {}
        key = str(self.condition_expression), repr(names), repr(values)
        found = read.get(key)
        if found is None:
            condition = original(self)
            read[key] = condition, list(self.expr_attr_names_found), list(self.expr_attr_values_found)
            if len(read) > EXPRESSIONS_KEPT:
                read.popitem(last=False)
            return condition
        condition, names, values = found
        self.expr_attr_names_found.extend(names)
        self.expr_attr_values_found.extend(values)
        return condition

    parser.parse = parse
