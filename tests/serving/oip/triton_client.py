"""Run by Triton's own client in an environment of its own: prints what it was answered, as JSON."""

import json
import sys

import numpy as np
from tritonclient import http

port, *texts = sys.argv[1:]
client = http.InferenceServerClient(f"127.0.0.1:{port}")
found = {
    "ready": [client.is_server_live(), client.is_server_ready(), client.is_model_ready("tiny")],
    "inputs": [one["name"] for one in client.get_model_metadata("tiny")["inputs"]],
}
for binary in (True, False):
    given = http.InferInput("text", [len(texts)], "BYTES")
    given.set_data_from_numpy(np.array(texts, dtype=object), binary_data=binary)
    wanted = [http.InferRequestedOutput("answer", binary_data=binary)]
    answer = client.infer("tiny", [given], outputs=wanted).as_numpy("answer")
    found[f"answers {binary}"] = [json.loads(one) for one in answer]
ids = http.InferInput("input_ids", [1, 3], "INT64")
ids.set_data_from_numpy(np.array([[2, 9, 3]], dtype=np.int64))
found["logits"] = list(client.infer("tiny", [ids]).as_numpy("logits").shape)
try:
    client.infer("other", [ids])
except http.InferenceServerException as error:
    found["refused"] = str(error)
print(json.dumps(found))
