"""The examples in the docstrings of ``shared`` run, and say what they say."""

import doctest
import importlib
import pkgutil

import pytest

import shared

MODULES = sorted(found.name for found in pkgutil.walk_packages(shared.__path__, "shared."))


@pytest.mark.parametrize("name", MODULES)
def test_its_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_rules_that_are_easier_shown_than_said_have_an_example():
    shown = (
        "shared.engine",
        "shared.money",
        "shared.context",
        "shared.ordering.stock",
        "shared.splitting.whereabouts",
    )
    for name in shown:
        assert doctest.testmod(importlib.import_module(name)).attempted > 0, name
