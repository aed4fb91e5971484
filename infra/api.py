"""The HTTP API: which route ends in which function, and who must show a token."""

import json
from collections.abc import Mapping

import jsii
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from aws_cdk.aws_apigatewayv2_authorizers import HttpUserPoolAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.alarms import PERIOD, Alarms
from infra.function import Function
from infra.identity import Identity
from infra.stage import Config

# fmt: off
SIGNED_IN = (
    ("POST", "/quotes",                                             "order_api"),
    ("POST", "/orders",                                             "order_api"),
    ("GET",  "/orders",                                             "order_api"),
    ("GET",  "/orders/{order_id}",                                  "order_api"),
    ("GET",  "/orders/{order_id}/confirmation",                     "order_api"),
    ("GET",  "/orders/{order_id}/timeline",                         "order_api"),
    ("POST", "/orders/{order_id}/payments",                         "order_api"),
    ("POST", "/orders/{order_id}/separation",                       "order_api"),
    ("POST", "/orders/{order_id}/receipt",                          "order_api"),
    ("POST", "/orders/{order_id}/receipt-extension",                "order_api"),
    ("POST", "/orders/{order_id}/refusal",                          "order_api"),
    ("POST", "/orders/{order_id}/address",                          "order_api"),
    ("GET",  "/skus/{sku}/return-policy",                           "order_api"),
    ("GET",  "/orders/{order_id}/customs",                          "support_api"),
    ("POST", "/orders/{order_id}/parcels/{parcel}/report",          "support_api"),
    ("POST", "/orders/{order_id}/parcels/{parcel}/recall",          "support_api"),
    ("POST", "/orders/{order_id}/parcels/{parcel}/loss",            "support_api"),
    ("POST", "/orders/{order_id}/cancellation",                     "refunds"),
    ("POST", "/orders/{order_id}/cancellation/conversion",          "refunds"),
    ("POST", "/orders/{order_id}/refunds",                          "refunds"),
    ("POST", "/orders/{order_id}/refunds/{refund_id}/retry",        "refunds"),
    ("POST", "/orders/{order_id}/refunds/{refund_id}/payout",       "refunds"),
    ("POST", "/merchant/sub-orders/{sub_order_id}/cancellation",    "refunds"),
    ("POST", "/orders/{order_id}/after-sales",                      "returns"),
    ("POST", "/orders/{order_id}/evidence",                         "evidence_api"),
    ("POST", "/merchant/sub-orders/{sub_order_id}/evidence",        "evidence_api"),
    ("GET",  "/after-sales/{case_id}/evidence/{evidence_id}",       "evidence_api"),
    ("GET",  "/after-sales/{case_id}",                              "returns"),
    ("POST", "/after-sales/{case_id}/withdrawal",                   "returns"),
    ("POST", "/after-sales/{case_id}/acceptance",                   "returns"),
    ("POST", "/after-sales/{case_id}/waybill",                      "returns"),
    ("POST", "/after-sales/{case_id}/escalation",                   "returns"),
    ("POST", "/after-sales/{case_id}/evidence",                     "returns"),
    ("GET",  "/merchant/after-sales",                               "returns"),
    ("POST", "/merchant/after-sales/{case_id}/decision",            "returns"),
    ("POST", "/merchant/after-sales/{case_id}/receipt",             "returns"),
    ("POST", "/merchant/after-sales/{case_id}/inspection",          "returns"),
    ("POST", "/support/after-sales",                                "support_api"),
    ("GET",  "/support/disputes",                                   "returns"),
    ("POST", "/support/disputes/{case_id}/ruling",                  "returns"),
    ("POST", "/support/disputes/{case_id}/advance",                 "returns"),
    ("GET",  "/merchant/orders",                                    "merchant_api"),
    ("GET",  "/merchant/sub-orders/{sub_order_id}",                 "merchant_api"),
    ("POST", "/merchant/sub-orders/{sub_order_id}/shipment",        "merchant_api"),
    ("POST", "/merchant/sub-orders/{sub_order_id}/returns",         "merchant_api"),
    ("GET",  "/reviews",                                            "review_api"),
    ("POST", "/reviews/{order_id}",                                 "review_api"),
    ("GET",  "/register",                                           "register_api"),
    ("GET",  "/register/{entry_id}",                                "register_api"),
    ("POST", "/register/{entry_id}/assignment",                     "register_api"),
    ("POST", "/register/{entry_id}/resolution",                     "register_api"),
    ("GET",  "/merchant/register",                                  "register_api"),
    ("POST", "/merchant/register/{entry_id}/resolution",            "register_api"),
    ("GET",  "/merchant/statements",                                "settlement_api"),
    ("GET",  "/merchant/statements/{number}",                       "settlement_api"),
    ("GET",  "/merchant/balance",                                   "settlement_api"),
    ("POST", "/merchant/withdrawals",                               "settlement_api"),
    ("GET",  "/merchant/withdrawals",                               "settlement_api"),
    ("GET",  "/operator/payouts",                                   "settlement_api"),
    ("POST", "/operator/payouts/{merchant_id}/{currency}/{number}/outcome", "settlement_api"),
    ("GET",  "/wallet",                                             "member_api"),
    ("POST", "/wallet/coupons",                                     "member_api"),
    ("GET",  "/operator/members/{member_id}",                       "member_api"),
    ("POST", "/operator/members/{member_id}/coupons",               "member_api"),
    ("POST", "/operator/members/{member_id}/points",                "member_api"),
    ("POST", "/operator/catalogue/{kind}",                          "catalogue_api"),
    ("GET",  "/operator/catalogue/{kind}",                          "catalogue_api"),
    ("GET",  "/operator/catalogue/{kind}/{id}",                     "catalogue_api"),
    ("GET",  "/operator/stock/{sku}",                               "stock_api"),
    ("POST", "/operator/stock/movements",                           "stock_api"),
    ("POST", "/operator/stock/quotas",                              "stock_api"),
    ("POST", "/operator/stock/shards",                              "stock_api"),
    ("POST", "/operator/stock/drift-check",                         "stock_api"),
    ("GET",  "/operator/books/balances",                            "books_api"),
    ("GET",  "/operator/reconciliations",                           "books_api"),
    ("GET",  "/operator/reconciliations/{day}/{provider}",          "books_api"),
    ("POST", "/operator/reconciliations",                           "books_api"),
    ("POST", "/operator/reconciliations/{day}/{provider}/explanations", "books_api"),
    ("POST", "/operator/bills",                                     "books_api"),
    ("POST", "/operator/books/check",                               "books_api"),
)
# Payment providers, trackers and warehouses have no token of ours: their signature over the raw body is the proof.
SIGNED_BODY = (
    ("POST", "/webhooks/payments/{provider}",                       "payment_callback"),
    ("POST", "/webhooks/carriers/{carrier}",                        "carrier_callback"),
    ("POST", "/webhooks/warehouses/{warehouse}",                    "warehouse_callback"),
)
# fmt: on

# No address, no token, no query: a log line finds a request, it does not tell who made it.
ACCESS_LOG = {
    "request_id": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "integration_milliseconds": "$context.integrationLatency",
    "integration_error": "$context.integrationErrorMessage",
    "authorizer_error": "$context.authorizer.error",
    "bytes": "$context.responseLength",
}


@jsii.implements(apigateway.IAccessLogSettings)
class _AccessLog:
    """The CDK wants an object with these two attributes and takes no dict for it."""

    def __init__(self, log: logs.ILogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(log)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> AccessLogFormat:
        return AccessLogFormat.custom(json.dumps(ACCESS_LOG))


class Api(Construct):
    """CORS is off: a browser's shop adds its own origin here, knowingly.

    Its address is there before its routes are: functions are told it, and only then routes lead to functions.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, alarms: Alarms) -> None:
        super().__init__(scope, id)
        self.api = apigateway.HttpApi(self, "Http", create_default_stage=False)
        self.url = self.api.api_endpoint
        self.stage = self._stage(config)
        self.routes: dict[str, apigateway.HttpRoute] = {}
        self._ways_in: dict[str, HttpLambdaIntegration] = {}
        alarms.watch(
            "API answered 5xx",
            metric=self.stage.metric_server_error(period=PERIOD, statistic="Sum"),
            threshold=5,
            says="The HTTP API answered with five server errors within a minute.",
            runbook="api-errors",
        )

    def open(self, functions: Mapping[str, Function], identity: Identity) -> None:
        """Let everybody in who may: *identity* says who that is."""
        self._ways_in = {
            name: HttpLambdaIntegration(name, functions[name].handler)
            for name in sorted({name for _, _, name in SIGNED_IN + SIGNED_BODY})
        }
        token = HttpUserPoolAuthorizer("Token", identity.pool, user_pool_clients=[identity.client])
        self._open(SIGNED_IN, token)
        self._open(SIGNED_BODY, apigateway.HttpNoneAuthorizer())

    def _open(
        self, routes: tuple[tuple[str, str, str], ...], authorizer: apigateway.IHttpRouteAuthorizer
    ) -> None:
        for method, path, name in routes:
            [self.routes[f"{method} {path}"]] = self.api.add_routes(
                path=path,
                methods=[apigateway.HttpMethod[method]],
                integration=self._ways_in[name],
                authorizer=authorizer,
            )

    def _stage(self, config: Config) -> apigateway.HttpStage:
        log = logs.LogGroup(
            self, "AccessLog", retention=config.log_retention, removal_policy=config.removal_policy
        )
        return apigateway.HttpStage(
            self,
            "Default",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=config.requests_per_second_max, burst_limit=config.requests_per_second_max
            ),
            access_log_settings=_AccessLog(log),
        )
