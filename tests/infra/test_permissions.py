"""Nobody may do more than it must, and the table in infra/permissions.py is all there is."""

import re

import pytest

FUNCTIONS = {
    "order_api",
    "refunds",
    "returns",
    "evidence_api",
    "merchant_api",
    "review_api",
    "support_api",
    "register_api",
    "member_api",
    "catalogue_api",
    "stock_api",
    "payment_callback",
    "carrier_callback",
    "warehouse_callback",
    "payments",
    "fulfilment",
    "splitting",
    "stock",
    "register",
    "judging",
    "relay",
    "clock",
    "sweep",
    "poll",
    "keys",
    "bookkeeper",
    "closing",
    "reconcile",
    "archive",
    "settlement_api",
    "books_api",
}
WRITE_VOUCHERS = {
    "OrderApiRole",
    "ReviewApiRole",
    "RefundsRole",
    "RegisterApiRole",
    "MerchantApiRole",
    "SupportApiRole",
    "WarehouseCallbackRole",
    "FulfilmentRole",
    "PaymentCallbackRole",
    "PaymentsRole",
    "SweepRole",
    "PollRole",
    "JudgingRole",
    "ReturnsRole",
}  # With the order that they move.
WRITE_BOOKS = {"BookkeeperRole", "BooksApiRole", "ClosingRole", "ReconcileRole", "SettlementApiRole"}
READ_BOOKS = WRITE_BOOKS | {"ArchiveRole"}
READING = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"}
READING |= {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
KEY_HOLDERS = {"OrderApiRole", "PaymentCallbackRole", "PaymentsRole", "PollRole", "ReconcileRole"}
PARTNER_KEY_HOLDERS = {"CarrierCallbackRole", "WarehouseCallbackRole", "FulfilmentRole"}


def statements(stack):
    """Each allowing statement of each role, with the role's logical id."""
    for name, role in stack.resources("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for policy in stack.resources("AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield policy["Roles"][0]["Ref"], statement


def as_list(value):
    return value if isinstance(value, list) else [value]


def text(resource):
    """A resource as one line: references become the logical id they name."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        return "".join(map(text, resource["Fn::Join"][1]))
    return resource.get("Ref") or resource["Fn::GetAtt"][0]


def granted_to(stack, role_prefix):
    """What a role may do: {action: {resource, …}}, with hashes cut off the logical ids."""
    found = {}
    for role, statement in statements(stack):
        if role.startswith(role_prefix):
            for action in as_list(statement["Action"]):
                places = {re.sub(r"[0-9A-F]{8}", "", text(r)) for r in as_list(statement["Resource"])}
                found.setdefault(action, set()).update(places)
    return found


def test_every_action_is_spelled_out(stack):
    wild = [action for _, s in statements(stack) for action in as_list(s["Action"]) if "*" in action]

    assert wild == []


def test_every_resource_is_spelled_out_but_for_those_that_cannot_be(stack):
    wild = {
        (role[:-8], text(resource))
        for role, statement in statements(stack)
        for resource in as_list(statement["Resource"])
        if "*" in text(resource)
    }

    group = f"Ordercycle{stack.stage}-Schedules-Deadlines-"
    files = {(role, place) for role, place in wild if "Bucket" in place}
    assert {(role, re.sub(r"[0-9A-F]{8}", "", place)) for role, place in files} >= {
        ("EvidenceApiRole", "EvidenceBucket/orders/*"),
        ("ReturnsRole", "EvidenceBucket/orders/*"),
        ("ClosingRole", "BooksBucket/roots/*"),
    }
    assert {re.sub(r"[0-9A-F]{8}", "", place) for _, place in files} <= {
        "EvidenceBucket/orders/*",
        "BooksBucket/roots/*",
        "BooksBucket/bills/*",
        "BooksBucket/reconciliation/*",
        "BooksBucket/archive/*",
    }
    assert {role for role, _ in wild - files} == {"LifecycleRole"}
    [everything, schedules] = sorted(resource for _, resource in wild - files)
    assert everything == "*"
    assert re.fullmatch(rf"arn:AWS::Partition:scheduler:.*:schedule/{group}[0-9A-F]+/\*", schedules)


def test_only_log_delivery_is_allowed_everywhere(stack):
    everywhere = [s for _, s in statements(stack) if s["Resource"] == "*"]

    assert {action.split(":")[0] for s in everywhere for action in s["Action"]} == {"logs"}


def test_no_role_has_a_policy_that_somebody_else_writes(stack):
    assert [r for r in stack.resources("AWS::IAM::Role").values() if "ManagedPolicyArns" in r] == []


def test_every_function_has_a_role_of_its_own(stack):
    roles = {name: function["Role"]["Fn::GetAtt"][0] for name, function in stack.functions().items()}

    assert set(roles) == FUNCTIONS
    assert len(set(roles.values())) == len(FUNCTIONS)


def test_only_the_drift_check_scans_a_table_and_only_the_archive_deletes_anything_of_an_order(stack):
    actions = {action for _, s in statements(stack) for action in as_list(s["Action"])}
    scanning = {role[:-8] for role, s in statements(stack) if "dynamodb:Scan" in as_list(s["Action"])}

    deleting = [(r[:-8], s) for r, s in statements(stack) if "dynamodb:Delete" in str(s["Action"])]

    assert {text(s["Resource"])[:10] for _, s in deleting} == {"DataOrders"}
    by_role = dict(deleting)
    assert set(by_role) == {"PollRole", "ArchiveRole"}
    assert "Condition" not in by_role["ArchiveRole"]
    deletes = by_role["PollRole"]
    assert deletes["Action"] == "dynamodb:DeleteItem"
    assert deletes["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PARKED#*"]}}
    others = [a for a in actions - {"dynamodb:DeleteItem"} if "Delete" in a and not a.startswith("logs:")]
    assert others == []
    assert scanning == {"StockApiRole", "BooksApiRole"}
    writing = {r[:-8] for r, s in statements(stack) if "dynamodb:BatchWriteItem" in as_list(s["Action"])}
    assert writing == {"ArchiveRole"}


def test_the_relay_may_list_orders_for_the_archive_and_write_nothing_else(stack):
    writes = [
        s
        for role, s in statements(stack)
        if role.startswith("RelayRole") and "dynamodb:PutItem" in as_list(s["Action"])
    ]

    [listing] = writes
    assert text(listing["Resource"]).startswith("DataOrders")
    assert listing["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["PLACED#*"]}}


def test_money_is_only_ever_added_to_the_ledger(stack):
    on_the_ledger = {
        (action, role.removesuffix(role[-8:]))
        for role, s in statements(stack)
        if "DataLedger" in str(s["Resource"])
        for action in as_list(s["Action"])
    }

    changing = {action for action, _ in on_the_ledger} - READING
    assert changing == {"dynamodb:PutItem"}
    writing = {role for action, role in on_the_ledger if action == "dynamodb:PutItem"}
    assert WRITE_VOUCHERS | {"BookkeeperRole"} <= writing <= WRITE_VOUCHERS | WRITE_BOOKS
    assert {role for action, role in on_the_ledger if action in READING} <= READ_BOOKS


def test_the_relay_reads_the_stream_lists_orders_and_speaks_to_the_bus_and_nothing_more(stack):
    assert granted_to(stack, "RelayRole") == {
        "dynamodb:DescribeStream": {"DataOrders"},
        "dynamodb:GetRecords": {"DataOrders"},
        "dynamodb:GetShardIterator": {"DataOrders"},
        "dynamodb:ListStreams": {"DataOrders"},
        "dynamodb:PutItem": {"DataOrders"},
        "events:PutEvents": {"EventsBus"},
        "sqs:SendMessage": {"EventsLostEvents"},
        "logs:CreateLogStream": {"RelayLog"},
        "logs:PutLogEvents": {"RelayLog"},
    }


def test_the_machine_may_do_what_its_tasks_do(stack):
    granted = granted_to(stack, "LifecycleRole")
    beyond_logs = {action: places for action, places in granted.items() if not action.startswith("logs:")}

    assert set(beyond_logs) == {
        "lambda:InvokeFunction",
        "dynamodb:UpdateItem",
        "scheduler:CreateSchedule",
        "iam:PassRole",
    }
    assert beyond_logs["lambda:InvokeFunction"] == {
        "FulfilmentFunction",
        "JudgingFunction",
        "PaymentsFunction",
        "SplittingFunction",
        "StockFunction",
    }
    assert beyond_logs["dynamodb:UpdateItem"] == {"DataOrders"}
    assert beyond_logs["iam:PassRole"] == {"SchedulesClockCaller"}


def test_the_machine_hands_its_role_to_the_scheduler_only(stack):
    [hand_over] = [s for _, s in statements(stack) if s["Action"] == "iam:PassRole"]

    assert hand_over["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


@pytest.mark.parametrize(
    ("role", "function", "lost"),
    [
        ("ClockCaller", "Clock", "LostClocks"),
        ("SweepCaller", "Sweep", "LostSweeps"),
        ("PollCaller", "Poll", "LostPolls"),
        ("KeysCaller", "Keys", "LostKeyChecks"),
        ("ClosingCaller", "Closing", "LostClosings"),
        ("ReconcileCaller", "Reconcile", "LostReconciliations"),
        ("ArchiveCaller", "Archive", "LostArchivings"),
    ],
)
def test_the_scheduler_may_call_one_function_for_this_account(stack, role, function, lost):
    granted = granted_to(stack, f"Schedules{role}")
    [trust] = stack.named("AWS::IAM::Role", f"Schedules{role}")["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]

    assert granted == {
        "lambda:InvokeFunction": {f"{function}Function"},
        "sqs:SendMessage": {lost},
    }
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def readers_of(stack, secret):
    """The roles that may read the text of *secret*."""
    return {
        role[:-8]
        for role, s in statements(stack)
        if s["Action"] == "secretsmanager:GetSecretValue"
        and any(text(place).startswith(secret) for place in as_list(s["Resource"]))
    }


def test_the_keys_are_read_by_those_who_speak_to_providers(stack):
    assert readers_of(stack, "PaymentKeys") == KEY_HOLDERS


def test_the_sandbox_secret_is_read_by_the_same_where_there_is_one(dev, prod):
    assert readers_of(dev, "SandboxSecret") == KEY_HOLDERS
    assert readers_of(prod, "SandboxSecret") == set()


def test_the_keys_of_warehouses_and_trackers_are_read_by_those_who_speak_to_them(stack):
    assert readers_of(stack, "PartnerKeys") == PARTNER_KEY_HOLDERS


def test_production_knows_the_keys_of_providers_and_partners_and_no_sandbox_secret(prod):
    secrets = prod.resources("AWS::SecretsManager::Secret")

    assert sorted(name[:-8] for name in secrets) == ["PartnerKeys", "PaymentKeys"]
    assert {secret["SecretString"] for secret in secrets.values()} == {"{}"}


def test_who_starts_the_key_holders_afresh_cannot_read_a_key_and_touches_nobody_else(stack):
    granted = granted_to(stack, "KeysRole")
    holders = {f"{role.removesuffix('Role')}Function" for role in KEY_HOLDERS | PARTNER_KEY_HOLDERS}
    secrets = {"PaymentKeys", "PartnerKeys"} | ({"SandboxSecret"} if stack.stage == "dev" else set())

    assert granted == {
        "secretsmanager:DescribeSecret": secrets,
        "lambda:GetFunctionConfiguration": holders,
        "lambda:UpdateFunctionConfiguration": holders,
        "sqs:SendMessage": {"LostKeyChecks"},
        "logs:CreateLogStream": {"KeysLog"},
        "logs:PutLogEvents": {"KeysLog"},
    }
