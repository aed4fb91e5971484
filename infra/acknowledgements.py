"""Where we differ from cdk-nag's AwsSolutions rules on purpose, and why. Nothing else may be found.

A finding's id is exact and sometimes carries a resource's name; all ids are made in ``finding``.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from aws_cdk import Acknowledgment, CfnElement, Validations
from constructs import IConstruct

from infra.api import SIGNED_BODY
from infra.books import ARCHIVE, BILLS, REPORTS, ROOTS
from infra.evidence import PREFIX
from infra.permissions import MAY

if TYPE_CHECKING:
    from infra.stack import OrdercycleStack

DEAD_LETTERS_END_HERE = (
    "This queue is itself where a stream mapping or an event rule leaves what it could not deliver; "
    "cdk-nag recognises only the dead-letter queues of queues and functions. An alarm rings when it is "
    "not empty."
)
PYTHON_3_13 = (
    "Python 3.13 is a current runtime of Lambda. Wheels, byte code and cold-start budget are built and "
    "measured for it; the newer one is taken together with them, by changing two lines of "
    "infra/layer.py."
)
A_CLOCK_IS_NAMED_WHEN_ARMED = (
    "A one-time schedule is named after its order and version when it is created, so its name cannot be "
    "written down. The wildcard stands for the schedules of this stack's own group and the action is "
    "CreateSchedule only."
)
LOG_DELIVERY_HAS_NO_RESOURCE = (
    "Step Functions' log delivery actions take no resource but *: AWS documents this policy for every "
    "state machine that logs. They configure where logs go; they cannot read or write an order."
)
ERRORS_ONLY = (
    "One execution runs for each accepted event, so logging every step would cost more than running it. "
    "What was accepted is in the order's history, what was not finished is marked there, and errors are "
    "logged."
)
NO_X_RAY = (
    "An execution is a handful of tasks that all log the order and the version of the event, by which "
    "they are found together. The tracing library would cost a third of a second in every cold start."
)
THREAT_PROTECTION_IS_BOUGHT = (
    "Cognito's Plus plan is billed for each user who signs in, so a shop chooses it knowingly; many "
    "bring an identity provider of their own. Signing up is off, passwords are long and a second factor "
    "is offered."
)
BUYERS_CHOOSE_A_SECOND_FACTOR = (
    "One pool holds buyers and staff, and Cognito can require a second factor only of everybody. It is "
    "offered to all; a shop that wants it of everyone changes one word in infra/identity.py."
)
THE_SIGNATURE_IS_THE_PROOF = (
    "Payment providers, trackers and warehouses have no token of ours. The function verifies the signature over "
    "the raw body before it reads anything else, and has concurrency of its own in production."
)
PLAY_MONEY = (
    "The secret signs webhooks of the sandbox provider, which moves play money and exists in dev only. "
    "Rotating it would break a running demonstration and protect nothing."
)
KEYS_COME_FROM_PARTNERS = (
    "Each key is made on a partner's own pages and put in by people, so nothing here could exchange it. Two "
    "versions hold at once, and functions/keys.py starts whoever holds them afresh when people put new ones in."
)

EVERY_FILE_HAS_ITS_NUMBER = (
    "An object's key holds the numbers of its order and of itself, so it cannot be written down. The wildcard stands "
    "for the objects of the evidence bucket; the actions put and read one object. Nobody may delete any."
)
WHO_READ_WHAT_IS_LOGGED = (
    "Nothing in the bucket can be read or written but with leave that a function signs for one object and some "
    "minutes; that function logs each leave with order, case and file. Server access logs would add the addresses "
    "of the people, which we do not keep."
)

A_DAY_OR_A_DIGEST_NAMES_IT = (
    "What is in the books is named after its day, its provider or its digest, so it cannot be written down. The "
    "wildcard stands for one prefix of the books' bucket; only its writers write below it, and nobody may delete."
)
THE_BOOKS_ARE_CHAINED = (
    "The bucket holds no personal data, is reached by functions only, and each of them logs what it wrote. That "
    "roots are what they were is shown by their lock and by the chain, not by an access log."
)


def finding(rule: str, about: str = "") -> str:
    """Return the id under which AwsSolutions reports *rule*; *about* is what an IAM finding is about."""
    return f"AwsSolutions-{rule}[{about}]" if about else f"AwsSolutions-{rule}"


def acknowledge(stack: "OrdercycleStack") -> None:
    group = stack.schedules.group.schedule_group_name
    schedules = f"arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/{group}/*"
    webhooks = [stack.api.routes[f"{method} {path}"] for method, path, _ in SIGNED_BODY]

    bucket = stack.get_logical_id(cast(CfnElement, stack.evidence.bucket.node.default_child))
    objects = f"<{bucket}.Arn>/{PREFIX}*"
    with_files = [stack.functions[name] for name, rows in MAY.items() if "Evidence" in rows]

    _accept(finding("IAM5", f"Resource::{objects}"), EVERY_FILE_HAS_ITS_NUMBER, with_files)
    ledger_books = stack.get_logical_id(cast(CfnElement, stack.books.bucket.node.default_child))
    for thing, prefix in (("Roots", ROOTS), ("Bills", BILLS), ("Reports", REPORTS), ("Archive", ARCHIVE)):
        near = [stack.functions[name] for name, rows in MAY.items() if thing in rows]
        _accept(
            finding("IAM5", f"Resource::<{ledger_books}.Arn>/{prefix}*"), A_DAY_OR_A_DIGEST_NAMES_IT, near
        )
    _accept(finding("S1"), THE_BOOKS_ARE_CHAINED, [stack.books.bucket])
    _accept(finding("SQS3"), DEAD_LETTERS_END_HERE, [stack.books.lost_postings])
    _accept(finding("S1"), WHO_READ_WHAT_IS_LOGGED, [stack.evidence.bucket])
    _accept(finding("SQS3"), DEAD_LETTERS_END_HERE, [stack.events.lost_events, stack.events.lost_starts])
    _accept(finding("L1"), PYTHON_3_13, [function.handler for function in stack.functions.values()])
    _accept(finding("IAM5", f"Resource::{schedules}"), A_CLOCK_IS_NAMED_WHEN_ARMED, [stack.lifecycle.role])
    _accept(finding("IAM5", "Resource::*"), LOG_DELIVERY_HAS_NO_RESOURCE, [stack.lifecycle.role])
    _accept(finding("SF1"), ERRORS_ONLY, [stack.lifecycle.machine])
    _accept(finding("SF2"), NO_X_RAY, [stack.lifecycle.machine])
    _accept(finding("COG8"), THREAT_PROTECTION_IS_BOUGHT, [stack.identity.pool])
    _accept(finding("COG2"), BUYERS_CHOOSE_A_SECOND_FACTOR, [stack.identity.pool])
    _accept(finding("APIG4"), THE_SIGNATURE_IS_THE_PROOF, webhooks)
    _accept(finding("SMG4"), KEYS_COME_FROM_PARTNERS, [stack.payment_keys, stack.partner_keys])
    _accept(finding("SMG4"), PLAY_MONEY, [stack.sandbox_secret] if stack.sandbox_secret else [])


def _accept(id: str, reason: str, where: Iterable[IConstruct]) -> None:
    for construct in where:
        Validations.of(construct).acknowledge(Acknowledgment(id=id, reason=reason))
