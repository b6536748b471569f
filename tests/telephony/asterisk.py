"""A stand-in for Asterisk's ARI that behaves as a real Asterisk 22 was seen to; nothing rings.

Of a channel in Stasis that hangs up it says `ChannelHangupRequest, ChannelLeftBridge, StasisEnd` and no
`ChannelDestroyed`: who leaves Stasis is no longer subscribed to. An originate whose originator is gone is 400, an
addChannel of a channel that is gone as well.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


class Asterisk:
    """What is there, what was asked of it, and who listens."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[str, Any]] = {}
        self.bridges: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Method and path of every request, oldest first."""
        self.left: list[tuple[str, dict[str, str]]] = []
        """Channels that went on in the dialplan, and where."""
        self.absent: set[str] = set()
        """Endpoints that cannot be called."""
        self.hangs_up_now = ""
        """A channel that hangs up in the moment in which it is to be bridged."""
        self.sockets: list[WebSocket] = []
        self.app = Starlette(
            routes=[
                Route("/ari/channels", self.list_channels, methods=["GET"]),
                Route("/ari/channels", self.originate, methods=["POST"]),
                Route("/ari/channels/{id}", self.one_channel, methods=["GET"]),
                Route("/ari/channels/{id}", self.hang_up, methods=["DELETE"]),
                Route("/ari/channels/{id}/answer", self.answer, methods=["POST"]),
                Route("/ari/channels/{id}/continue", self.go_on, methods=["POST"]),
                Route("/ari/bridges", self.list_bridges, methods=["GET"]),
                Route("/ari/bridges", self.make_bridge, methods=["POST"]),
                Route("/ari/bridges/{id}", self.end_bridge, methods=["DELETE"]),
                Route("/ari/bridges/{id}/moh", self.music, methods=["POST"]),
                Route("/ari/bridges/{id}/addChannel", self.add, methods=["POST"]),
                WebSocketRoute("/ari/events", self.listen),
            ]
        )

    # --- what happens on the telephone side

    async def say(self, kind: str, **more: Any) -> None:
        """Send an event to whoever listens."""
        event = {
            "type": kind, "timestamp": "2026-03-02T09:00:00.000+0000", "application": "callcenter",
            "asterisk_id": "00:00:5e:00:53:01", **more,
        }  # fmt: skip
        for socket in list(self.sockets):
            await socket.send_text(json.dumps(event))

    async def comes(self, channel: str, caller: str = "+442079460958", args: tuple[str, ...] = ()) -> None:
        """Let a caller come to Stasis(callcenter)."""
        data = ",".join(("callcenter", *args))
        self.channels[channel] = {
            "id": channel, "name": f"PJSIP/trunk-{channel}", "state": "Ring", "protocol_id": "x",
            "caller": {"name": 'Ann "Q" & Co', "number": caller}, "connected": {"name": "", "number": ""},
            "accountcode": "", "language": "en", "creationtime": "2026-03-02T09:00:00.000+0000",
            "dialplan": {
                "context": "callcenter", "exten": "5000", "priority": 1, "app_name": "Stasis", "app_data": data,
            },
        }  # fmt: skip
        await self.say("StasisStart", args=list(args), channel=self.channels[channel])

    async def picks_up(self, channel: str) -> None:
        """Let an agent answer."""
        one = self.channels[channel]
        one["state"] = "Up"
        await self.say("StasisStart", args=one["args"].split(","), channel=one)

    async def ends(self, channel: str, cause: int = 16) -> None:
        """Let a channel end: one in Stasis leaves it, one that never answered is destroyed."""
        one = self.channels.pop(channel, None)
        if one is None:
            return
        if one["state"] == "Down":
            await self.say("ChannelDestroyed", cause=cause, cause_txt="", channel=one)
            return
        await self.say("ChannelHangupRequest", channel=one, cause=cause)
        await self._leaves_bridge(one)
        await self.say("StasisEnd", channel=one)

    async def replaces(self, new: str, old: str) -> None:
        """Let an attended transfer put a channel in another's place: in its bridge, in Stasis without arguments."""
        gone = self.channels.pop(old)
        self.channels[new] = {
            "id": new, "name": f"PJSIP/{new}", "state": "Up", "caller": {"name": "", "number": "2001"},
            "dialplan": {"context": "", "exten": "", "priority": 1, "app_name": "Stasis", "app_data": ""},
        }  # fmt: skip
        for bridge in self.bridges.values():
            bridge["channels"] = [new if other == old else other for other in bridge["channels"]]
        await self.say("StasisStart", args=[], channel=self.channels[new], replace_channel=gone)
        await self.say("StasisEnd", channel=gone)

    async def _leaves_bridge(self, one: dict[str, Any]) -> None:
        for bridge in self.bridges.values():
            if one["id"] in bridge["channels"]:
                bridge["channels"] = [other for other in bridge["channels"] if other != one["id"]]
                await self.say("ChannelLeftBridge", bridge=bridge, channel=one)

    # --- what it is asked

    def _note(self, request: Request) -> dict[str, str]:
        self.asked.append(f"{request.method} {request.url.path.removeprefix('/ari')}")
        return dict(request.query_params)

    async def list_channels(self, request: Request) -> Response:
        return JSONResponse(list(self.channels.values()))

    async def list_bridges(self, request: Request) -> Response:
        return JSONResponse(list(self.bridges.values()))

    async def originate(self, request: Request) -> Response:
        asked = self._note(request)
        if asked["originator"] not in self.channels:
            return JSONResponse({"message": "Unable to request channel: originator not found"}, 400)
        if asked["endpoint"] in self.absent:
            return JSONResponse({"message": "Allocation failed"}, 500)
        self.channels[asked["channelId"]] = {
            "id": asked["channelId"], "name": asked["endpoint"], "state": "Down", "args": asked["appArgs"],
            "timeout": asked["timeout"], "caller": {"name": "", "number": ""},
            "dialplan": {"context": "", "exten": "", "priority": 1, "app_name": "AppDial2", "app_data": ""},
        }  # fmt: skip
        return JSONResponse(self.channels[asked["channelId"]])

    async def one_channel(self, request: Request) -> Response:
        found = self.channels.get(request.path_params["id"])
        return JSONResponse({"message": "Channel not found"} if found is None else found, 404 if found is None else 200)

    async def hang_up(self, request: Request) -> Response:
        self._note(request)
        channel = request.path_params["id"]
        if channel not in self.channels:
            return JSONResponse({"message": "Channel not found"}, 404)
        await self.ends(channel)
        return Response(status_code=204)

    async def answer(self, request: Request) -> Response:
        self._note(request)
        if request.path_params["id"] not in self.channels:
            return JSONResponse({"message": "Channel not found"}, 404)
        self.channels[request.path_params["id"]]["state"] = "Up"
        return Response(status_code=204)

    async def go_on(self, request: Request) -> Response:
        asked = self._note(request)
        one = self.channels.pop(request.path_params["id"], None)
        if one is None:
            return JSONResponse({"message": "Channel not found"}, 404)
        self.left.append((one["id"], asked))
        await self._leaves_bridge(one)
        await self.say("StasisEnd", channel=one)
        return Response(status_code=204)

    async def make_bridge(self, request: Request) -> Response:
        asked = self._note(request)
        made = {"id": asked["bridgeId"], "bridge_type": asked["type"], "channels": []}
        return JSONResponse(self.bridges.setdefault(asked["bridgeId"], made))

    async def end_bridge(self, request: Request) -> Response:
        self._note(request)
        self.bridges.pop(request.path_params["id"], None)
        return Response(status_code=204)

    async def music(self, request: Request) -> Response:
        self._note(request)
        self.bridges[request.path_params["id"]]["music"] = True
        return Response(status_code=204)

    async def add(self, request: Request) -> Response:
        asked = self._note(request)
        coming = asked["channel"].split(",")
        if request.path_params["id"] not in self.bridges:
            return JSONResponse({"message": "Bridge not found"}, 404)
        if self.hangs_up_now in coming:  # in the very moment in which an agent answers
            gone, self.hangs_up_now = self.hangs_up_now, ""
            await self.ends(gone)
        if any(channel not in self.channels for channel in coming):
            return JSONResponse({"message": "Channel not found"}, 400)
        for bridge in self.bridges.values():  # a channel is in one bridge at a time
            bridge["channels"] = [other for other in bridge["channels"] if other not in coming]
        self.bridges[request.path_params["id"]]["channels"] += coming
        return Response(status_code=204)

    async def listen(self, socket: WebSocket) -> None:
        assert socket.query_params["app"] == "callcenter"
        await socket.accept()
        self.sockets.append(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            self.sockets.remove(socket)


@asynccontextmanager
async def listening(app: Any, **more: Any) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback and give its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", log_level="warning", timeout_graceful_shutdown=1, **more)
    )
    work = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await work
