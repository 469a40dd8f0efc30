"""The official Python server SDK, unmodified: the operations that the other scripts do not call.

What this router does not serve ends as the SDK's own typed error.
Reads NARU_URL, NARU_SIM_URL, NARU_API_SECRET, NARU_STORE_ID and NARU_CHANNEL_…; exits 0 if everything held.
"""

import json
import sys
import time
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone

import portone_server_sdk as portone
from common import env, refused, same
from portone_server_sdk import errors
from portone_server_sdk.common import DateRange
from portone_server_sdk.identity_verification import SendIdentityVerificationBodyCustomer
from portone_server_sdk.payment import (
    PaidPaymentEvent,
    PaidPaymentTransaction,
    PartialCancelledPayment,
    PartialCancelledPaymentEvent,
    PaymentFilterInput,
    PaymentLogistics,
    RegisterStoreReceiptBodyItem,
)

STORE, ROUTER, TOSS = env("NARU_STORE_ID"), env("NARU_URL"), env("NARU_CHANNEL_TOSS")
client = portone.PortOneClient(secret=env("NARU_API_SECRET"), base_url=ROUTER, store_id=STORE)
payment = client.payment
since = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
later = (datetime.now(timezone.utc) + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")


def until(what, look):
    for _ in range(40):
        found = look()
        if found:
            return found
        time.sleep(0.25)
    sys.exit(f"{what} did not come")


class Stay(urllib.request.HTTPRedirectHandler):
    """A redirect to the shop is the end of the way back."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))


def post(url, body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with opener.open(request) as answer:
        return json.load(answer)


def through_window(provider, **changes):
    """A buyer at a window, without a browser: what the simulator sends back is sent on, and the result is read."""
    order = {
        "storeId": STORE,
        "orderName": "나루 SDK 창",
        "currency": "KRW",
        "payMethod": "CARD",
        "device": "pc",
        "customer": {"fullName": "김나루", "email": "buyer@example.com", "phoneNumber": "01012345678"},
        "redirectUrl": "https://shop.example/done",
        **changes,
    }
    opened = post(f"{ROUTER}/checkout/payments", order)
    what = {"open": opened["open"], "as": "approve"}
    back = post(f"{env('NARU_SIM_URL')}/_sim/{provider}/authenticate", what)
    body = (back.get("body") or "").encode() or None
    headers = {"content-type": back["contentType"]} if back.get("contentType") else {}
    request = urllib.request.Request(back["url"], body, headers, method=back["method"])
    try:
        opener.open(request).close()
    except urllib.error.HTTPError as error:
        if error.code >= 400:
            sys.exit(f"{back['url']}: {error.code} {error.read()!r}")
    with opener.open(opened["resultUrl"]) as answer:
        return json.load(answer)


# Manual approval: announced, authenticated, then confirmed by the server.
payment_id = f"sdk-py-{uuid.uuid4()}"
payment.pre_register_payment(payment_id=payment_id, total_amount=12_300, currency="KRW")
manual = env("NARU_CHANNEL_TOSS_MANUAL")
authenticated = through_window("toss", paymentId=payment_id, channelKey=manual, totalAmount=12_300)
token = dict(payment_id=payment_id, payment_token=authenticated["paymentToken"], tx_id=authenticated["txId"])
confirm = payment.confirm_payment
refused(errors.InvalidPaymentTokenError, confirm, **{**token, "payment_token": "not-this-one"})
refused(errors.InformationMismatchError, confirm, **token, total_amount=12_301)
confirmed = confirm(**token, currency="KRW", total_amount=12_300, is_test=True)
same(bool(confirmed.pg_tx_id), True, "the confirmed payment's pgTxId")
refused(errors.AlreadyPaidError, confirm, **token)
refused(errors.AlreadyPaidError, payment.pre_register_payment, payment_id=payment_id, total_amount=1)

# Its tries, its webhook again.
tries = payment.get_payment_transactions(payment_id=payment_id).items
same([type(t) for t in tries], [PaidPaymentTransaction], "tries")
until("the webhook", lambda: payment.get_payment(payment_id=payment_id).webhooks)
same(bool(payment.resend_webhook(payment_id=payment_id).webhook.id), True, "the resent webhook's id")
refused(errors.WebhookNotFoundError, payment.resend_webhook, payment_id=payment_id, webhook_id="none")

# A part is given back; the feeds tell it once, in order, from any place.
part = payment.cancel_payment(payment_id=payment_id, amount=2_300, reason="일부").cancellation
stop = payment.stop_payment_cancellation
refused(errors.PaymentCancellationNotPendingError, stop, payment_id=payment_id, cancellation_id=part.id)
refused(errors.PaymentCancellationNotFoundError, stop, payment_id=payment_id, cancellation_id="none")
refused(errors.InvalidRequestError, payment.capture_payment, payment_id=payment_id)
refused(errors.PaymentNotFoundError, payment.capture_payment, payment_id="none")
shop = RegisterStoreReceiptBodyItem(
    store_business_registration_number="1234567890", store_name="가게", total_amount=1, currency="KRW"
)
refused(errors.InvalidRequestError, payment.register_store_receipt, payment_id=payment_id, items=[shop])


def read(feed):
    found, cursor = [], None
    while True:
        page = feed(from_=since, size=1, **({"cursor": cursor} if cursor else {})).items
        if not page:
            return found
        found += page
        cursor = page[0].cursor


stands = [m.payment for m in read(payment.get_all_payments_by_cursor) if m.payment.id == payment_id]
same([type(p) for p in stands], [PartialCancelledPayment], "the payment in its feed")


def changes():
    members = read(payment.get_all_payment_events_by_cursor)
    mine = [m.payment_event for m in members if m.payment_event.payment_id == payment_id]
    return mine if len(mine) > 1 else None


told = [(type(e), e.event_amount) for e in until("both changes", changes)]
same(told, [(PaidPaymentEvent, 12_300), (PartialCancelledPaymentEvent, -2_300)], "changes of money")

# Escrow: a delivery at a gateway that takes it, and calls that it lacks.
escrow_id = f"sdk-py-{uuid.uuid4()}"
products = [{"id": "p-1", "name": "찻잔", "amount": 15_000, "quantity": 1}]
escrow = dict(isEscrow=True, payMethod="TRANSFER", products=products, totalAmount=15_000)
through_window("kcp", paymentId=escrow_id, channelKey=env("NARU_CHANNEL_KCP"), **escrow)
logistics = PaymentLogistics(company="CJ", invoice_number="1234567890", sent_at=since)
applied = payment.apply_escrow_logistics(payment_id=escrow_id, logistics=logistics)
same(bool(applied.applied_at), True, "appliedAt")
refused(errors.InvalidRequestError, payment.modify_escrow_logistics, payment_id=escrow_id, logistics=logistics)
refused(errors.InvalidRequestError, payment.confirm_escrow, payment_id=escrow_id, from_store=True)
found = payment.get_payments(filter=PaymentFilterInput(from_=since, until=later, is_escrow=True)).items
same([p.id for p in found], [escrow_id], "escrow payments")

# Nothing of these stands behind this router: each refusal is typed.
keys = payment.billing_key
refused(errors.BillingKeyNotFoundError, keys.confirm_billing_key, billing_issue_token="none")
refused(errors.InvalidRequestError, keys.confirm_billing_key_issue_and_pay, billing_issue_token="none")
refused(errors.PromotionNotFoundError, payment.promotion.get_promotion, promotion_id="none")
promotions = payment.additional_feature.get_pg_card_promotions
refused(errors.InvalidRequestError, promotions, channel_key=TOSS, amount=1_000)
refused(errors.ChannelNotFoundError, promotions, channel_key="none", amount=1_000)
person = {"identity_verification_id": "i-1"}
identity = client.identity_verification
refused(errors.InvalidRequestError, identity.get_identity_verification, **person)
refused(errors.InvalidRequestError, identity.get_identity_verifications)
refused(errors.InvalidRequestError, identity.confirm_identity_verification, **person, otp="000000")
refused(errors.InvalidRequestError, identity.resend_identity_verification, **person)
customer = SendIdentityVerificationBodyCustomer(name="김나루", phone_number="01012345678", ip_address="192.0.2.7")
how = dict(channel_key=TOSS, customer=customer, operator="SKT", method="SMS")
refused(errors.InvalidRequestError, identity.send_identity_verification, **person, **how)
kakaopay = client.pg_specific.get_kakaopay_payment_order
refused(errors.InvalidRequestError, kakaopay, pg_tx_id="t", channel_key=TOSS)
delivery = dict(
    transaction_id="t",
    delivery_type="DIGITAL",
    delivery_status="DELIVERED",
    estimated_delivery_datetime=since,
    estimated_update_datetime=since,
    refundable=True,
    details="-",
    shipping_address_email="buyer@example.com",
)
refused(errors.InvalidRequestError, client.pg_specific.confirm_paymentwall_delivery, **delivery)
days = DateRange(from_="2026-01-01", until="2026-01-31")
reports = client.reconciliation
refused(errors.InvalidRequestError, reports.get_payment_reconciliation_settlement_vat_report, date_range=days)
refused(errors.InvalidRequestError, reports.get_payment_reconciliation_transaction_vat_report, date_range=days)

print("ok")
