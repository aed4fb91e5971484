"""How a world is broken on purpose: each way under the name of the invariant that must notice."""

import pytest

BREAKS = []


def breaks(says):
    """The function breaks the invariant that says this."""

    def noted(function):
        BREAKS.append(pytest.param(says, function, id=function.__name__))
        return function

    return noted


def first_line(whole):
    """The first line as it is stored: 6 unit price, 7 steps, 8 payable, 9 weight, 10 allocation."""
    return whole.rows["LINES#01"]["lines"][0]
