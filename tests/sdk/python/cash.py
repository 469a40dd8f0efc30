"""The official Python server SDK, unmodified: virtual accounts by API, cash receipts, escrow refusals.

It parses every answer strictly, which makes it the judge of our answers.
Reads NARU_URL, NARU_API_SECRET, NARU_STORE_ID, NARU_CHANNEL_TOSS; exits 0 if everything held.
"""

import uuid

import portone_server_sdk as portone
from common import env, refused, same
from portone_server_sdk import errors
from portone_server_sdk.common import CustomerInput, CustomerNameInput, PaymentAmountInput
from portone_server_sdk.payment import (
    FailedPayment,
    InstantPaymentMethodInput,
    InstantPaymentMethodInputVirtualAccount,
    InstantPaymentMethodInputVirtualAccountExpiry,
    InstantPaymentMethodInputVirtualAccountOption,
    VirtualAccountIssuedPayment,
)
from portone_server_sdk.payment.cash_receipt import (
    CancelledCashReceipt,
    CashReceiptFilterInput,
    IssueCashReceiptCustomerInput,
    IssuedCashReceipt,
)

STORE = env("NARU_STORE_ID")
CHANNEL = env("NARU_CHANNEL_TOSS")
client = portone.PortOneClient(secret=env("NARU_API_SECRET"), base_url=env("NARU_URL"), store_id=STORE)
payment = client.payment
receipts = payment.cash_receipt


# A virtual account, closed before its deposit.
payment_id = f"sdk-py-{uuid.uuid4()}/가상"
account = InstantPaymentMethodInputVirtualAccount(
    bank="KOOKMIN",
    expiry=InstantPaymentMethodInputVirtualAccountExpiry(valid_hours=24),
    option=InstantPaymentMethodInputVirtualAccountOption(type="NORMAL"),
)
order = dict(
    payment_id=payment_id,
    channel_key=CHANNEL,
    method=InstantPaymentMethodInput(virtual_account=account),
    order_name="나루 가상계좌",
    amount=PaymentAmountInput(total=15_000),
    currency="KRW",
    customer=CustomerInput(name=CustomerNameInput(full="김나루")),
)
refused(errors.PaymentNotFoundError, payment.close_virtual_account, payment_id=payment_id)
same(bool(payment.pay_instantly(**order).payment.pg_tx_id), True, "pgTxId")
waiting = payment.get_payment(payment_id=payment_id)
same(type(waiting), VirtualAccountIssuedPayment, "type of an issued account")
same(type(waiting.method).__name__, "PaymentMethodVirtualAccount", "method")
same(waiting.method.bank, "KOOKMIN", "bank")
refused(errors.AlreadyPaidError, payment.pay_instantly, **order)
refused(errors.PaymentNotPaidError, payment.cancel_payment, payment_id=payment_id, reason="아직")
same(bool(payment.close_virtual_account(payment_id=payment_id).closed_at), True, "closedAt")
failed = payment.get_payment(payment_id=payment_id)
same(type(failed), FailedPayment, "type after closing")
same(failed.failure.reason, "가상계좌 말소", "failure.reason")
refused(errors.PaymentNotWaitingForDepositError, payment.close_virtual_account, payment_id=payment_id)

# A cash receipt for money paid elsewhere.
receipt_of = f"sdk-py-{uuid.uuid4()}"
receipt = dict(
    payment_id=receipt_of,
    channel_key=CHANNEL,
    type="CORPORATE",
    order_name="나루 현금영수증",
    currency="KRW",
    amount=PaymentAmountInput(total=11_000, tax_free=1_000),
    customer=IssueCashReceiptCustomerInput(identity_number="123-45-67890"),
)
refused(errors.CashReceiptNotFoundError, receipts.get_cash_receipt_by_payment_id, payment_id=receipt_of)
made = receipts.issue_cash_receipt(**receipt).cash_receipt
same(bool(made.issue_number and made.pg_receipt_id), True, "issueNumber and pgReceiptId")
refused(errors.CashReceiptAlreadyIssuedError, receipts.issue_cash_receipt, **receipt)
shown = receipts.get_cash_receipt_by_payment_id(payment_id=receipt_of)
same(type(shown), IssuedCashReceipt, "type of an issued receipt")
same((shown.amount, shown.tax_free_amount, shown.vat_amount, shown.type), (11_000, 1_000, 909, "CORPORATE"), "receipt")
taken = receipts.cancel_cash_receipt_by_payment_id(payment_id=receipt_of)
same(taken.cancelled_amount, 11_000, "cancelledAmount")
same(type(receipts.get_cash_receipt_by_payment_id(payment_id=receipt_of)), CancelledCashReceipt, "type after")
refused(errors.CashReceiptNotIssuedError, receipts.cancel_cash_receipt_by_payment_id, payment_id=receipt_of)
listed = receipts.get_cash_receipts(filter=CashReceiptFilterInput(payment_id=receipt_of, statuses=["CANCELLED"]))
same((listed.page.total_count, type(listed.items[0])), (1, CancelledCashReceipt), "list")

print("ok")
