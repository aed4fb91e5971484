"""The layer with what our functions import, built on any machine for Lambda's: no docker, no compiler.

    infra/layer.lock ── wheels for Lambda's processor ── slim botocore ── byte code, if python3.13 is here

Its hash is that of its recipe and not of its bytes, so that a laptop and CI name the same layer alike and
build it once. Byte code is the largest part of a short cold start: /opt cannot be written, so without it
Python compiles everything each time. A machine without python3.13 leaves it out; the layer still works.

After a change of requirements.txt, lock again:

    uv pip compile requirements.txt --python-platform aarch64-manylinux2014 --python-version 3.13 \\
        --generate-hashes --no-header -o infra/layer.lock
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import byte_code, slim_botocore

PROJECT = Path(__file__).resolve().parent.parent
HERE = PROJECT / "infra"
LOCK = HERE / "layer.lock"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PYTHON = byte_code.PYTHON
UV_PLATFORM, PIP_PLATFORM = "aarch64-manylinux2014", "manylinux2014_aarch64"
BUILD_SECONDS_MAX = 300


class Layer(lambda_.LayerVersion):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            description="Ordercycle: the packages its functions import",
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            code=lambda_.Code.from_asset(
                str(LOCK.parent),
                asset_hash_type=AssetHashType.CUSTOM,
                asset_hash=recipe_hash(),
                bundling=BundlingOptions(
                    image=DockerImage.from_registry("unused"),  # The CDK asks for one; nobody pulls it.
                    local=_BuildHere(),
                ),
            ),
        )


def recipe_hash() -> str:
    """Return the same for the same lock, runtime, processor and builder, wherever it is asked."""
    recipe = hashlib.sha256(f"{PYTHON} {UV_PLATFORM}\n".encode())
    for part in (LOCK, HERE / "layer.py", HERE / "slim_botocore.py", HERE / "byte_code.py"):
        recipe.update(part.read_text(encoding="utf-8").encode())  # Text: line ends are the machine's.
    return recipe.hexdigest()


@jsii.implements(ILocalBundling)
class _BuildHere:
    def try_bundle(self, output_dir: str, options: Any = None, **_later: Any) -> bool:
        build(Path(output_dir))
        return True


def build(layer: Path) -> None:
    """Put the layer's content into the folder *layer*."""
    packages = layer / "python"
    _run(_installer(packages))
    for leftover in (packages / "bin", packages / ".lock"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        leftover.unlink(missing_ok=True)
    slim_botocore.slim(packages / "botocore")
    byte_code.write(layer, loaded_from="/opt")


def _installer(packages: Path) -> list[str]:
    wheels_only = ["--target", str(packages), "--requirement", str(LOCK), "--require-hashes", "--no-deps"]
    if importlib.util.find_spec("uv"):
        # Copies, not links: what is slimmed here must not be slimmed in uv's cache and every environment made of it.
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy"]
        return [
            *uv,
            *wheels_only,
            "--python-platform",
            UV_PLATFORM,
            "--python-version",
            PYTHON,
            "--only-binary",
            ":all:",
        ]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    target = ["--platform", PIP_PLATFORM, "--python-version", PYTHON, "--implementation", "cp"]
    return [*pip, *wheels_only, *target, "--only-binary", ":all:"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=BUILD_SECONDS_MAX)  # noqa: S603  The words are all ours.
