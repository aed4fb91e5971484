"""Every five minutes: have keys been exchanged? Then whoever holds any starts afresh, with the new ones.

A function reads its keys in its init phase and keeps them for life, so that no webhook ever waits for Secrets Manager,
or fails with it. Any change of a function's configuration makes Lambda start new environments in the place of the
warm ones: here that is the description, which also says what the function was last started with::

    Ordercycle: functions/payment_callback.py; keys 5f0c2a...

Late is harmless: a message that is signed with a key that we do not have yet is refused, and the provider sends it
again. Twice is harmless, too: it is one more cold start.
"""

from hashlib import sha256
from typing import Any

from functions.wiring import logger
from shared.outside import outside
from shared.settings import settings

LIVE = ("AWSCURRENT", "AWSPREVIOUS")
MARK = "; keys "
CHARACTERS = 16  # Of a digest; a description may have 256.


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: Any) -> dict[str, bool]:
    """*event*: ``{"holders": [function, ...]}``, as the schedule says (infra/schedules.py)."""
    holders, live = event["holders"], _live_versions()
    is_changed = _keys_of(_description(holders[-1])) != live  # The last is told last: then all have been.
    for name in holders if is_changed else ():
        about = _description(name).partition(MARK)[0]
        outside.aws(
            "lambda", "update_function_configuration", FunctionName=name, Description=f"{about}{MARK}{live}"
        )
    logger.info("keys", exchanged=is_changed)
    return {"exchanged": is_changed}


def _live_versions() -> str:
    """A digest of which versions of our secrets are live: their names, never their texts."""
    told, live = settings(), sha256()
    sandbox = told.sandbox_secret_arn if told.sandbox_url else ""
    for arn in (told.payment_keys_arn, told.partner_keys_arn, sandbox):
        if arn:
            secret = outside.aws("secretsmanager", "describe_secret", SecretId=arn)
            stages = {stage: id for id, named in secret["VersionIdsToStages"].items() for stage in named}
            live.update("".join(f"{stages.get(stage, '')}\n" for stage in LIVE).encode())
    return live.hexdigest()[:CHARACTERS]


def _description(name: str) -> str:
    configuration = outside.aws("lambda", "get_function_configuration", FunctionName=name)
    return str(configuration.get("Description", ""))


def _keys_of(description: str) -> str:
    return description.partition(MARK)[2]
