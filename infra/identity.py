"""Who somebody is: a Cognito user pool whose tokens carry one group and, for merchants, which merchant.

A shop that has its own identity provider gives ``infra.api`` another issuer and audience; what counts are
the claims ``sub``, ``cognito:groups`` and ``custom:merchant_id``.
"""

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.stage import Config

GROUPS = ("buyer", "merchant", "warehouse", "support", "operator")
PASSWORD_LENGTH_MIN = 12


class Identity(Construct):
    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "Users",
            # Nobody becomes a merchant, or anybody at all, by signing up: a group is given by an operator.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            custom_attributes={"merchant_id": cognito.StringAttribute(max_len=64, mutable=True)},
            password_policy=cognito.PasswordPolicy(
                min_length=PASSWORD_LENGTH_MIN,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=config.keeps_its_data,
            removal_policy=config.removal_policy,
        )
        for group in GROUPS:
            self.pool.add_group(group.title(), group_name=group)
        self.client = self.pool.add_client(
            "Shop",
            auth_flows=cognito.AuthFlow(user_srp=True),
            prevent_user_existence_errors=True,
            id_token_validity=Duration.hours(1),
            access_token_validity=Duration.hours(1),
            # Without this list a signed-in user could write any attribute: merchant_id is what we trust.
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
        )
