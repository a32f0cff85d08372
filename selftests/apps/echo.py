#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""asyncio at both ends: 20 clients at once, each sends its part of a file and ends,
and gets it back from a server that ends after them."""

import asyncio
import sys

CLIENTS = 20


async def echo(reader, writer):
    while text := await reader.read(30000):
        writer.write(text)
        await writer.drain()
    writer.write_eof()
    writer.close()
    await writer.wait_closed()


async def serve(port, *addresses):
    server = await asyncio.start_server(echo, addresses, port)
    await server.serve_forever()


async def talk(address, port, text):
    reader, writer = await asyncio.open_connection(address, port)

    async def send():
        for at in range(0, len(text), 7000):
            writer.write(text[at:at + 7000])
            await writer.drain()
        writer.write_eof()

    _, got = await asyncio.gather(send(), reader.read())
    writer.close()
    await writer.wait_closed()
    return got == text


async def talk_all(port, name, *addresses):
    with open(name, "rb") as f:
        text = f.read()
    size = len(text) // CLIENTS
    right = await asyncio.gather(*(
        talk(addresses[i % len(addresses)], port, text[i * size:(i + 1) * size])
        for i in range(CLIENTS)))
    print(sum(right), "echoes are right")


what, *rest = sys.argv[1:]
asyncio.run({"serve": serve, "talk": talk_all}[what](*rest))
