"""Which doors are open, and to whom."""

import pytest

# Stated again, independently of infra.api.
ROUTES = {
    "POST /quotes": "order_api",
    "POST /orders": "order_api",
    "GET /orders": "order_api",
    "GET /orders/{order_id}": "order_api",
    "GET /orders/{order_id}/confirmation": "order_api",
    "GET /orders/{order_id}/timeline": "order_api",
    "POST /orders/{order_id}/payments": "order_api",
    "POST /orders/{order_id}/separation": "order_api",
    "POST /orders/{order_id}/receipt": "order_api",
    "POST /orders/{order_id}/receipt-extension": "order_api",
    "POST /orders/{order_id}/refusal": "order_api",
    "GET /skus/{sku}/return-policy": "order_api",
    "GET /orders/{order_id}/customs": "support_api",
    "POST /orders/{order_id}/parcels/{parcel}/report": "support_api",
    "POST /orders/{order_id}/parcels/{parcel}/recall": "support_api",
    "POST /orders/{order_id}/parcels/{parcel}/loss": "support_api",
    "POST /orders/{order_id}/cancellation": "refunds",
    "POST /merchant/sub-orders/{sub_order_id}/cancellation": "refunds",
    "POST /orders/{order_id}/refunds": "refunds",
    "POST /orders/{order_id}/refunds/{refund_id}/retry": "refunds",
    "POST /orders/{order_id}/refunds/{refund_id}/payout": "refunds",
    "POST /orders/{order_id}/cancellation/conversion": "refunds",
    "POST /orders/{order_id}/after-sales": "returns",
    "GET /after-sales/{case_id}": "returns",
    "POST /after-sales/{case_id}/withdrawal": "returns",
    "POST /after-sales/{case_id}/acceptance": "returns",
    "POST /after-sales/{case_id}/waybill": "returns",
    "POST /after-sales/{case_id}/escalation": "returns",
    "POST /after-sales/{case_id}/evidence": "returns",
    "GET /merchant/after-sales": "returns",
    "POST /merchant/after-sales/{case_id}/decision": "returns",
    "POST /merchant/after-sales/{case_id}/receipt": "returns",
    "POST /merchant/after-sales/{case_id}/inspection": "returns",
    "POST /support/after-sales": "support_api",
    "GET /support/disputes": "returns",
    "POST /support/disputes/{case_id}/ruling": "returns",
    "POST /support/disputes/{case_id}/advance": "returns",
    "POST /orders/{order_id}/evidence": "evidence_api",
    "POST /merchant/sub-orders/{sub_order_id}/evidence": "evidence_api",
    "GET /after-sales/{case_id}/evidence/{evidence_id}": "evidence_api",
    "GET /merchant/orders": "merchant_api",
    "GET /merchant/sub-orders/{sub_order_id}": "merchant_api",
    "POST /merchant/sub-orders/{sub_order_id}/shipment": "merchant_api",
    "POST /merchant/sub-orders/{sub_order_id}/returns": "merchant_api",
    "GET /reviews": "review_api",
    "POST /reviews/{order_id}": "review_api",
    "POST /orders/{order_id}/address": "order_api",
    "GET /register": "register_api",
    "GET /register/{entry_id}": "register_api",
    "POST /register/{entry_id}/assignment": "register_api",
    "POST /register/{entry_id}/resolution": "register_api",
    "GET /merchant/register": "register_api",
    "POST /merchant/register/{entry_id}/resolution": "register_api",
    "GET /merchant/statements": "settlement_api",
    "GET /merchant/statements/{number}": "settlement_api",
    "GET /merchant/balance": "settlement_api",
    "POST /merchant/withdrawals": "settlement_api",
    "GET /merchant/withdrawals": "settlement_api",
    "GET /operator/payouts": "settlement_api",
    "POST /operator/payouts/{merchant_id}/{currency}/{number}/outcome": "settlement_api",
    "GET /wallet": "member_api",
    "POST /wallet/coupons": "member_api",
    "GET /operator/members/{member_id}": "member_api",
    "POST /operator/members/{member_id}/coupons": "member_api",
    "POST /operator/members/{member_id}/points": "member_api",
    "POST /operator/catalogue/{kind}": "catalogue_api",
    "GET /operator/catalogue/{kind}": "catalogue_api",
    "GET /operator/catalogue/{kind}/{id}": "catalogue_api",
    "GET /operator/stock/{sku}": "stock_api",
    "POST /operator/stock/movements": "stock_api",
    "POST /operator/stock/quotas": "stock_api",
    "POST /operator/stock/shards": "stock_api",
    "POST /operator/stock/drift-check": "stock_api",
    "GET /operator/books/balances": "books_api",
    "POST /operator/books/check": "books_api",
    "GET /operator/reconciliations": "books_api",
    "GET /operator/reconciliations/{day}/{provider}": "books_api",
    "POST /operator/reconciliations": "books_api",
    "POST /operator/reconciliations/{day}/{provider}/explanations": "books_api",
    "POST /operator/bills": "books_api",
    "POST /webhooks/payments/{provider}": "payment_callback",
    "POST /webhooks/carriers/{carrier}": "carrier_callback",
    "POST /webhooks/warehouses/{warehouse}": "warehouse_callback",
}
WEBHOOKS = {
    "POST /webhooks/payments/{provider}",
    "POST /webhooks/carriers/{carrier}",
    "POST /webhooks/warehouses/{warehouse}",
}


def routes_of(stack):
    return {route["RouteKey"]: route for route in stack.resources("AWS::ApiGatewayV2::Route").values()}


def function_behind(stack, route):
    integration = stack.template["Resources"][route["Target"]["Fn::Join"][1][1]["Ref"]]["Properties"]
    assert integration["PayloadFormatVersion"] == "2.0"
    handler = integration["IntegrationUri"]["Fn::GetAtt"][0]
    return stack.template["Resources"][handler]["Properties"]["Handler"].split(".")[1]


def test_every_route_ends_in_its_function_and_there_are_no_others(stack):
    assert {key: function_behind(stack, route) for key, route in routes_of(stack).items()} == ROUTES


def test_every_route_but_the_webhooks_asks_for_a_token(stack):
    [token] = stack.resources("AWS::ApiGatewayV2::Authorizer")

    for key, route in routes_of(stack).items():
        if key in WEBHOOKS:
            assert route["AuthorizationType"] == "NONE"
        else:
            assert (route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", {"Ref": token})


def test_a_token_is_issued_by_our_pool_for_our_client(stack):
    [token] = stack.resources("AWS::ApiGatewayV2::Authorizer").values()
    [pool] = stack.resources("AWS::Cognito::UserPool")
    [client] = stack.resources("AWS::Cognito::UserPoolClient")

    assert token["JwtConfiguration"]["Audience"] == [{"Ref": client}]
    assert token["JwtConfiguration"]["Issuer"]["Fn::Join"][1][-1] == {"Ref": pool}
    assert token["IdentitySource"] == ["$request.header.Authorization"]


def test_nobody_makes_themselves_a_merchant(stack):
    [pool] = stack.resources("AWS::Cognito::UserPool").values()
    [client] = stack.resources("AWS::Cognito::UserPoolClient").values()

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert "merchant_id" in {attribute["Name"] for attribute in pool["Schema"]}
    assert client["WriteAttributes"] == ["email"]
    assert client.get("GenerateSecret", False) is False


def test_the_five_roles_are_the_five_groups(stack):
    groups = {group["GroupName"] for group in stack.resources("AWS::Cognito::UserPoolGroup").values()}

    assert groups == {"buyer", "merchant", "warehouse", "support", "operator"}


@pytest.mark.parametrize(("stage", "limit"), [("dev", 100), ("prod", 1_000)])
def test_requests_are_limited(stacks, stage, limit):
    [settings] = stacks[stage].resources("AWS::ApiGatewayV2::Stage").values()

    assert settings["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": limit,
        "ThrottlingRateLimit": limit,
    }


def test_the_access_log_finds_a_request_and_does_not_tell_who_made_it(stack):
    [settings] = stack.resources("AWS::ApiGatewayV2::Stage").values()
    line = settings["AccessLogSettings"]["Format"]

    assert "$context.requestId" in line
    assert "$context.status" in line
    for personal in ("sourceIp", "identity", "claims", "path", "userAgent"):
        assert personal not in line


def test_cross_origin_requests_are_off(stack):
    [api] = stack.resources("AWS::ApiGatewayV2::Api").values()

    assert "CorsConfiguration" not in api
