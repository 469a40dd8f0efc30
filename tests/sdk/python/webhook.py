"""The official Python server SDK's verifier on webhooks that a running naru delivered.

Argument: a JSON file {secrets: [two], stranger, deliveries: [{headers, body}]}; exits 0 if everything held.
"""

import json
import sys
import time

import portone_server_sdk as portone
from portone_server_sdk import webhook

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
assert given["deliveries"]
real_time = time.time


def refused(secret, body, headers):
    try:
        webhook.verify(secret, body, headers)
    except webhook.WebhookVerificationError:
        return True
    return False


for delivery in given["deliveries"]:
    headers, body = delivery["headers"], delivery["body"]
    for secret in given["secrets"]:
        event = webhook.verify(secret, body, headers)
        assert not isinstance(event, dict), f"the SDK does not know {event}"
        assert event.data.payment_id and event.data.store_id and event.data.transaction_id
        assert refused(secret, body.replace("paymentId", "paymentid"), headers)
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            assert refused(secret, body, {k: v for k, v in headers.items() if k != name})
        at = int(headers["webhook-timestamp"])
        for seconds, expected in ((301, True), (-301, True), (298, False), (-298, False)):
            time.time = lambda now=at + seconds: now
            try:
                assert refused(secret, body, headers) == expected, (seconds, expected)
            finally:
                time.time = real_time
    assert refused(given["stranger"], body, headers)

print("ok")
