"""Wallboards that listen to all events until their input ends: `… benchmarks.posting.listeners PORT KEY COUNT`."""

import asyncio
import sys

ROOM = 1 << 18
BATCH_SIZE = 20
GAP_S = 0.1
AGAIN_S = 1.0


async def listen(port: int, key: str) -> None:
    """Read the stream of events, and think nothing of it; who is refused for now comes again, as a browser does."""
    request = f"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=ROOM)
        writer.write(request)
        first = await reader.readline()
        if b" 200 " in first:
            break
        if b" 503 " not in first:
            raise SystemExit(f"the stream is refused: {first!r}")
        writer.close()
        await asyncio.sleep(AGAIN_S)
    print("listens", flush=True)
    while await reader.read(ROOM):
        pass


async def main(port: int, key: str, count: int) -> None:
    """Listen until nobody is at the other end of standard input."""
    tasks = []
    for n in range(count):
        tasks.append(asyncio.create_task(listen(port, key)))
        if n % BATCH_SIZE == BATCH_SIZE - 1:
            await asyncio.sleep(GAP_S)  # boards do not come all in the same instant: those too many would be refused
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
