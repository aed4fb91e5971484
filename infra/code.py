"""Our own code as one asset for all functions: ``functions`` and ``shared``, with byte code.

Its hash is that of the sources, so that a laptop and CI name the same code alike.
"""

import shutil
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, IgnoreMode, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from infra import byte_code
from infra.layer import PROJECT

PACKAGES = ("functions", "shared")
OUR_CODE = ["*", "!functions", "!functions/**", "!shared", "!shared/**", "**/__pycache__", "**/*.pyc"]


def our_code() -> lambda_.Code:
    """One asset: a few kB, and all functions of one release run the same rules."""
    return lambda_.Code.from_asset(
        str(PROJECT),
        exclude=OUR_CODE,
        ignore_mode=IgnoreMode.GIT,
        asset_hash_type=AssetHashType.SOURCE,
        bundling=BundlingOptions(
            image=DockerImage.from_registry("unused"),  # The CDK asks for one; nobody pulls it.
            local=_CopyHere(),
        ),
    )


@jsii.implements(ILocalBundling)
class _CopyHere:
    def try_bundle(self, output_dir: str, options: Any = None, **_later: Any) -> bool:
        build(Path(output_dir))
        return True


def build(code: Path) -> None:
    """Put our packages into the folder *code*, and their byte code beside them."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(PROJECT / package, code / package, ignore=ignored, dirs_exist_ok=True)
    byte_code.write(code, loaded_from="/var/task")
