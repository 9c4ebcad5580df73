"""Run by Triton's own clients in an environment of their own: prints what they were answered."""

import json
import sys

import numpy as np
from tritonclient import grpc, http
from tritonclient.utils import InferenceServerException

url, address, *texts = sys.argv[1:]


def over(kind, client):
    about = client.get_model_metadata("tiny", **({"as_json": True} if kind is grpc else {}))
    found = {
        "ready": [client.is_server_live(), client.is_server_ready(), client.is_model_ready("tiny")],
        "inputs": [one["name"] for one in about["inputs"]],
        "server": client.get_server_metadata() is not None,
    }
    for form, binary in (("raw", True), ("typed", False)):
        how = {"binary_data": binary} if kind is http else {}
        given = kind.InferInput("text", [len(texts)], "BYTES")
        given.set_data_from_numpy(np.array(texts, dtype=object), **how)
        wanted = [kind.InferRequestedOutput("answer", **how)]
        answer = client.infer("tiny", [given], outputs=wanted).as_numpy("answer")
        found[form] = [json.loads(one) for one in answer]
    ids = kind.InferInput("input_ids", [1, 3], "INT64")
    ids.set_data_from_numpy(np.array([[2, 9, 3]], dtype=np.int64))
    found["logits"] = list(client.infer("tiny", [ids]).as_numpy("logits").shape)
    try:
        client.infer("other", [ids])
    except InferenceServerException as error:
        found["refused"] = str(error)
    return found


print(
    json.dumps(
        {
            "http": over(http, http.InferenceServerClient(url.removeprefix("http://"))),
            "grpc": over(grpc, grpc.InferenceServerClient(address)),
        }
    )
)
