"""The AWS side of Ordercycle: one capability in one file, put together in ``infra.stack``."""

from infra.node import use_packaged_node

use_packaged_node()  # Before anything here imports aws_cdk, which starts Node when it is imported.
