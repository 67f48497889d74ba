"""A gRPC service that takes bytes for what they are: grpc-service.py PORT-FILE. Ends with its standard input."""

import os
import sys
from concurrent import futures

import grpc


def unary(asked, context):
    context.set_trailing_metadata((("x-sum", str(len(asked))),))
    return b"got " + asked


def fail(asked, context):
    context.abort(grpc.StatusCode.NOT_FOUND, "no such pet: " + asked.decode())


def count(asked, context):
    for i in range(int(asked)):
        yield str(i).encode()


def gather(pieces, context):
    sizes = [len(piece) for piece in pieces]
    return ("%d of %d" % (len(sizes), sum(sizes))).encode()


def talk(pieces, context):
    for piece in pieces:
        yield b"re: " + piece
    yield b"bye"


class Pets(grpc.GenericRpcHandler):
    methods = {
        "/pets.Pets/Unary": grpc.unary_unary_rpc_method_handler(unary),
        "/pets.Pets/Fail": grpc.unary_unary_rpc_method_handler(fail),
        "/pets.Pets/Count": grpc.unary_stream_rpc_method_handler(count),
        "/pets.Pets/Gather": grpc.stream_unary_rpc_method_handler(gather),
        "/pets.Pets/Talk": grpc.stream_stream_rpc_method_handler(talk),
    }

    def service(self, call):
        return self.methods.get(call.method)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
server.add_generic_rpc_handlers((Pets(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
sys.stdin.read()
server.stop(None)
