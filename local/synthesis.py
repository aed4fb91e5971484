"""Is the synthesised template still the one of this checkout? If not, make it again."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from local.template import Template, TemplateError

PROJECT = Path(__file__).resolve().parent.parent
OUTPUT = PROJECT / ".build" / "local"  # Not cdk.out: that one has its layer built and is for deploying.
SOURCES = ("app.py", "cdk.json", "infra", "shared/lifecycle", "shared/settings.py")
SYNTHESIS_SECONDS_MAX = 300


def fingerprint(project: Path = PROJECT) -> str:
    """Return the hash of everything that decides the template."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = project / source
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.relative_to(project)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def fresh_template() -> Template:
    """Return the template of this checkout, synthesised again only when its sources changed."""
    stamp = OUTPUT / "fingerprint"
    now = fingerprint()
    if not stamp.exists() or stamp.read_text() != now:
        synthesise(OUTPUT)
        stamp.write_text(now)
    return template_in(OUTPUT)


def synthesise(output: Path) -> None:
    """Run app.py without building the layer and without the checks that CI runs: seconds, not minutes."""
    output.mkdir(parents=True, exist_ok=True)
    for leftover in output.glob("*.template.json"):
        leftover.unlink()
    quick = {
        "CDK_OUTDIR": str(output),
        "CDK_VALIDATION": "false",
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:bundling-stacks": []}),
    }
    command = [sys.executable, "app.py"]
    environment = {**os.environ, **quick}
    done = subprocess.run(  # noqa: S603  # Our own file.
        command,
        check=False,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SYNTHESIS_SECONDS_MAX,
    )
    if done.returncode:
        raise TemplateError(f"app.py failed:\n{done.stderr[-4000:]}")


def template_in(output: Path) -> Template:
    """Read the one template in a folder of ``app.py``."""
    found = sorted(output.glob("*.template.json"))
    if len(found) != 1:
        raise TemplateError(f"{output} holds {len(found)} templates instead of one")
    return Template.read(found[0])
