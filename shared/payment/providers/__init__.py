"""One module per payment provider; each is loaded when it is first needed, for its libraries cost start-up time."""

from functools import lru_cache

from shared.payment.keys import Keyring
from shared.payment.port import Provider
from shared.settings import Settings

NAMES = ("alipay", "wechatpay", "stripe", "sandbox")


@lru_cache(maxsize=16)
def open_provider(name: str, settings: Settings, keyring: Keyring) -> Provider | None:
    """The provider, ready; None when it is unknown, or has no keys here."""
    notify_url = f"{settings.public_url}/webhooks/payments/{name}"
    match name:
        case "alipay" if keyring.alipay:
            from shared.payment.providers.alipay import Alipay

            return Alipay(keyring.alipay, settings.alipay_url, notify_url)
        case "wechatpay" if keyring.wechatpay:
            from shared.payment.providers.wechatpay import WechatPay

            return WechatPay(keyring.wechatpay, settings.wechatpay_url, notify_url)
        case "stripe" if keyring.stripe:
            from shared.payment.providers.stripe import Stripe

            return Stripe(keyring.stripe, settings.stripe_url)
        case "sandbox" if keyring.sandbox and settings.sandbox_url:
            from shared.payment.providers.sandbox import Sandbox

            return Sandbox(keyring.sandbox, settings.sandbox_url)
    return None


def available(settings: Settings, keyring: Keyring) -> tuple[str, ...]:
    """Which providers a buyer may choose from."""
    return tuple(name for name in NAMES if open_provider(name, settings, keyring))
