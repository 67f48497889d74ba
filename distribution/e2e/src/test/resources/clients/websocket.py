"""A WebSocket server that echoes, or a client of one: websocket.py server [CERTIFICATE KEY] | client URI."""

import asyncio
import json
import os
import ssl
import sys

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve


# seconds; the defaults are made for a machine that has nothing else to do
PATIENT = dict(open_timeout=60, close_timeout=60, ping_timeout=60)


async def echo(socket):
    async for message in socket:
        if message == "close me":
            await socket.close(4000, "as you wish")
            return
        await socket.send(message)


async def server(files):
    tls = None
    if files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*files)
    async with serve(
        echo, "127.0.0.1", 0, subprotocols=["chat.v2"], max_size=None, ssl=tls, **PATIENT
    ) as listening:
        print("listening", listening.sockets[0].getsockname()[1], flush=True)
        await listening.wait_closed()


async def client(uri):
    tls = None
    if uri.startswith("wss:"):
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    async with connect(
        uri, subprotocols=["chat.v1", "chat.v2"], max_size=None, ssl=tls, proxy=None, **PATIENT
    ) as socket:
        text = "grüß dich " * 30_000
        binary = os.urandom(1_000_000)
        await socket.send(text)
        await socket.send(binary)
        echoed = await socket.recv() == text and await socket.recv() == binary
        pong = await socket.ping()
        await pong
        protocol = socket.subprotocol
        compressed = "permessage-deflate" in socket.response.headers.get("Sec-WebSocket-Extensions", "")
        await socket.send("close me")
        await socket.wait_closed()
        return dict(
            echoed=echoed,
            protocol=protocol,
            compressed=compressed,
            code=socket.close_code,
            reason=socket.close_reason,
        )


async def main():
    if sys.argv[1] == "server":
        await server(sys.argv[2:])
        return
    try:
        print(json.dumps(await client(sys.argv[2])))
    except websockets.InvalidStatus as refused:
        print(json.dumps(dict(status=refused.response.status_code)))


asyncio.run(main())
