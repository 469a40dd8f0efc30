"""The V1 (iamport) client of PyPI, unmodified, pointed at a running naru by base URL only: every method it has is called.

Reads NARU_V1_URL, NARU_V1_KEY, NARU_V1_SECRET, NARU_CHANNEL_TOSS_BILLING, NARU_ADMIN_URL, NARU_ADMIN_TOKEN,
NARU_CHANNELS_DIR; exits 0 if everything held.
"""

import os
import pathlib
import time
import uuid

import requests
from iamport import Iamport


def env(name):
    value = os.environ.get(name)
    assert value, f"{name} is not set: start naru demo with --env-file and pass its values on"
    return value


URL = env("NARU_V1_URL")
client = Iamport(imp_key=env("NARU_V1_KEY"), imp_secret=env("NARU_V1_SECRET"), imp_url=f"{URL}/")
# The PG's publicly documented test card.
CARD = {"card_number": "9410-0012-3456-7890", "expiry": "2030-12", "birth": "900101", "pwd_2digit": "12"}


def uid(what):
    return f"v1-py-{what}-{uuid.uuid4()}"


def refused(call, error, code, message=None):
    try:
        call()
    except error as refusal:
        assert refusal.code == code, (refusal.code, getattr(refusal, "message", None))
        if message is not None:
            assert refusal.message == message, refusal.message
        return refusal
    raise AssertionError(f"{code} was expected, but the call succeeded")


# Pay, find, compare.
order = uid("주문")
paid = client.pay_onetime(merchant_uid=order, amount=11000, name="나루 주문", **CARD)
assert paid["status"] == "paid", paid
assert client.find(merchant_uid=order)["imp_uid"] == paid["imp_uid"]
assert client.find_by_merchant_uid(order)["amount"] == 11000
assert client.is_paid(11000, merchant_uid=order) and not client.is_paid(1, response=paid)
refused(lambda: client.find_by_imp_uid(paid["imp_uid"]), Iamport.HttpError, 404)
# The store may show payments of test channels always.
path = pathlib.Path(env("NARU_CHANNELS_DIR"), "store.toml")
fresh = path.with_suffix(".new")
fresh.write_text(path.read_text().replace("[store.v1]\n", "[store.v1]\ninclude_sandbox = true\n"))
fresh.rename(path)
token = {"Authorization": f"Bearer {env('NARU_ADMIN_TOKEN')}"}
reload = requests.post(f"{env('NARU_ADMIN_URL')}/admin/config/reload", headers=token)
assert reload.status_code == 200, reload.text
assert client.find_by_imp_uid(paid["imp_uid"]) == paid
assert client.find(imp_uid=paid["imp_uid"])["merchant_uid"] == order
refused(lambda: client.find(merchant_uid="nobody"), Iamport.HttpError, 404)

# Cancel.
part = client.cancel("변심", imp_uid=paid["imp_uid"], amount=1000, checksum=11000)
assert (part["status"], part["cancel_amount"]) == ("paid", 1000)
whole = client.cancel("변심", merchant_uid=order)
assert (whole["status"], whole["cancel_amount"]) == ("cancelled", 11000)
refused(lambda: client.cancel_by_imp_uid(paid["imp_uid"], "또"), Iamport.ResponseError, 1, "이미 전액취소된 주문입니다.")
refused(lambda: client.cancel_by_merchant_uid("nobody", "x"), Iamport.ResponseError, 1, "취소할 결제건이 존재하지 않습니다.")

# Announced amounts.
announced = uid("prepare")
assert client.prepare(announced, 5000)["amount"] == 5000
assert client.prepare_validate(announced, 5000) and not client.prepare_validate(announced, 1)
refused(
    lambda: client.prepare(announced, 1),
    Iamport.ResponseError,
    1,
    "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).",
)

# Billing keys.
buyer = uid("buyer")
channel = env("NARU_CHANNEL_TOSS_BILLING")
refused(lambda: client.customer_get(buyer), Iamport.HttpError, 404)
key = client.customer_create(customer_uid=buyer, channel_key=channel, customer_name="김나루", **CARD)
assert key["customer_uid"] == buyer and key["customer_name"] == "김나루"
assert client.customer_get(buyer)["pg_provider"] == "tosspayments"
again = client.pay_again(customer_uid=buyer, merchant_uid=uid("again"), amount=3000, name="구독")
assert (again["status"], again["customer_uid"]) == ("paid", buyer), again
refused(
    lambda: client.pay_again(customer_uid="nobody", merchant_uid=uid("x"), amount=1000),
    Iamport.ResponseError,
    1,
    "등록되지 않은 구매자입니다.",
)

# Schedules.
month = uid("month")
due = int(time.time()) + 86400
schedules = [{"merchant_uid": month, "schedule_at": due, "amount": 4000, "name": "월 구독"}]
made = client.pay_schedule(customer_uid=buyer, schedules=schedules)
assert made[0]["schedule_status"] == "scheduled" and made[0]["schedule_at"] == due
assert client.pay_schedule_get(month)["amount"] == 4000
between = client.pay_schedule_get_between(schedule_from=due - 60, schedule_to=due + 60, schedule_status="scheduled")
assert [one["merchant_uid"] for one in between["list"]] == [month]
refused(lambda: client.pay_schedule(customer_uid=buyer, schedules=schedules), Iamport.ResponseError, 1)
revoked = client.pay_unschedule(customer_uid=buyer, merchant_uid=[month])
assert revoked[0]["schedule_status"] == "revoked"
refused(
    lambda: client.pay_unschedule(customer_uid=buyer),
    Iamport.ResponseError,
    1,
    "취소할 예약결제 기록이 존재하지 않습니다.",
)
refused(lambda: client.pay_schedule_get("nobody"), Iamport.HttpError, 404)
assert client.customer_delete(buyer)["customer_uid"] == buyer
refused(lambda: client.customer_delete(buyer), Iamport.HttpError, 404)

# What the client has no method for, by its own session: an account, in a form, to a path with a slash.
headers = client.get_headers()
form = {"merchant_uid": uid("vbank"), "amount": 9900, "vbank_code": "004", "vbank_due": due, "vbank_holder": "나루", "buyer_name": "김나루"}
issued = requests.post(f"{URL}/vbanks/", headers=headers, data=form).json()
assert issued["code"] == 0 and issued["response"]["status"] == "ready", issued
assert client.revoke_vbank_by_imp_uid(issued["response"]["imp_uid"])["status"] == "failed"
moved = requests.put(f"{URL}/payments/prepare", headers=headers, data={"merchant_uid": announced, "amount": 6000}).json()
assert moved["response"]["amount"] == 6000
channels = requests.get(f"{URL}/users/pg", headers={"Authorization": f"Bearer {headers['Authorization']}"}).json()
assert any(one["channel_key"] == channel and one["sandbox"] for one in channels["response"])
assert requests.get(f"{URL}/tiers/ABC", headers=headers).status_code == 404
lost = requests.get(f"{URL}/payments", headers={"Authorization": "lost"})
assert (lost.status_code, lost.json()["code"], lost.json()["message"]) == (401, -1, "Unauthorized")

# Not served: typed refusals.
refused(lambda: client.pay_foreign(merchant_uid=uid("x"), amount=1, **CARD), Iamport.HttpError, 400)
refused(lambda: client.find_certification("imp_1"), Iamport.HttpError, 400)
refused(lambda: client.cancel_certification("imp_1"), Iamport.HttpError, 400)

print("ok")
