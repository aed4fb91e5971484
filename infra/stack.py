"""Everything put together: what is handed to whom."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.alarms import Alarms
from infra.api import Api
from infra.books import ARCHIVE, BILLS, REPORTS, ROOTS, Books
from infra.code import our_code
from infra.data import Data
from infra.dead_letters import DeadLetters
from infra.environment import environment
from infra.events import Events
from infra.evidence import Evidence
from infra.function import Defaults, Function
from infra.identity import Identity
from infra.layer import THE_ARCHIVES, Layer
from infra.lifecycle import Lifecycle
from infra.observability import Dashboard
from infra.partners import PARTNER_KEY_HOLDERS, PartnerKeys, watch_partners
from infra.payments import KEY_HOLDERS, PaymentKeys, watch_payments
from infra.permissions import MAY, statements_for
from infra.reconciliation import watch_reconciliation
from infra.schedules import EVERY_HOUR, Schedules
from infra.stage import Config
from shared.lifecycle import Effect

# Less than what the lifecycle machine gives an effect, so that the function's own words arrive.
EFFECT_TIMEOUT_SECONDS = 15
SWEEP_TIMEOUT_SECONDS = 50  # The next sweep, or poll, is a minute away.
KEYS_TIMEOUT_SECONDS = 30
HOURLY_TIMEOUT_SECONDS = 50  # What is left over waits an hour; nobody waits for it.
CALLBACKS = ("payment_callback", "carrier_callback", "warehouse_callback")
HOLDERS = (*PARTNER_KEY_HOLDERS, *KEY_HOLDERS)  # Started afresh in this order, when keys are exchanged.
WITH_PARTNERS = (
    Effect.PUSH_PARCEL,
    Effect.ASK_WAREHOUSE,
    Effect.INTERCEPT_PARCEL,
    Effect.EXPECT_RETURN,
    Effect.FOLLOW_PARCEL,
    Effect.ASK_CARRIER,
)
CARRY_OUT = ("payments", "fulfilment", "splitting", "stock", "judging")  # Effects.
ARCHIVE_TIMEOUT_SECONDS = 600  # A part of five hundred orders takes about one; the next run comes in an hour.
ARCHIVE_MEMORY_MEGABYTES = 1024  # Its layer's library alone is 60.
RECONCILE_TIMEOUT_SECONDS = 840  # A provider's bill alone may take minutes.
PATIENT = ("order_api", "stock_api", "books_api")
PATIENCE_SECONDS = 28  # Where providers are asked, or whole tables read; API Gateway waits thirty.


class OrdercycleStack(Stack):
    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            id,
            description="Ordercycle: an online order's whole life, and every way back.",
            termination_protection=config.keeps_its_data,
            analytics_reporting=False,  # Nothing in the template that a stranger did not ask for.
        )
        self.config = config
        self.alarms = Alarms(self, "Alarms")
        self.data = Data(self, "Data", config=config)
        self.evidence = Evidence(self, "Evidence", key=self.data.key, config=config)
        self.books = Books(self, "Books", key=self.data.key, config=config, alarms=self.alarms)
        self.events = Events(self, "Events", alarms=self.alarms)
        self.lost = self._lost()
        self.sandbox_secret = None if config.keeps_its_data else self._sandbox_secret()
        self.payment_keys = PaymentKeys(self, "PaymentKeys", config=config)
        self.partner_keys = PartnerKeys(self, "PartnerKeys", config=config)
        self.api = Api(self, "Api", config=config, alarms=self.alarms)
        self.functions = self._functions()
        self.schedules = Schedules(
            self,
            "Schedules",
            functions=self.functions,
            lost=self.lost,
            key_holders=[self.functions[name] for name in HOLDERS],
            config=config,
            alarms=self.alarms,
        )
        watch_payments(self.alarms)
        watch_partners(self.alarms)
        watch_reconciliation(self.alarms)
        self.lifecycle = self._lifecycle()
        self.events.announce(self.data.orders, self.functions["relay"])
        self.books.keep(self.data.ledger, self.functions["bookkeeper"])
        self.events.drive(self.lifecycle)
        self.events.register(self.functions["register"], self.lost["register"])
        self.identity = Identity(self, "Identity", config=config)
        self.api.open(self.functions, self.identity)
        self._show()

    def _sandbox_secret(self) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "SandboxSecret",
            description="Signs the sandbox payment provider's webhooks.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=48, exclude_punctuation=True
            ),
            removal_policy=self.config.removal_policy,
        )

    def _arns(self) -> dict[str, str | list[str]]:
        """Return where each thing of infra.permissions is; "" that this stage has none."""
        data, events = self.data, self.events
        return {
            "Orders": data.orders.table_arn,
            **{
                f"Orders/{index}": f"{data.orders.table_arn}/index/{index}"
                for index in ("buyer", "queue", "due", "unfinished", "asking")
            },
            "Parked facts": data.orders.table_arn,
            "Placed orders": data.orders.table_arn,
            "Orders stream": data.orders.table_stream_arn or "",
            "Stock": data.stock.table_arn,
            "Ledger": data.ledger.table_arn,
            "Ledger stream": data.ledger.table_stream_arn or "",
            "Catalogue": data.catalogue.table_arn,
            "Members": data.members.table_arn,
            "Bus": events.bus.event_bus_arn,
            "Lost events": events.lost_events.queue_arn,
            "Sandbox secret": self.sandbox_secret.secret_arn if self.sandbox_secret else "",
            "Payment keys": self.payment_keys.secret_arn,
            "Partner keys": self.partner_keys.secret_arn,
            "Evidence": self.evidence.objects,
            "Evidence bucket": self.evidence.bucket.bucket_arn,
            "Lost postings": self.books.lost_postings.queue_arn,
            "Roots": self.books.objects[ROOTS],
            "Bills": self.books.objects[BILLS],
            "Reports": self.books.objects[REPORTS],
            "Archive": self.books.objects[ARCHIVE],
            "Books bucket": self.books.bucket.bucket_arn,
        }

    def _lost(self) -> dict[str, DeadLetters]:
        """Where calls end that nobody repeats."""
        return {
            "clock": DeadLetters(self, "LostClocks", holds="A deadline's hint", alarms=self.alarms),
            "sweep": DeadLetters(self, "LostSweeps", holds="A sweep", alarms=self.alarms),
            "poll": DeadLetters(self, "LostPolls", holds="A poll of providers", alarms=self.alarms),
            "register": DeadLetters(self, "LostTroubles", holds="News for the register", alarms=self.alarms),
            "keys": DeadLetters(self, "LostKeyChecks", holds="A check of the keys", alarms=self.alarms),
            "closing": DeadLetters(self, "LostClosings", holds="A closing of the books", alarms=self.alarms),
            "reconcile": DeadLetters(
                self, "LostReconciliations", holds="A comparison with bills", alarms=self.alarms
            ),
            "archive": DeadLetters(self, "LostArchivings", holds="A move to the archive", alarms=self.alarms),
        }

    def _functions(self) -> dict[str, Function]:
        arns = self._arns()
        defaults = Defaults(
            config=self.config,
            code=our_code(),
            layer=Layer(self, "Layer"),
            environment=environment(
                config=self.config,
                tables=self.data.names,
                bus_name=self.events.bus.event_bus_name,
                sandbox_secret_arn=self.sandbox_secret.secret_arn if self.sandbox_secret else "",
                payment_keys_arn=self.payment_keys.secret_arn,
                partner_keys_arn=self.partner_keys.secret_arn,
                public_url=self.api.url,
                evidence_bucket=self.evidence.bucket.bucket_name,
                evidence_url=self.evidence.url,
                books_bucket=self.books.bucket.bucket_name,
                books_url=self.books.url,
            ),
            alarms=self.alarms,
        )

        def function(name: str, **particulars: Any) -> Function:
            return Function(self, name, defaults=defaults, may=statements_for(name, arns), **particulars)

        functions = {
            **{name: function(name, concurrency=self.config.callback_concurrency) for name in CALLBACKS},
            **{name: function(name, timeout_seconds=EFFECT_TIMEOUT_SECONDS) for name in CARRY_OUT},
            **{name: function(name, timeout_seconds=PATIENCE_SECONDS) for name in PATIENT},
            "clock": function("clock", gives_up_to=self.lost["clock"]),
            "sweep": function("sweep", gives_up_to=self.lost["sweep"], timeout_seconds=SWEEP_TIMEOUT_SECONDS),
            "register": function("register", gives_up_to=self.lost["register"]),
            "poll": function("poll", gives_up_to=self.lost["poll"], timeout_seconds=SWEEP_TIMEOUT_SECONDS),
            **{
                name: function(name, gives_up_to=self.lost[name], timeout_seconds=HOURLY_TIMEOUT_SECONDS)
                for name in EVERY_HOUR
                if name not in ("archive", "reconcile")
            },
            "reconcile": function(
                "reconcile", gives_up_to=self.lost["reconcile"], timeout_seconds=RECONCILE_TIMEOUT_SECONDS
            ),
            "archive": function(
                "archive",
                gives_up_to=self.lost["archive"],
                timeout_seconds=ARCHIVE_TIMEOUT_SECONDS,
                memory_megabytes=ARCHIVE_MEMORY_MEGABYTES,
                own_layers=[Layer(self, "ArchiveLayer", recipe=THE_ARCHIVES)],
            ),
        }
        functions |= {name: function(name) for name in MAY if name not in (*functions, "keys")}
        arns["Key holders"] = [functions[name].handler.function_arn for name in HOLDERS]
        keys = function("keys", gives_up_to=self.lost["keys"], timeout_seconds=KEYS_TIMEOUT_SECONDS)
        return functions | {"keys": keys}

    def _lifecycle(self) -> Lifecycle:
        return Lifecycle(
            self,
            "Lifecycle",
            orders=self.data.orders,
            carried_out_by={
                Effect.CLOSE_PAYMENTS: self.functions["payments"],
                Effect.SUBMIT_REFUND: self.functions["payments"],
                Effect.SPLIT_ORDER: self.functions["splitting"],
                Effect.MOVE_STOCK: self.functions["stock"],
                Effect.JUDGE_CASE: self.functions["judging"],
                **dict.fromkeys(WITH_PARTNERS, self.functions["fulfilment"]),
            },
            schedules=self.schedules,
            config=self.config,
            alarms=self.alarms,
        )

    def _show(self) -> None:
        """What somebody looks at after a deployment, and what a client needs to sign in."""
        Dashboard(
            self,
            "Dashboard",
            api=self.api,
            functions=self.functions,
            lifecycle=self.lifecycle,
            lost={
                "events": self.events.lost_events,
                "postings": self.books.lost_postings,
                "starts": self.events.lost_starts,
                **{f"{name}s": queue for name, queue in self.lost.items()},
            },
        )
        for name, value in {
            "ApiUrl": self.api.api.api_endpoint,
            "UserPoolId": self.identity.pool.user_pool_id,
            "UserPoolClientId": self.identity.client.user_pool_client_id,
            "AlarmTopicArn": self.alarms.topic.topic_arn,
            "OrdersTable": self.data.orders.table_name,
        }.items():
            CfnOutput(self, name, value=value)
