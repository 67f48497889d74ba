"""Calls the service of grpc-service.py: grpc-client.py HOST:PORT. Prints what came of it as JSON."""

import json
import queue
import sys

import grpc

channel = grpc.insecure_channel(sys.argv[1])
key = (("apikey", "k1"),)
got = {}


def failure(method, metadata):
    try:
        channel.unary_unary(method)(b"rex", timeout=30, metadata=metadata)
        return "OK"
    except grpc.RpcError as e:
        return e.code().name + ": " + e.details()


answer, call = channel.unary_unary("/pets.Pets/Unary").with_call(b"abc", timeout=30, metadata=key)
got["unary"] = answer.decode()
got["trailer"] = dict(call.trailing_metadata()).get("x-sum")
got["counted"] = len(list(channel.unary_stream("/pets.Pets/Count")(b"1000", timeout=30, metadata=key)))
pieces = (b"x" * 10000 for _ in range(200))
got["gathered"] = channel.stream_unary("/pets.Pets/Gather")(pieces, timeout=30, metadata=key).decode()
said = queue.Queue()
talk = channel.stream_stream("/pets.Pets/Talk")(iter(said.get, None), timeout=30, metadata=key)
heard = []
for i in range(3):
    said.put(str(i).encode())
    heard.append(next(talk).decode())
said.put(None)
got["talked"] = heard + [last.decode() for last in talk]
got["failed"] = failure("/pets.Pets/Fail", key)
got["stranger"] = failure("/pets.Pets/Unary", ())
got["nowhere"] = failure("/cars.Cars/Get", key)
got["down"] = failure("/down.Down/Get", key)
print(json.dumps(got))
