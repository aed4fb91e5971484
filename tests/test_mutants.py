"""A fixed sample of what ``python -m tests.mutants`` tries: whoever breaks a table is told."""

import pytest

from shared.lifecycle import MACHINES, SETTLEMENT
from tests.mutants import installed, is_noticed, mutants, noticed_by, run

EVERY = 23  # Of some 16,700: a few seconds. All of them: `make mutants`.
SAMPLE = list(mutants())[::EVERY]


def test_the_sample_is_of_every_kind():
    assert {mutant.kind for mutant in SAMPLE} >= {
        "row deleted",
        "target",
        "effects",
        "actors",
        "fact",
        "deadline's event",
        "deadline's policy",
        "deadline's state",
    }


def test_every_mutant_of_the_sample_is_noticed():
    assert run([]) == []  # The statements hold for the tables as they are.
    assert [str(mutant) for mutant in SAMPLE if not is_noticed(mutant)] == []


def test_rows_in_the_wrong_order_are_noticed():
    swapped = [mutant for mutant in mutants() if mutant.kind == "order of rows"]

    assert {mutant.machine.name for mutant in swapped} >= {"sub_order", "refund", "parcel", "after_sale"}
    assert [str(mutant) for mutant in swapped if not is_noticed(mutant)] == []


def test_who_notices_is_told_of_each_statement():
    [(mutant, by)] = run(SAMPLE[:1])

    assert set(by) <= {"structure", "balance", "stories"}
    assert is_noticed(mutant) is bool(by) is True


def test_a_table_that_is_right_is_not_complained_about():
    same = next(mutants())._replace(machine=MACHINES["order"])

    assert noticed_by(same) == ()


def test_the_true_table_is_back_after_each_mutant_however_it_ended():
    def die_while_the_table_is_wrong():
        with installed(SETTLEMENT._replace(rules=())):
            assert MACHINES["settlement"].rules == ()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        die_while_the_table_is_wrong()

    assert MACHINES["settlement"] is SETTLEMENT
    assert len(SETTLEMENT.rules) == 4


def test_no_mutant_stands_for_the_table_as_it_is():
    assert all(mutant.machine != MACHINES[mutant.machine.name] for mutant in mutants())
