package io.gatehouse.testkit;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Canned upstreams. Each is a {@link Next} and can be asked any number of times; a lambda does as well, see {@link
 * PluginTester#upstream}. To step through an answer by hand there is {@link ManualUpstream}.
 *
 * <pre>{@code
 * tester.upstream(Upstream.inTurn(Upstream.fails(FailureKind.CONNECT), Upstream.answers(200, "second")));
 * tester.upstream(Upstream.streams("data: 1\n\n", "data: 2\n\n").thenDies(FailureKind.RESET));
 * }</pre>
 */
public final class Upstream {
    private Upstream() {}

    /** Answers with a status and no body. */
    public static Next answers(int status) {
        return request -> Response.done(response(status, MultiMap.caseInsensitiveMultiMap(), Body.empty()));
    }

    /** Answers with a plain text. */
    public static Next answers(int status, String text) {
        return answers(status, "text/plain", text);
    }

    /** Answers with JSON. */
    public static Next json(int status, String json) {
        return answers(status, "application/json", json);
    }

    /** Answers with a buffered body of this type. */
    public static Next answers(int status, String contentType, String body) {
        return request -> Response.done(response(
                status,
                MultiMap.caseInsensitiveMultiMap().set("Content-Type", contentType),
                Body.of(Buffer.buffer(body))));
    }

    /** Answers with status 200 and a body that comes in these pieces. */
    public static Stream streams(String... pieces) {
        return new Stream(List.of(pieces));
    }

    /** Answers with the request's own body. */
    public static Next echo() {
        return request -> {
            MultiMap headers = MultiMap.caseInsensitiveMultiMap();
            String type = request.headers().get("Content-Type");
            if (type != null) {
                headers.set("Content-Type", type);
            }
            return Response.done(response(200, headers, request.body()));
        };
    }

    /** Never gives an answer: the gateway's response for this fault. Bytes count as sent unless nothing could be. */
    public static Next fails(FailureKind kind) {
        Failure failure = failure(kind, true);
        return request -> Response.done(failed(failure));
    }

    /** Takes requests and never answers. */
    public static Next silent() {
        return request -> Promise.<Response>promise().future();
    }

    /** The first request goes to the first, and so on; the last one takes the rest. */
    public static Next inTurn(Next... upstreams) {
        List<Next> all = List.of(upstreams);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("upstreams: none (expected: one or more)");
        }
        return new Next() {
            private int asked;

            @Override
            public Future<Response> proceed(Request request) {
                return all.get(Math.min(asked++, all.size() - 1)).proceed(request);
            }
        };
    }

    static Response response(int status, MultiMap headers, Body body) {
        return Response.from(ResponseSource.UPSTREAM, status, headers, body, null);
    }

    static Failure failure(FailureKind kind, boolean maySend) {
        Failure failure = Failure.of(kind, "planted by the test");
        return switch (kind) {
            case RESOLVE, CONNECT, CONNECT_TIMEOUT, TLS, OVERLOADED -> failure;
            default -> maySend ? failure.afterSending() : failure;
        };
    }

    /** What the gateway answers when the upstream gave nothing: Kong's statuses and texts. */
    static Response failed(Failure failure) {
        return Response.from(
                ResponseSource.GATEWAY,
                status(failure),
                MultiMap.caseInsensitiveMultiMap().set("Content-Type", "application/json; charset=utf-8"),
                Body.of(Buffer.buffer("{\n  \"message\":\"" + message(failure) + "\"\n}")),
                failure);
    }

    static int status(Failure failure) {
        return switch (failure.kind()) {
            case RESOLVE, OVERLOADED, SHUTDOWN -> 503;
            case CONNECT_TIMEOUT, TIMEOUT, DEADLINE -> 504;
            case PLUGIN -> 500;
            case INVALID_REQUEST, CLIENT_GONE -> 400;
            default -> 502;
        };
    }

    static String message(Failure failure) {
        return switch (failure.kind()) {
            case RESOLVE -> "name resolution failed";
            case OVERLOADED, SHUTDOWN -> "The upstream server is currently unavailable";
            case CONNECT_TIMEOUT, TIMEOUT, DEADLINE -> "The upstream server is timing out";
            case PLUGIN -> "An unexpected error occurred";
            case INVALID_REQUEST, CLIENT_GONE -> "Bad request";
            default -> "An invalid response was received from the upstream server";
        };
    }

    /** An answer that comes in pieces. */
    public static final class Stream implements Next {
        private final List<String> pieces;
        private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        private int status = 200;
        private boolean gzip;
        private @Nullable FailureKind death;

        private Stream(List<String> pieces) {
            this.pieces = pieces;
        }

        /** Sets the status. */
        public Stream status(int status) {
            this.status = status;
            return this;
        }

        /** Adds a response header. */
        public Stream header(String name, String value) {
            headers.add(name, value);
            return this;
        }

        /** Compresses the body, whether it was asked for or not; each piece can be read as soon as it has come. */
        public Stream gzip() {
            this.gzip = true;
            headers.set("Content-Encoding", "gzip");
            return this;
        }

        /** Breaks off after the pieces instead of ending. */
        public Stream thenDies(FailureKind kind) {
            this.death = Objects.requireNonNull(kind, "kind");
            return this;
        }

        @Override
        public Future<Response> proceed(Request request) {
            ChunkReader reader = new ChunkReader();
            FailureKind kind = death;
            if (gzip) {
                compressed(kind == null).forEach(reader::give);
            } else {
                pieces.forEach(piece -> reader.give(Buffer.buffer(piece)));
            }
            reader.end(kind == null ? BodyEnd.ok() : BodyEnd.truncated(failure(kind, true)));
            return Response.done(response(status, Headers.copy(headers), Body.of(reader, -1)));
        }

        private List<Buffer> compressed(boolean whole) {
            List<Buffer> made = new ArrayList<>();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(bytes, true)) {
                for (String piece : pieces) {
                    out.write(piece.getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    made.add(Buffer.buffer(bytes.toByteArray()));
                    bytes.reset();
                }
                if (whole) {
                    out.finish();
                    made.add(Buffer.buffer(bytes.toByteArray()));
                }
            } catch (IOException e) {
                throw new UncheckedIOException("writing to memory does not fail", e);
            }
            return made;
        }
    }
}
