"""An SDK for Python, told on standard input where to send what; prints the errors that it reports.

`python_sdk.py MODULE HOST`: the SDK's module, and what it calls the address that it sends to.
"""

import importlib
import json
import sys

analytics = importlib.import_module(sys.argv[1])
order = json.load(sys.stdin)
errors: list[str] = []
analytics.write_key = order["writeKey"]
setattr(analytics, sys.argv[2], order["origin"])
analytics.gzip = True
analytics.on_error = lambda error, _: errors.append(str(error))
for calls in order["flushes"]:
    for call in calls:
        arguments = {"user_id": call["userId"], "context": call["context"]}
        if call["type"] == "identify":
            analytics.identify(traits=call["traits"], **arguments)
        else:
            analytics.track(event=call["event"], properties=call["properties"], **arguments)
    analytics.flush()
analytics.shutdown()
print(json.dumps({"errors": errors}))
