"""Is the lifecycle machine valid Amazon States Language? Asks npm's asl-validator.

python -m infra.check_asl cdk.out/Ordercycle-dev.template.json

Needs ``python -m infra.npm ci`` once. What our own rules add is in tests/infra/test_lifecycle_machine.py.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.node import packaged_node

PROJECT = Path(__file__).resolve().parent.parent
VALIDATOR = PROJECT / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
SECONDS_MAX = 60


def definition_in(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's one state machine. What CloudFormation would fill in becomes its logical id."""
    [machine] = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    definition: dict[str, Any] = json.loads("".join(map(_filled_in, parts)))
    return definition


def _filled_in(part: Any) -> str:
    if isinstance(part, str):
        return part
    name: str = part["Ref"] if "Ref" in part else part["Fn::GetAtt"][0]
    return "aws" if name == "AWS::Partition" else name


def complaints_about(definition: Mapping[str, Any]) -> str:
    """Return what the validator has to say; "" when it has nothing."""
    node = packaged_node()
    if node is None or not VALIDATOR.exists():
        sys.exit("asl-validator is not installed: python -m infra.npm ci")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(definition, file)
        file.flush()
        command = [str(node / "node"), str(VALIDATOR), "--json-path", file.name]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)  # noqa: S603
    return "" if answer.returncode == 0 else answer.stdout + answer.stderr


if __name__ == "__main__":
    sys.exit(
        complaints_about(definition_in(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))) or None
    )
