"""Which return policy holds for what is bought, and what its buyer must have said yes to (RULES 9.1).

A policy is chosen when a line is priced, and pinned when the order is placed. Goods that do not come back without a
reason are sold only to whoever was told so: the buyer names each such SKU in ``confirmed_exclusions``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.aftersale.eligibility import policy_of
from shared.aftersale.return_policy import BUILT_IN, ReturnPolicy, policy_for
from shared.changes import Caller
from shared.commands import Shop
from shared.errors import NotFound
from shared.goods import Sku
from shared.lifecycle import Actor
from shared.model import Line, WholeOrder
from shared.ordering.checks import Problem
from shared.ordering.own import own_lines
from shared.ordering.quote import Quote, Wanted
from shared.ordering.terms import Member, Terms
from shared.policy import Action, require_role
from shared.store.goods import Buying


class Published(NamedTuple):
    """What holds for whoever buys *sku* now, as a member of *level*."""

    sku: Sku
    level: str
    policy: ReturnPolicy


def published_policy(shop: Shop, caller: Caller, sku: str, *, level: str | None = None) -> Published:
    """What holds for *sku* now; *level* None: for the caller's own member level. Raises ``NotFound``."""
    require_role(caller, Action.READ_RETURN_POLICY)
    who = caller.id if caller.actor is Actor.BUYER else ""  # Only buyers are members.
    market = shop.goods.read(Buying((sku,), who))
    found = market.skus.get(sku)
    if found is None:
        raise NotFound("no such product")
    asked = market.member.level if level is None else level
    return Published(found, asked, _holding(market.terms, found.merchant_id, found.category, asked))


def exclusion_problems(
    wanted: Sequence[Wanted],
    skus: Mapping[str, Sku],
    terms: Terms,
    member: Member,
    *,
    confirmed: Collection[str] | None,
) -> Iterator[Problem]:
    """Goods that do not come back without a reason, and of which the buyer did not say that this is known.

    *confirmed* None: it is not asked, only told. What is confirmed without need does no harm.
    """
    if confirmed is None:
        return
    for index, want in enumerate(wanted):
        sku = skus.get(want.sku)
        if sku is None or want.sku in confirmed:
            continue
        policy = _holding(terms, sku.merchant_id, sku.category, member.level)
        if not policy.is_returnable:
            details = {"sku": want.sku, "exclusion": policy.exclusion}
            yield Problem("exclusion_unconfirmed", f"/lines/{index}/sku", details)


def with_returns(quoted: Quote, terms: Terms, member: Member) -> Quote:
    """*quoted* with the policy of each line."""
    goods = dict.fromkeys((line.merchant_id, line.category) for line in quoted.lines)
    holding = {of: _holding(terms, *of, member.level) for of in goods}
    named = {of: policy.policy_id for of, policy in holding.items() if policy is not BUILT_IN}
    lines = tuple(
        line._replace(return_policy=named.get((line.merchant_id, line.category), "")) for line in quoted.lines
    )
    return quoted._replace(lines=lines, returns={named[of]: holding[of] for of in named})


def _holding(terms: Terms, merchant_id: str, category: str, level: str) -> ReturnPolicy:
    return policy_for(terms.returns, merchant_id=merchant_id, category=category, level=level)


def pinned(quoted: Quote) -> dict[str, dict[str, Any]]:
    """The policies of *quoted* as its order keeps them. The built-in one is not kept: it is what no policy means."""
    return {policy_id: policy.stored() for policy_id, policy in quoted.returns.items()}


def policy_in(quoted: Quote, line: Line) -> ReturnPolicy:
    return quoted.returns.get(line.return_policy, BUILT_IN)


class Exclusion(NamedTuple):
    sku: str
    exclusion: str


def exclusions(lines: Iterable[tuple[Line, ReturnPolicy]]) -> tuple[Exclusion, ...]:
    """What does not come back without a reason, and why."""
    return tuple(Exclusion(line.sku, policy.exclusion) for line, policy in lines if not policy.is_returnable)


def confirmed_exclusions(whole: WholeOrder) -> tuple[Exclusion, ...]:
    """What its buyer confirmed: all that had to be, or the order would not have been placed."""
    return exclusions((line, policy_of(whole, line)) for line in own_lines(whole) if not line.replaces)
