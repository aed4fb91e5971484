"""The layers with what our functions import, built on any machine for Lambda's: no docker, no compiler.

    infra/layer.lock    every function's   ── wheels for Lambda's processor ── slim botocore ── byte code,
    infra/archive.lock  the archive's own  ── wheels for Lambda's processor ─────────────────── if python3.13 is here

A layer's hash is that of its recipe and not of its bytes, so that a laptop and CI name the same layer alike and
build it once. Byte code is the largest part of a short cold start: /opt cannot be written, so without it
Python compiles everything each time. A machine without python3.13 leaves it out; the layer still works.

After a change of requirements.txt, or of requirements-archive.txt, lock again:

    uv pip compile requirements.txt --python-platform aarch64-manylinux2014 --python-version 3.13 \\
        --generate-hashes --no-header -o infra/layer.lock
    uv pip compile requirements-archive.txt --python-platform aarch64-manylinux_2_28 --python-version 3.13 \\
        --generate-hashes --no-header -o infra/archive.lock
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import byte_code, slim_botocore

PROJECT = Path(__file__).resolve().parent.parent
HERE = PROJECT / "infra"
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
PYTHON = byte_code.PYTHON
BUILD_SECONDS_MAX = 300


class Recipe(NamedTuple):
    """What a layer is made of. The platforms are the oldest for which all of its packages have wheels."""

    lock: Path
    uv_platform: str
    pip_platform: str


EVERYBODYS = Recipe(HERE / "layer.lock", "aarch64-manylinux2014", "manylinux2014_aarch64")
THE_ARCHIVES = Recipe(HERE / "archive.lock", "aarch64-manylinux_2_28", "manylinux_2_28_aarch64")


class Layer(lambda_.LayerVersion):
    def __init__(self, scope: Construct, id: str, *, recipe: Recipe = EVERYBODYS) -> None:
        super().__init__(
            scope,
            id,
            description=f"Ordercycle: the packages of infra/{recipe.lock.name}",
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            code=lambda_.Code.from_asset(
                str(HERE),
                asset_hash_type=AssetHashType.CUSTOM,
                asset_hash=recipe_hash(recipe),
                bundling=BundlingOptions(
                    image=DockerImage.from_registry("unused"),  # The CDK asks for one; nobody pulls it.
                    local=_BuildHere(recipe),
                ),
            ),
        )


def recipe_hash(recipe: Recipe = EVERYBODYS) -> str:
    """Return the same for the same lock, runtime, processor and builder, wherever it is asked."""
    hashed = hashlib.sha256(f"{PYTHON} {recipe.uv_platform}\n".encode())
    for part in (recipe.lock, HERE / "layer.py", HERE / "slim_botocore.py", HERE / "byte_code.py"):
        hashed.update(part.read_text(encoding="utf-8").encode())  # Text: line ends are the machine's.
    return hashed.hexdigest()


@jsii.implements(ILocalBundling)
class _BuildHere:
    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def try_bundle(self, output_dir: str, options: Any = None, **_later: Any) -> bool:
        build(Path(output_dir), self._recipe)
        return True


def build(layer: Path, recipe: Recipe = EVERYBODYS) -> None:
    """Put the layer's content into the folder *layer*."""
    packages = layer / "python"
    _run(_installer(packages, recipe))
    for leftover in (packages / "bin", packages / ".lock"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        leftover.unlink(missing_ok=True)
    if (packages / "botocore").is_dir():
        slim_botocore.slim(packages / "botocore")
    byte_code.write(layer, loaded_from="/opt")


def _installer(packages: Path, recipe: Recipe = EVERYBODYS) -> list[str]:
    locked = ["--requirement", str(recipe.lock), "--require-hashes"]
    wheels_only = ["--target", str(packages), *locked, "--no-deps"]
    if importlib.util.find_spec("uv"):
        # Copies, not links: what is slimmed here must not be slimmed in uv's cache and every environment made of it.
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy"]
        return [
            *uv,
            *wheels_only,
            "--python-platform",
            recipe.uv_platform,
            "--python-version",
            PYTHON,
            "--only-binary",
            ":all:",
        ]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    target = ["--platform", recipe.pip_platform, "--python-version", PYTHON, "--implementation", "cp"]
    return [*pip, *wheels_only, *target, "--only-binary", ":all:"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=BUILD_SECONDS_MAX)  # noqa: S603  The words are all ours.
