"""One synth per stage, checks included, for all tests of this folder: it takes seconds, an assertion none."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from app import build

STAGES = ("dev", "prod")
WITHOUT_BUILDING_THE_LAYER = {"aws:cdk:bundling-stacks": []}


@dataclass(frozen=True)
class Synthesized:
    stage: str
    path: str  # of the template
    template: dict[str, Any]

    def resources(self, type: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of one type, by logical id."""
        found = self.template["Resources"].items()
        return {name: entry.get("Properties", {}) for name, entry in found if entry["Type"] == type}

    def named(self, type: str, prefix: str) -> dict[str, Any]:
        """The one resource of a type whose logical id begins with *prefix*, whole."""
        found = self.template["Resources"].items()
        [entry] = [entry for name, entry in found if entry["Type"] == type and name.startswith(prefix)]
        return entry

    def functions(self) -> dict[str, dict[str, Any]]:
        """Each function's properties by the name of its module."""
        return {
            function["Handler"].split(".")[1]: function
            for function in self.resources("AWS::Lambda::Function").values()
        }


def synthesize(stage: str, folder: str) -> Synthesized:
    """Raises when cdk-nag or the CDK's own validation finds anything that is not acknowledged."""
    assembly = build({"stage": stage, **WITHOUT_BUILDING_THE_LAYER}, outdir=folder).synth()
    path = f"{assembly.directory}/Ordercycle-{stage}.template.json"
    with open(path, encoding="utf-8") as file:
        return Synthesized(stage, path, json.load(file))


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    return {stage: synthesize(stage, str(tmp_path_factory.mktemp(stage))) for stage in STAGES}


@pytest.fixture(scope="session")
def dev(stacks: dict[str, Synthesized]) -> Synthesized:
    return stacks["dev"]


@pytest.fixture(scope="session")
def prod(stacks: dict[str, Synthesized]) -> Synthesized:
    return stacks["prod"]


@pytest.fixture(params=STAGES)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Synthesized]) -> Synthesized:
    return stacks[request.param]
