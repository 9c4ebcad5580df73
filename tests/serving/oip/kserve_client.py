"""Run by KServe's own clients in an environment of their own: prints what they were answered."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

url, address, *texts = sys.argv[1:]


def asking(name, array, datatype, binary, model="tiny"):
    given = InferInput(name=name, shape=list(array.shape), datatype=datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[given])


def read(output):
    rows = output.as_numpy().reshape(-1)
    return [json.loads(one) for one in rows]


async def over(ready, infer):
    found = {"ready": ready}
    column = np.array(texts, dtype=object)
    for form, binary in (("raw", True), ("typed", False)):
        answer = await infer(asking("text", column, "BYTES", binary))
        found[form] = read(next(one for one in answer.outputs if one.name == "answer"))
    ids = np.array([[2, 9, 3]], dtype=np.int64)
    answer = await infer(asking("input_ids", ids, "INT64", False))
    found["logits"] = list(answer.outputs[0].as_numpy().shape)
    try:
        await infer(asking("input_ids", ids, "INT64", False, "other"))
    except Exception as error:
        found["refused"] = f"{error} {getattr(error, 'details', str)()}"
    return found


async def main():
    rest = InferenceRESTClient(RESTConfig(protocol="v2", retries=0, timeout=60))
    grpc = InferenceGRPCClient(address, channel_args=[("grpc.enable_retries", 0)])

    async def over_rest(request):
        return await rest.infer(url, request, model_name=request.model_name)

    async def over_grpc(request):
        return await grpc.infer(request)

    ready = [
        [await rest.is_server_live(url), await rest.is_server_ready(url),
         await rest.is_model_ready(url, "tiny")],
        [await grpc.is_server_live(), await grpc.is_server_ready(),
         await grpc.is_model_ready("tiny")],
    ]  # fmt: skip
    print(json.dumps({"http": await over(ready[0], over_rest),
                      "grpc": await over(ready[1], over_grpc)}))  # fmt: skip
    await grpc.close()


asyncio.run(main())
