"""What a small world of the conservation test is made of.

reserved, on_the_way, arrived, received   units where they are, for all that anybody knows
came, lost units that came back and were counted, or were not found when they were
stopping   of what is reserved, what somebody was asked to stop    freight   what the buyer pays beside the goods
asked      somebody is asked and has not answered
escrow     the buyer's money, held            invited   the buyer may still pay
owed       promised to the buyer              living    tries that may still bring money
due        promised to the merchant           cut       the goods are cut into parcels, or (cutting) about to be
clearing   what the provider holds for us     strange   of it, without a claim
held       of it, what came in part           gift      a refund that nobody had a right to; back: the payer has it
taken      by the payer's bank, less what it gave back; of that, waiting for its verdict, or borne by us
unpromised  a refund that was made by hand, and borne by nobody: it exceeds all that was paid
frozen     a bank has not decided yet          contested  nor has whoever decides an after-sale case
turn       of a case: who is waited for          looked     whether the rules for it were asked
wants      money, or goods; first: its goods come back before that; less: they are worth less; rejected: by the platform
left       moves of stock still to be made    moved     those that were made
system     a warehouse's system is to have it; has: it said so; followed: a carrier is to tell where it is
doubtful   somebody must be asked where it is; trouble; homeward: on its way back; home: back; expected there
holding    goods are being held, piece by piece, and nobody may pay yet
doubt      people must look first; late: nobody did in time; lenient: then silence is consent
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

FLAG = (False, True)
MOST = 3  # Units, or tries: two are few and many, three are some of many.


@dataclass(frozen=True)
class World:
    exists: bool = False
    reserved: int = 0
    on_the_way: int = 0
    arrived: int = 0
    received: int = 0
    came: int = 0
    lost: int = 0
    stopping: int = 0
    freight: int = 0
    escrow: int = 0
    owed: int = 0
    due: int = 0
    clearing: int = 0
    strange: int = (
        0  # Money we hold without a claim: owed back, or kept for people. Of a refund: what went instead.
    )
    held: int = 0
    taken: int = 0
    waiting: int = 0
    borne: int = 0
    living: int = 0
    left: int = 0
    moved: int = 0
    invited: bool = False
    holding: bool = False
    cut: bool = False
    cutting: bool = False
    doubt: bool = False
    late: bool = False
    lenient: bool = False
    asked: bool = False
    frozen: bool = False
    contested: bool = False
    turn: str = ""
    wants: str = ""
    looked: bool = False
    first: bool = False
    less: bool = False
    rejected: bool = False
    gift: bool = False
    back: bool = False
    unpromised: bool = False
    page: str = ""  # What the provider would say of a try: open, refused, closed.
    answer: str = ""  # What was said of a refund: accepted, refused, sent, by_bank; of a dispute: won, lost.
    over: bool = False
    moved_on: bool = False  # It goes on in an order of its own.
    system: bool = False
    has: bool = False
    followed: bool = False
    doubtful: bool = False
    trouble: bool = False
    homeward: bool = False
    home: bool = False
    expected: bool = False


NOTHING = World()
Step = Callable[[World], Iterator[World]]


class NothingToDo(Exception):
    """An effect was asked for that has nothing to act on, or is under way already."""
