"""The CDK app: ``python app.py`` writes ``cdk.out``, with nothing but the packages of requirements-dev.txt.

    python app.py                                        the stage dev
    python app.py -c stage=prod
    python app.py -c sandbox_url=http://127.0.0.1:8000/_sandbox
    python app.py -c shop_origin=https://shop.example    whose pages upload evidence from a browser

No credentials, no docker, no Node to install. The CDK's own variables work, too: CDK_OUTDIR says where to
write, CDK_CONTEXT_JSON='{"aws:cdk:bundling-stacks": []}' leaves the layer unbuilt and CDK_VALIDATION=false
leaves the checks out: that is how tests and the local cloud synthesise in seconds. ``cdk deploy`` calls this
file, too.
"""

import argparse
import json
import os
from pathlib import Path

import infra  # noqa: F401  First: it says where Node is, and the next import starts it.

# isort: split
import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.acknowledgements import acknowledge
from infra.stack import OrdercycleStack
from infra.stage import config_for

FLAGS = Path(__file__).resolve().parent / "cdk.json"


def build(context: dict[str, object], *, outdir: str | None = None) -> cdk.App:
    """Return the app, ready to synthesise. *context* goes before cdk.json, the CDK's command before both."""
    flags = json.loads(FLAGS.read_text(encoding="utf-8"))["context"]
    app = cdk.App(context={**flags, **context}, outdir=outdir)
    config = config_for(
        app.node.try_get_context("stage") or "dev",
        sandbox_url=app.node.try_get_context("sandbox_url") or "",
        shop_origin=app.node.try_get_context("shop_origin") or "",
    )
    stack = OrdercycleStack(app, f"Ordercycle-{config.stage}", config=config)
    acknowledge(stack)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def _context_of_the_command_line() -> dict[str, object]:
    parser = argparse.ArgumentParser(description="Write Ordercycle's CloudFormation template into cdk.out.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    pairs = [entry.partition("=") for entry in parser.parse_args().context]
    return {key: value for key, _, value in pairs}


if __name__ == "__main__":
    build(_context_of_the_command_line(), outdir=os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
