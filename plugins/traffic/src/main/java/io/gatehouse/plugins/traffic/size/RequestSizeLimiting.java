package io.gatehouse.plugins.traffic.size;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/** Kong's request-size-limiting, without a body in memory. */
final class RequestSizeLimiting implements Plugin {
    private final long maxBytes;
    private final boolean requireContentLength;

    RequestSizeLimiting(RequestSizeLimitingConfig config) {
        this.maxBytes = config.maxBytes();
        this.requireContentLength = config.requireContentLength();
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        MultiMap headers = request.exchange().original().headers();
        if (requireContentLength
                && !headers.contains("Content-Length")
                && !"chunked".equals(headers.get("Transfer-Encoding"))) {
            return Response.done(Response.error(411, "A valid Content-Length header is required"));
        }
        long length = request.body().length();
        if (length >= 0) {
            return length > maxBytes ? Response.done(refusal(headers)) : next.proceed(request);
        }
        Counter counter = new Counter();
        request.body(request.body().transform(Framing.BYTES, counter));
        return next.proceed(request).map(response -> {
            Failure failure = response.failure();
            if (failure == null || !counter.exceeded || failure.kind() != FailureKind.INVALID_REQUEST) {
                return response;
            }
            response.discard();
            return refusal(headers);
        });
    }

    private static Response refusal(MultiMap headers) {
        String expect = headers.get("Expect");
        boolean asks = expect != null && expect.strip().equalsIgnoreCase("100-continue");
        return Response.error(asks ? 417 : 413, "Request size limit exceeded");
    }

    private final class Counter implements BodyTransform<Buffer> {
        private long bytes;
        private boolean exceeded;

        @Override
        public void item(Buffer piece, Out<Buffer> out) {
            bytes += piece.length();
            if (bytes > maxBytes) {
                exceeded = true;
                out.stop(Failure.of(FailureKind.INVALID_REQUEST, "the body has more than " + maxBytes + " bytes"));
            } else {
                out.emit(piece);
            }
        }
    }
}
