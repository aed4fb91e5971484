"""An after-sale case, from what the buyer asks to what they have (RULES 9, 10.2)."""

from shared.lifecycle.rows import LOOK_AGAIN, PEOPLE, SWEPT, WHOEVER, A, Deadline, E, F, Rule, by, machine
from shared.lifecycle.vocabulary import START, CaseState, Fact

# fmt: off
K = CaseState
AFTER_SALE = machine("after_sale", CaseState,
    rules=(
        Rule(START,             E.CASE_REQUESTED,  K.REQUESTED,       by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(START,             E.COMPENSATION_GIVEN, K.COMPLETED,    by(*PEOPLE)),
        # A yes means: send it back; or something is sent; or the money goes back at once.
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.AWAITING_RETURN, by(A.MERCHANT, A.SYSTEM), (F.EXPECT_RETURN,), Fact.GOODS_BACK),
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.REPLACING,       by(A.MERCHANT, A.SYSTEM), when=Fact.SENDS_GOODS),
        Rule(K.REQUESTED,       E.CASE_APPROVED,   K.COMPLETED,       by(A.MERCHANT, A.SYSTEM)),
        # Nothing is decided by silence while the payer's bank may take the money.
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.REQUESTED,       by(A.CLOCK), when=Fact.DISPUTED, wait=LOOK_AGAIN),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.AWAITING_RETURN, by(A.CLOCK), (F.EXPECT_RETURN,), Fact.GOODS_BACK),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.REPLACING,       by(A.CLOCK), when=Fact.SENDS_GOODS),
        Rule(K.REQUESTED,       E.CASE_UNANSWERED, K.COMPLETED,       by(A.CLOCK)),
        Rule(K.REQUESTED,       E.CASE_REFUSED,    K.REFUSED,         by(A.MERCHANT)),
        Rule(K.REQUESTED,       E.EVIDENCE_SHOWN,  K.REQUESTED,       by(A.BUYER)),
        Rule(K.REQUESTED,       E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.REQUESTED,       E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.AWAITING_RETURN, by(A.BUYER), (F.EXPECT_RETURN,), Fact.GOODS_BACK),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.REPLACING,  by(A.BUYER), when=Fact.SENDS_GOODS),
        Rule(K.REFUSED,         E.ALTERNATIVE_ACCEPTED, K.COMPLETED,  by(A.BUYER)),
        Rule(K.REFUSED,         E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.REFUSED,         E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(K.REFUSED,         E.CASE_EXPIRED,    K.CLOSED,          by(A.CLOCK)),
        Rule(K.AWAITING_RETURN, E.RETURN_SENT,     K.RETURNING,       by(A.BUYER), (F.FOLLOW_PARCEL, F.EXPECT_RETURN)),
        Rule(K.AWAITING_RETURN, E.GOODS_ARRIVED,   K.INSPECTING,      by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.AWAITING_RETURN, E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.AWAITING_RETURN, E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.AWAITING_RETURN, E.CASE_EXPIRED,    K.CLOSED,          by(A.CLOCK)),
        Rule(K.RETURNING,       E.RETURN_SENT,     K.RETURNING,       by(A.BUYER, *PEOPLE), (F.FOLLOW_PARCEL, F.EXPECT_RETURN)),  # It was another number.
        Rule(K.RETURNING,       E.DELIVERY_CLAIMED, K.RETURNING,      by(A.CARRIER), (F.ASK_CARRIER,)),
        Rule(K.RETURNING,       E.GOODS_ARRIVED,   K.INSPECTING,      by(A.MERCHANT, A.WAREHOUSE, A.CARRIER, *PEOPLE)),
        Rule(K.RETURNING,       E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        # It takes too long, or its carrier says that it is lost, damaged, held: people look, and the carrier is asked.
        Rule(K.RETURNING,       E.ATTENTION_OVERDUE, K.RETURNING,     by(A.CLOCK, A.CARRIER), (F.ASK_CARRIER,)),
        # Whoever holds the goods says what they are worth. What is less than all of it the buyer may contest.
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.ASSESSED,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.DEDUCTED),
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.REPLACING,       by(A.MERCHANT, A.WAREHOUSE), when=Fact.SENDS_GOODS),
        Rule(K.INSPECTING,      E.GOODS_INSPECTED, K.COMPLETED,       by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.INSPECTING,      E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER, A.MERCHANT), (F.JUDGE_CASE,)),
        Rule(K.INSPECTING,      E.INSPECTION_OVERDUE, K.DISPUTED,     by(A.CLOCK), (F.JUDGE_CASE,)),
        Rule(K.ASSESSED,        E.ASSESSMENT_ACCEPTED, K.COMPLETED,   by(A.BUYER)),
        Rule(K.ASSESSED,        E.ASSESSMENT_UNANSWERED, K.ASSESSED,  by(A.CLOCK), when=Fact.DISPUTED, wait=LOOK_AGAIN),
        Rule(K.ASSESSED,        E.ASSESSMENT_UNANSWERED, K.COMPLETED, by(A.CLOCK)),
        Rule(K.ASSESSED,        E.CASE_ESCALATED,  K.DISPUTED,        by(A.BUYER), (F.JUDGE_CASE,)),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.CLOSED,          by(A.SYSTEM, *PEOPLE), when=Fact.REJECTED),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.RETURNING,       by(A.SYSTEM, *PEOPLE), when=Fact.SENT_BACK),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.AWAITING_RETURN, by(A.SYSTEM, *PEOPLE), (F.EXPECT_RETURN,), Fact.GOODS_BACK),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.REPLACING,       by(A.SYSTEM, *PEOPLE), when=Fact.SENDS_GOODS),
        Rule(K.DISPUTED,        E.CASE_RULED,      K.COMPLETED,       by(A.SYSTEM, *PEOPLE)),
        # The merchant gives in.
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.RETURNING,       by(A.MERCHANT), when=Fact.SENT_BACK),
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.AWAITING_RETURN, by(A.MERCHANT), (F.EXPECT_RETURN,), Fact.GOODS_BACK),
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.REPLACING,       by(A.MERCHANT), when=Fact.SENDS_GOODS),
        Rule(K.DISPUTED,        E.CASE_APPROVED,   K.COMPLETED,       by(A.MERCHANT)),
        # What was on its way when the platform was called arrives, and is counted: less than all of it the platform weighs.
        Rule(K.DISPUTED,        E.GOODS_ARRIVED,   K.DISPUTED,        by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.DISPUTED,        E.GOODS_INSPECTED, K.DISPUTED,        by(A.MERCHANT, A.WAREHOUSE), when=Fact.DEDUCTED),
        Rule(K.DISPUTED,        E.GOODS_INSPECTED, K.REPLACING,       by(A.MERCHANT, A.WAREHOUSE), when=Fact.SENDS_GOODS),
        Rule(K.DISPUTED,        E.GOODS_INSPECTED, K.COMPLETED,       by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.DISPUTED,        E.EVIDENCE_SHOWN,  K.DISPUTED,        by(A.BUYER, A.MERCHANT)),
        Rule(K.DISPUTED,        E.ADVANCE_PAID,    K.DISPUTED,        by(*PEOPLE)),
        Rule(K.DISPUTED,        E.CASE_WITHDRAWN,  K.CLOSED,          by(A.BUYER)),
        Rule(K.DISPUTED,        E.RULING_OVERDUE,  K.DISPUTED,        by(A.CLOCK)),
        Rule(K.REPLACING,       E.REPLACEMENT_RECEIVED, K.COMPLETED,  by(A.BUYER, A.CLOCK)),
        Rule(K.REPLACING,       E.REPLACEMENT_FAILED, K.COMPLETED,    by(*WHOEVER)),
        Rule(K.REPLACING,       E.ATTENTION_OVERDUE, K.REPLACING,     by(A.CLOCK)),
        # Goods that come for a case which did not wait for them: people see to them.
        Rule(K.REPLACING,       E.GOODS_ARRIVED,   K.REPLACING,       by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.COMPLETED,       E.GOODS_ARRIVED,   K.COMPLETED,       by(A.MERCHANT, A.WAREHOUSE)),
        Rule(K.CLOSED,          E.GOODS_ARRIVED,   K.CLOSED,          by(A.MERCHANT, A.WAREHOUSE)),
    ),
    deadlines=(
        # How long the buyer and the merchant have, the return policy of the goods may say (AfterSale.waits).
        Deadline(K.REQUESTED,       "case_decision_seconds",   E.CASE_UNANSWERED,  SWEPT),
        Deadline(K.REFUSED,         "case_answer_seconds",     E.CASE_EXPIRED,     SWEPT),
        Deadline(K.AWAITING_RETURN, "case_waybill_seconds",    E.CASE_EXPIRED,     SWEPT),
        Deadline(K.RETURNING,       "case_attention_seconds",  E.ATTENTION_OVERDUE, SWEPT),
        Deadline(K.INSPECTING,      "case_inspection_seconds", E.INSPECTION_OVERDUE, SWEPT),
        Deadline(K.ASSESSED,        "case_answer_seconds",     E.ASSESSMENT_UNANSWERED, SWEPT),
        Deadline(K.DISPUTED,        "case_ruling_seconds",     E.RULING_OVERDUE,   SWEPT),
        Deadline(K.REPLACING,       "case_attention_seconds",  E.ATTENTION_OVERDUE, SWEPT),
    ),
)
# fmt: on
