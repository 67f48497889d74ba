package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.Framing;
import io.gatehouse.core.exchange.LiveAttempt;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.StreamReader;
import io.gatehouse.core.exchange.Watched;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt while it runs: connection, request, response head, response body, and every way these can fail. */
final class Dispatch extends Watched implements StreamReader.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);

    private final LiveExchange exchange;
    private final Request request;
    private final Target target;
    private final LiveAttempt record;
    private final Promise<Response> result = Promise.promise();
    private @Nullable HttpClientRequest wire;
    private @Nullable BodyReader<Buffer> sending;
    private boolean answered;
    private boolean bodiless;
    private boolean over;
    private boolean sent;

    Dispatch(LiveExchange exchange, Request request, Target target, LiveAttempt record) {
        this.exchange = exchange;
        this.request = request;
        this.target = target;
        this.record = record;
    }

    Future<Response> start(HttpClient client, Redirects.@Nullable Origin redirect) {
        RequestOptions options = new RequestOptions()
                .setMethod(request.method())
                .setHost(target.host())
                .setPort(target.port())
                .setSsl(redirect == null ? target.tls() : redirect.tls())
                .setURI(request.uri())
                .setConnectTimeout(target.connectTimeout().toMillis());
        if (redirect != null) {
            options.setServer(SocketAddress.inetSocketAddress(redirect.port(), redirect.host()));
        }
        record.onCancel(this::cancel);
        request.onCancel(this::cancel);
        try {
            client.request(options).onComplete(this::connected);
        } catch (IllegalArgumentException e) {
            fail(Failure.of(FailureKind.PLUGIN, e)); // a URI or host that a plugin set and that is none
        }
        return result.future();
    }

    private void connected(AsyncResult<HttpClientRequest> outcome) {
        if (outcome.failed()) {
            fail(Failures.connecting(outcome.cause()));
            return;
        }
        HttpClientRequest out = outcome.result();
        if (over) {
            out.reset();
            return;
        }
        wire = out;
        SocketAddress peer = out.connection().remoteAddress();
        record.connected(peer == null ? null : peer.hostAddress(), peer == null ? target.port() : peer.port());
        try {
            head(out);
        } catch (IllegalArgumentException e) {
            // a header or URI that a plugin set and that HTTP does not allow
            out.reset();
            fail(Failure.of(FailureKind.PLUGIN, e));
            return;
        }
        out.exceptionHandler(e -> fail(Failures.exchanging(e)));
        out.response().onComplete(this::head);
        sent = true;
        body(out);
    }

    private void head(HttpClientRequest out) {
        MultiMap headers = out.headers();
        headers.addAll(request.headers());
        headers.remove(HttpHeaders.TRANSFER_ENCODING);
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        if (!headers.contains(HttpHeaders.HOST)) {
            String host = target.hostHeader();
            headers.set(HttpHeaders.HOST, host == null ? target.authority() : host);
        }
    }

    private void body(HttpClientRequest out) {
        Body body = request.body();
        if (body.isEmpty()) {
            if (expectsBody(request.method())) {
                out.headers().set(HttpHeaders.CONTENT_LENGTH, "0");
            }
            out.end();
            await(target.readTimeout().toNanos());
        } else if (body.isBuffered()) {
            out.end(body.bytes());
            await(target.readTimeout().toNanos());
        } else {
            if (body.length() >= 0) {
                out.headers().set(HttpHeaders.CONTENT_LENGTH, Long.toString(body.length()));
            } else {
                out.setChunked(true);
            }
            sending = body.open(Framing.BYTES);
            out.sendHead();
            pump();
        }
    }

    private static boolean expectsBody(HttpMethod method) {
        return method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT) || method.equals(HttpMethod.PATCH);
    }

    /** Sends the request's body piece by piece, never faster than the upstream takes it. */
    private void pump() {
        BodyReader<Buffer> source = sending;
        HttpClientRequest out = wire;
        while (source != null && out != null && !over) {
            if (out.writeQueueFull()) {
                await(target.writeTimeout().toNanos());
                out.drainHandler(v -> {
                    unwatch();
                    pump();
                });
                return;
            }
            Future<@Nullable Buffer> next = source.next();
            if (!next.isComplete()) {
                next.onComplete(item -> {
                    if (!over) {
                        piece(item.result());
                        pump();
                    }
                });
                return;
            }
            piece(next.result());
            source = sending;
        }
    }

    private void piece(@Nullable Buffer buffer) {
        HttpClientRequest out = wire;
        BodyReader<Buffer> source = sending;
        if (out == null || source == null) {
            return;
        }
        if (buffer != null) {
            out.write(buffer);
            return;
        }
        sending = null;
        BodyEnd end = source.end();
        Failure failure = end.failure();
        if (failure == null) {
            out.end();
            if (!answered) {
                await(target.readTimeout().toNanos());
            }
        } else {
            fail(failure);
            reset();
        }
    }

    private void head(AsyncResult<HttpClientResponse> outcome) {
        unwatch();
        if (outcome.failed()) {
            fail(Failures.exchanging(outcome.cause()));
            return;
        }
        HttpClientResponse in = outcome.result();
        in.pause();
        HttpClientRequest out = wire;
        if (over || out == null) {
            in.request().reset();
            return;
        }
        int status = in.statusCode();
        if (status < 200 || status > 599) {
            out.reset();
            fail(Failure.of(FailureKind.INVALID_RESPONSE, "status " + status + " (expected: 200-599)"));
            return;
        }
        answered = true;
        record.head(status);
        MultiMap headers = HopByHop.fromUpstream(in.headers());
        boolean none = status == 204 || status == 304 || request.method().equals(HttpMethod.HEAD);
        long length = none ? 0 : length(headers);
        if (!none || status == 204) {
            headers.remove(HttpHeaders.CONTENT_LENGTH);
        }
        StreamReader reader = new StreamReader(
                in, this, exchange.loop().sweeper(), target.readTimeout().toNanos(), Failures::exchanging);
        Body body;
        if (length == 0) {
            bodiless = true;
            body = Body.empty();
            in.resume(); // so that the end is seen and the connection goes back to the pool
        } else {
            record.body(reader);
            body = Body.of(reader, length);
        }
        result.complete(Response.from(ResponseSource.UPSTREAM, status, headers, body, null));
    }

    private static long length(MultiMap headers) {
        String value = headers.get(HttpHeaders.CONTENT_LENGTH);
        if (value == null) {
            return -1;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            return -1; // Netty has refused conflicting ones; what is left is for the client to see
        }
    }

    @Override
    public void ended(BodyEnd end) {
        over = true;
        record.ended(end.failure());
        BodyReader<Buffer> source = sending;
        HttpClientRequest out = wire;
        if (source != null && out != null) {
            // answered before the request was sent whole: the connection is of no use any more
            sending = null;
            out.reset();
            source.cancel();
        }
        Failure failure = end.failure();
        if (failure != null && failure.kind() != FailureKind.CANCELLED) {
            warn(failure);
        }
    }

    @Override
    public void cancelled() {
        reset();
    }

    private void reset() {
        HttpClientRequest out = wire;
        if (out != null) {
            out.reset();
        }
    }

    private void cancel() {
        if (over || bodiless) {
            return; // without a body there is nothing to give up, and its connection is worth keeping
        }
        if (!answered) {
            fail(Failure.of(FailureKind.CANCELLED, "nobody waits for it any more"));
        }
        reset(); // last: it makes the connection fail, and the first failure is the one that counts
    }

    private void fail(Failure failure) {
        unwatch();
        if (over || answered) {
            return; // after the head, the body's reader tells
        }
        over = true;
        Failure known = sent ? failure.afterSending() : failure;
        record.ended(known);
        if (known.kind() != FailureKind.CANCELLED && known.kind() != FailureKind.INVALID_REQUEST) {
            warn(known);
        }
        BodyReader<Buffer> source = sending;
        if (source != null) {
            sending = null;
            source.cancel();
        }
        result.complete(exchange.errors().failed(exchange, known));
    }

    private void warn(Failure failure) {
        LOG.warn(
                "upstream failed: target={} kind={} problem=\"{}\" request_id={}",
                target,
                failure.kind(),
                failure.message(),
                exchange.id());
    }

    @Override
    protected void expired() {
        fail(Failure.of(
                FailureKind.TIMEOUT, "no answer within " + target.readTimeout().toMillis() + " ms"));
        reset();
    }

    private void await(long nanos) {
        if (!over && !answered) {
            exchange.loop().sweeper().add(this, System.nanoTime() + nanos);
        }
    }

    private void unwatch() {
        exchange.loop().sweeper().remove(this);
    }
}
