package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HttpAnswer;
import io.gatehouse.api.HttpCall;
import io.gatehouse.api.HttpCallException;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Target;
import io.gatehouse.api.TlsOptions;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP client of one plugin instance or factory: whole requests, whole answers, connections of its own. Any thread. */
public final class PluginHttpClient implements HttpCaller {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHttpClient.class);
    private static final int WAITING_PER_TARGET = 1024;
    private static final int MAX_HANDSHAKE_SECONDS = 60;
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    private final Vertx vertx;
    private final Redirects redirects;
    private final HttpOptions options;
    private final TlsDefaults tls;
    private final Map<TlsOptions, HttpClientAgent> clients = new HashMap<>();
    private boolean closed;

    /** Makes a client. */
    public PluginHttpClient(Vertx vertx, Redirects redirects, TlsDefaults tls, HttpOptions options) {
        this.vertx = vertx;
        this.redirects = redirects;
        this.tls = tls;
        this.options = options;
    }

    @Override
    public Future<HttpAnswer> send(HttpCall call) {
        if (call.target().http2()) {
            return Future.failedFuture(new HttpCallException(Failure.of(
                    FailureKind.PLUGIN, "a target of HTTP/2 (expected: of HTTP/1.1, for calls of plugins)")));
        }
        HttpClientAgent client = client(call.target());
        if (client == null) {
            return Future.failedFuture(
                    new HttpCallException(Failure.of(FailureKind.SHUTDOWN, "the plugin has been closed")));
        }
        Context context = vertx.getOrCreateContext();
        Running running = new Running(call);
        // on one event loop from here on, whoever calls: nothing of it needs a lock
        context.runOnContext(v -> running.start(client));
        return running.result.future();
    }

    private synchronized @Nullable HttpClientAgent client(Target target) {
        if (closed) {
            return null;
        }
        return clients.computeIfAbsent(target.tlsOptions(), this::make);
    }

    private HttpClientAgent make(TlsOptions tlsOptions) {
        int seconds = (int)
                Math.min(Integer.MAX_VALUE, options.keepAlive().plusMillis(999).toSeconds());
        HttpClientOptions http = new HttpClientOptions()
                .setKeepAlive(seconds > 0)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setDecompressionSupported(false)
                .setHttp2ClearTextUpgrade(false)
                .setMaxRedirects(0)
                // a call's own time-out is what counts
                .setSslHandshakeTimeout(MAX_HANDSHAKE_SECONDS)
                .setTcpNoDelay(true);
        tls.apply(http, tlsOptions);
        if (seconds > 0) {
            http.setKeepAliveTimeout(seconds);
        }
        return vertx.httpClientBuilder()
                .with(http)
                .with(new PoolOptions().setHttp1MaxSize(options.connections()).setMaxWaitQueueSize(WAITING_PER_TARGET))
                .withConnectHandler(connection -> {
                    Connections.opened(connection, MAX_HEADER_BYTES);
                    // what breaks a connection is told by its calls; an idle one may break unseen
                    connection.exceptionHandler(e -> LOG.debug("a plugin's connection broke", e));
                })
                .build();
    }

    /** Closes all connections; calls that are under way fail. */
    public synchronized Future<Void> close() {
        closed = true;
        return Future.join(clients.values().stream().map(HttpClientAgent::close).toList())
                .mapEmpty();
    }

    private record Answer(int status, MultiMap headers, Buffer body, boolean truncated) implements HttpAnswer {}

    /** One call under way, on one event loop. */
    private final class Running {
        private final HttpCall call;
        private final Promise<HttpAnswer> result = Promise.promise();
        private @Nullable HttpClientRequest wire;
        private boolean over;
        private boolean sent;
        private long timer;

        Running(HttpCall call) {
            this.call = call;
        }

        void start(HttpClientAgent client) {
            Target target = call.target();
            Redirects.Origin redirect = redirects.of(target);
            long timeout = Math.max(1, call.timeout().toMillis());
            RequestOptions request = new RequestOptions()
                    .setMethod(call.method())
                    .setHost(target.host())
                    .setPort(target.port())
                    .setSsl(redirect == null ? target.tls() : redirect.tls())
                    .setURI(call.uri())
                    .setConnectTimeout(Math.min(timeout, target.connectTimeout().toMillis()));
            if (redirect != null) {
                request.setServer(SocketAddress.inetSocketAddress(redirect.port(), redirect.host()));
            }
            timer = vertx.setTimer(
                    timeout, t -> fail(Failure.of(FailureKind.TIMEOUT, "no whole answer within " + timeout + " ms")));
            try {
                client.request(request).onComplete(this::connected);
            } catch (IllegalArgumentException e) {
                // its text would show the URI, which may be a secret
                fail(Failure.of(FailureKind.PLUGIN, "a host or URI that is none"));
            } catch (IllegalStateException e) {
                fail(Failure.of(FailureKind.SHUTDOWN, "the plugin has been closed"));
            }
        }

        private void connected(AsyncResult<HttpClientRequest> outcome) {
            if (outcome.failed()) {
                fail(Failures.connecting(outcome.cause()));
                return;
            }
            HttpClientRequest out = outcome.result();
            if (over) {
                Connections.abort(out.connection());
                return;
            }
            wire = out;
            out.exceptionHandler(e -> fail(Failures.exchanging(e)));
            out.response().onComplete(this::head);
            if (!headers(out.headers())) {
                return;
            }
            sent = true;
            Buffer body = call.body();
            if (body == null) {
                out.end();
            } else {
                out.end(body);
            }
        }

        private boolean headers(MultiMap headers) {
            for (Map.Entry<String, String> header : call.headers()) {
                try {
                    headers.add(header.getKey(), header.getValue());
                } catch (IllegalArgumentException e) {
                    // its text would show the value, which may be a secret
                    fail(Failure.of(
                            FailureKind.PLUGIN, "header " + header.getKey() + ": characters that HTTP does not allow"));
                    return false;
                }
            }
            headers.remove(HttpHeaders.TRANSFER_ENCODING);
            headers.remove(HttpHeaders.CONTENT_LENGTH);
            String host = call.target().hostHeader();
            headers.set(HttpHeaders.HOST, host == null ? call.target().authority() : host);
            return true;
        }

        private void head(AsyncResult<HttpClientResponse> outcome) {
            if (outcome.failed()) {
                fail(Failures.exchanging(outcome.cause()));
                return;
            }
            HttpClientResponse in = outcome.result();
            int status = in.statusCode();
            if (status < 200 || status > 599) {
                fail(Failure.of(FailureKind.INVALID_RESPONSE, "status " + status + " (expected: 200-599)"));
                return;
            }
            Buffer body = Buffer.buffer();
            in.exceptionHandler(e -> fail(Failures.exchanging(e)));
            in.handler(piece -> {
                int room = options.maxAnswerBytes() - body.length();
                if (over) {
                    return;
                }
                if (piece.length() <= room) {
                    body.appendBuffer(piece);
                } else {
                    body.appendBuffer(piece, 0, room);
                    answered(new Answer(status, in.headers(), body, true));
                    reset();
                }
            });
            in.endHandler(v -> answered(new Answer(status, in.headers(), body, false)));
        }

        private void answered(HttpAnswer answer) {
            if (!over) {
                over = true;
                vertx.cancelTimer(timer);
                result.complete(answer);
            }
        }

        private void fail(Failure failure) {
            if (!over) {
                over = true;
                vertx.cancelTimer(timer);
                result.fail(new HttpCallException(sent ? failure.afterSending() : failure));
                reset();
            }
        }

        private void reset() {
            HttpClientRequest out = wire;
            if (out != null) {
                Connections.abort(out.connection());
            }
        }
    }
}
