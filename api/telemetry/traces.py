"""OpenTelemetry traces, as an option (extra `tracing`): one trace per contact, from the posted call to its completion.

Spans are those of `api.telemetry.spans`, with the engine's own instants; their ids follow from the contact's, so that
a restart in the middle of a call goes on with the same trace. Who posts a call with a `traceparent` finds it linked to
the post.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from api.telemetry.spans import Span, trace_id
from callcenter.errors import BadInput

if TYPE_CHECKING:
    from opentelemetry.trace import Link

NS_PER_MS: Final = 1_000_000
LONGEST_FLUSH_S: Final = 5.0
"""At the end of the service; a collector that does not answer holds nobody up for longer."""


def check_endpoint(endpoint: str | None) -> None:
    """Refuse an address to which nothing can be sent; none is good."""
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise BadInput("traces: {endpoint!r} is no address: write http://127.0.0.1:4318/v1/traces", endpoint=endpoint)


class Traces:
    """Hands spans to a collector from a thread of the library's own; what is too much for it is dropped and said."""

    def __init__(self, endpoint: str, version: str) -> None:
        """Send to `endpoint`, an address that takes OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces.

        Raises:
            BadInput: the extra is not installed.
        """
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        except ImportError:
            raise BadInput("traces: the libraries are missing: pip install 'callcenter[tracing]'") from None
        self._resource = Resource.create({"service.name": "callcenter", "service.version": version})
        self._scope = InstrumentationScope("callcenter", version)
        self._spans = BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=LONGEST_FLUSH_S))

    def hear(self, spans: Iterable[Span]) -> None:
        """Send the spans that ended."""
        for span in spans:
            self._send(span)

    def posted(self, span: Span, traceparent: str | None) -> None:
        """Send the post of a call, linked to the trace of the one who posted."""
        self._send(span, linked(traceparent))

    def _send(self, span: Span, links: "tuple[Link, ...]" = ()) -> None:
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

        flags = TraceFlags(TraceFlags.SAMPLED)
        trace = int(trace_id(span.contact), 16)
        parent = span.parent_id
        failed = span.fields.get("outcome") == "failed"
        self._spans.on_end(
            ReadableSpan(
                span.name,
                context=SpanContext(trace, int(span.span_id, 16), is_remote=False, trace_flags=flags),
                parent=None if parent is None else SpanContext(trace, int(parent, 16), False, flags),
                resource=self._resource,
                attributes={f"callcenter.{span.of}_id": span.subject}
                | {f"callcenter.{name}": value for name, value in span.fields.items()},
                links=links,
                kind=SpanKind.SERVER if span.name == "post" else SpanKind.INTERNAL,
                status=Status(StatusCode.ERROR, str(span.fields.get("cause"))) if failed else Status(),
                start_time=span.begun * NS_PER_MS,
                end_time=span.ended * NS_PER_MS,
                instrumentation_scope=self._scope,
            )
        )

    async def close(self) -> None:
        """Send what is left."""
        ended = asyncio.get_running_loop().run_in_executor(None, self._spans.shutdown)
        await asyncio.wait([ended], timeout=LONGEST_FLUSH_S)


def linked(traceparent: str | None) -> "tuple[Link, ...]":
    """Return the span that a `traceparent` header names (W3C Trace Context), or nothing where it names none."""
    from opentelemetry.trace import Link, SpanContext, TraceFlags

    parts = (traceparent or "").strip().split("-")
    try:
        version, trace, span, flags = (int(part, 16) for part in parts[:4])
    except ValueError:
        return ()
    if version == 0xFF or [len(part) for part in parts[:4]] != [2, 32, 16, 2]:
        return ()
    context = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags))
    return (Link(context),) if context.is_valid else ()
