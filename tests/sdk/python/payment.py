"""The official Python server SDK, unmodified, pointed at a running naru by base URL only.

It parses every answer strictly (types, required members, known words), which makes it the judge of our answers.
Reads NARU_URL, NARU_API_SECRET, NARU_STORE_ID, NARU_CHANNEL_TOSS, NARU_CHANNEL_TOSS_BILLING; exits 0 if everything held.
"""

import json
import uuid
from datetime import datetime, timedelta, timezone

import portone_server_sdk as portone
from common import env, refused, same
from portone_server_sdk import errors
from portone_server_sdk.common import CardCredential, CustomerInput, CustomerNameInput, PageInput, PaymentAmountInput
from portone_server_sdk.payment import (
    CancelledPayment,
    InstantPaymentMethodInput,
    InstantPaymentMethodInputCard,
    PaidPayment,
    PartialCancelledPayment,
    PaymentFilterInput,
    SucceededPaymentCancellation,
)
from portone_server_sdk.payment.billing_key import (
    BillingKeyFilterInput,
    DeletedBillingKeyInfo,
    InstantBillingKeyPaymentMethodInput,
    InstantBillingKeyPaymentMethodInputCard,
    IssuedBillingKeyInfo,
)
from portone_server_sdk.payment.payment_schedule import (
    BillingKeyPaymentScheduleInput,
    PaymentScheduleFilterInput,
    RevokedPaymentSchedule,
    ScheduledPaymentSchedule,
)

STORE = env("NARU_STORE_ID")
CHANNEL = env("NARU_CHANNEL_TOSS")
BILLING_CHANNEL = env("NARU_CHANNEL_TOSS_BILLING")
client = portone.PortOneClient(secret=env("NARU_API_SECRET"), base_url=env("NARU_URL"), store_id=STORE)
payment = client.payment


def order(payment_id, channel_key=CHANNEL, number="9410001234567890"):
    """A key-in payment with the PG's publicly documented test card."""
    credential = CardCredential(
        number=number,
        expiry_year="30",
        expiry_month="12",
        birth_or_business_registration_number="900101",
        password_two_digits="12",
    )
    return dict(
        payment_id=payment_id,
        channel_key=channel_key,
        method=InstantPaymentMethodInput(card=InstantPaymentMethodInputCard(credential=credential)),
        order_name="나루 SDK 주문",
        amount=PaymentAmountInput(total=12_300, tax_free=300),
        currency="KRW",
        customer=CustomerInput(id="buyer-1", name=CustomerNameInput(full="김나루"), email="buyer@example.com"),
        custom_data=json.dumps({"from": "sdk"}),
    )


# Pay, and read it back.
payment_id = f"sdk-py-{uuid.uuid4()}/한글 1"
paid = payment.pay_instantly(**order(payment_id)).payment
found = payment.get_payment(payment_id=payment_id)
same(type(found), PaidPayment, "type of a paid payment")
same(found.id, payment_id, "id")
same(found.store_id, STORE, "storeId")
same((found.amount.total, found.amount.tax_free, found.amount.vat), (12_300, 300, 1_091), "amount")
same(found.channel.key, CHANNEL, "channel.key")
same(found.channel.type, "TEST", "channel.type")
same(type(found.method).__name__, "PaymentMethodCard", "method")
same(found.customer.name, "김나루", "customer.name")
same(found.custom_data, json.dumps({"from": "sdk"}), "customData")
same(found.pg_tx_id, paid.pg_tx_id, "pgTxId")

# Find it in a list (a `+` for a space in the query must not hurt).
now = datetime.now(timezone.utc)
listed = payment.get_payments(
    page=PageInput(number=0, size=100),
    filter=PaymentFilterInput(
        store_id=STORE,
        from_=(now - timedelta(minutes=10)).isoformat(),
        until=(now + timedelta(minutes=10)).isoformat(),
    ),
)
same(any(type(p) is PaidPayment and p.id == payment_id for p in listed.items), True, "payment in the list")

# Twice is once.
refused(errors.AlreadyPaidError, payment.pay_instantly, **order(payment_id))

# Cancel a part, then the rest.
part = payment.cancel_payment(payment_id=payment_id, amount=2_000, tax_free_amount=100, reason="일부 환불").cancellation
same(type(part), SucceededPaymentCancellation, "type of a cancellation")
same((part.total_amount, part.tax_free_amount), (2_000, 100), "cancelled part")
same(type(payment.get_payment(payment_id=payment_id)), PartialCancelledPayment, "type after a partial cancel")
refused(
    errors.CancelAmountExceedsCancellableAmountError,
    payment.cancel_payment,
    payment_id=payment_id,
    amount=10_301,
    reason="너무 많이",
)
rest = payment.cancel_payment(payment_id=payment_id, current_cancellable_amount=10_300, reason="전액 환불").cancellation
same(rest.total_amount, 10_300, "cancelled rest")
cancelled = payment.get_payment(payment_id=payment_id)
same(type(cancelled), CancelledPayment, "type after a full cancel")
same(len(cancelled.cancellations), 2, "cancellations")
same(cancelled.amount.cancelled, 12_300, "amount.cancelled")
refused(errors.PaymentAlreadyCancelledError, payment.cancel_payment, payment_id=payment_id, reason="또")

# Typed errors.
refused(errors.PaymentNotFoundError, payment.get_payment, payment_id=f"absent-{uuid.uuid4()}")
refused(
    errors.ChannelNotFoundError,
    payment.pay_instantly,
    **order(f"sdk-py-{uuid.uuid4()}", channel_key=f"channel-key-{uuid.uuid4()}"),
)
declined = refused(
    errors.PgProviderError, payment.pay_instantly, **order(f"sdk-py-{uuid.uuid4()}", number="0000000000000000")
)
same(declined.pg_code, "INVALID_CARD_NUMBER", "pgCode")
same(bool(declined.pg_message), True, "pgMessage is there")
stranger = portone.PaymentClient(secret="not-a-secret-of-this-store", base_url=env("NARU_URL"), store_id=STORE)
refused(errors.UnauthorizedError, stranger.get_payment, payment_id=payment_id)

# A billing key: issue, look up, pay, schedule, revoke, delete.
keys, schedules = payment.billing_key, payment.payment_schedule
card = order("unused")["method"].card.credential
issued = keys.issue_billing_key(
    channel_key=BILLING_CHANNEL,
    method=InstantBillingKeyPaymentMethodInput(card=InstantBillingKeyPaymentMethodInputCard(credential=card)),
    customer=CustomerInput(id="buyer-1", name=CustomerNameInput(full="김나루")),
    custom_data="구독",
).billing_key_info
key = issued.billing_key
same(key.startswith("billing-key-"), True, "billing key")
same(issued.channels[0].key, BILLING_CHANNEL, "channel of the key")
info = keys.get_billing_key_info(billing_key=key)
same(type(info), IssuedBillingKeyInfo, "type of an issued key")
same(type(info.methods[0]).__name__, "BillingKeyPaymentMethodCard", "method of the key")
infos = keys.get_billing_key_infos(filter=BillingKeyFilterInput(store_id=STORE, customer_id="buyer-1"))
same(any(item.billing_key == key for item in infos.items), True, "key in the list")


def charge(payment_id):
    amount = PaymentAmountInput(total=9_900)
    return dict(payment_id=payment_id, billing_key=key, order_name="구독 1월", amount=amount, currency="KRW")


charged_id = f"sdk-py-{uuid.uuid4()}"
charged = payment.pay_with_billing_key(**charge(charged_id)).payment
found = payment.get_payment(payment_id=charged_id)
same(type(found), PaidPayment, "type of a charged payment")
same((found.billing_key, found.pg_tx_id), (key, charged.pg_tx_id), "billingKey, pgTxId")
refused(errors.AlreadyPaidError, payment.pay_with_billing_key, **charge(charged_id))
planned_id = f"sdk-py-{uuid.uuid4()}"
planned = dict(
    payment_id=planned_id,
    payment=BillingKeyPaymentScheduleInput(
        billing_key=key, order_name="구독 2월", amount=PaymentAmountInput(total=9_900), currency="KRW"
    ),
    time_to_pay=(now + timedelta(hours=1)).isoformat(),
)
schedule_id = schedules.create_payment_schedule(**planned).schedule.id
refused(errors.PaymentScheduleAlreadyExistsError, schedules.create_payment_schedule, **planned)
plan = schedules.get_payment_schedule(payment_schedule_id=schedule_id)
same((type(plan), plan.payment_id, plan.total_amount), (ScheduledPaymentSchedule, planned_id, 9_900), "schedule")
plans = schedules.get_payment_schedules(
    filter=PaymentScheduleFilterInput(billing_key=key, until=(now + timedelta(hours=2)).isoformat())
)
same([item.id for item in plans.items], [schedule_id], "schedules of the key")
refused(errors.PaymentScheduleAlreadyExistsError, keys.delete_billing_key, billing_key=key)
same(schedules.revoke_payment_schedules(billing_key=key).revoked_schedule_ids, [schedule_id], "revoked")
same(
    type(schedules.get_payment_schedule(payment_schedule_id=schedule_id)), RevokedPaymentSchedule, "type when revoked"
)
refused(
    errors.PaymentScheduleAlreadyRevokedError, schedules.revoke_payment_schedules, schedule_ids=[schedule_id]
)
keys.delete_billing_key(billing_key=key, reason="해지", requester="CUSTOMER")
same(type(keys.get_billing_key_info(billing_key=key)), DeletedBillingKeyInfo, "type of a deleted key")
refused(errors.BillingKeyAlreadyDeletedError, payment.pay_with_billing_key, **charge(f"sdk-py-{uuid.uuid4()}"))

# Tokens in place of the secret.
tokens = client.auth.login_via_api_secret(api_secret=env("NARU_API_SECRET"))
again = client.auth.refresh_token(refresh_token=tokens.refresh_token)
same(bool(again.access_token), True, "access token")

print("ok")
