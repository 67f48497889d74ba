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
import io.gatehouse.core.balancer.NameError;
import io.gatehouse.core.exchange.HeaderNames;
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
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt while it runs: connection, request, response head, response body, and every way these can fail. */
final class Dispatch extends Watched implements StreamReader.Owner, Upload.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatch.class);

    /** How long the upstream's side of a tunnel may be silent once the client has ended its own. */
    private static final long LAST_WORDS_NANOS = 500_000_000L;

    /** How often an attempt goes to another connection since the one it has got turns out to be ending. */
    private static final int MOST_MOVES = 3;

    private final LiveExchange exchange;
    private final Request request;
    private final Target target;
    private final LiveAttempt record;
    private final Promise<Response> result = Promise.promise();
    private Runnable connecting = () -> {};
    private int moves;
    private @Nullable Wire wire;
    private @Nullable HttpClientResponse answer;
    private @Nullable Upload upload;

    /** The upload, sent or not, until the upstream answers. */
    private @Nullable Upload refusable;

    private long bodyLength;
    private String host = "";
    private boolean begun;
    private boolean sent;
    private boolean uploadStopped;
    private final long most;
    private boolean answered;
    private boolean bodiless;
    private boolean over;
    private boolean upgrading;
    private @Nullable StreamReader tunnel;

    /** @param most bytes of the answer's body */
    Dispatch(LiveExchange exchange, Request request, Target target, LiveAttempt record, long most) {
        this.most = most;
        this.exchange = exchange;
        this.request = request;
        this.target = target;
        this.record = record;
    }

    /** Asks for a tunnel, as the client does. */
    void upgrading() {
        upgrading = true;
    }

    Future<Response> start(HttpClient client, boolean tls, SocketAddress address, int port) {
        if (exchange.ended() || request.isCancelled()) { // while its name was looked up
            fail(Failure.of(FailureKind.CANCELLED, "nobody waits for it"));
            return result.future();
        }
        record.reaches(address.hostAddress(), address.port());
        String named = request.headers().get(HttpHeaders.HOST);
        if (named == null) {
            named = target.hostHeader();
        }
        host = named != null ? named : port == target.port() ? target.authority() : authority(port);
        String name = named == null || !tls ? target.host() : nameOf(named, target.host());
        RequestOptions options = new RequestOptions()
                .setMethod(request.method())
                .setHost(name)
                .setPort(target.port())
                .setSsl(tls)
                .setServer(address)
                .setURI(request.uri())
                .setConnectTimeout(target.connectTimeout().toMillis());
        record.onCancel(this::cancel);
        request.onCancel(this::cancel);
        connecting = () -> connect(client, options);
        connecting.run();
        return result.future();
    }

    private void connect(HttpClient client, RequestOptions options) {
        if (over) {
            return;
        }
        try {
            Future<HttpClientRequest> connection = client.request(options);
            if (!connection.isComplete()) {
                // name, connection and TLS handshake together
                await(target.connectTimeout().toNanos());
            }
            connection.onComplete(this::connected);
        } catch (IllegalArgumentException e) {
            fail(Failure.of(FailureKind.PLUGIN, e)); // a URI or host that a plugin set and that is none
        }
    }

    /** With the port that the name service told. */
    private String authority(int port) {
        return Target.to(target.tls() ? "https" : "http", target.host(), port)
                .build()
                .authority();
    }

    /** The name without port that a {@code Host} header says, for TLS; the other when it is an address or nothing. */
    private static String nameOf(String host, String otherwise) {
        int colon = host.lastIndexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        String label = name.substring(name.lastIndexOf('.') + 1);
        boolean address = name.indexOf(':') >= 0 || label.chars().allMatch(c -> c >= '0' && c <= '9');
        return address ? otherwise : name.toLowerCase(Locale.ROOT);
    }

    /** The answer when the target's name did not resolve. */
    Response unresolved(String host, Throwable cause) {
        over = true;
        Failure failure = Failure.of(FailureKind.RESOLVE, cause);
        record.ended(failure);
        warn(failure);
        return cause instanceof NameError error && !error.isMissing()
                ? exchange.errors().unresolved(exchange, host, error.text(), failure)
                : exchange.errors().failed(exchange, failure);
    }

    private void connected(AsyncResult<HttpClientRequest> connection) {
        unwatch();
        if (connection.failed()) {
            fail(Failures.connecting(connection.cause()));
            return;
        }
        HttpClientRequest out = connection.result();
        Wire carrier = Wire.of(out);
        out.exceptionHandler(e -> {
            if (carrier == wire) {
                broken(exchanging(e));
            }
        });
        if (over) {
            carrier.unused(); // nothing was sent: the connection stays in the pool
            return;
        }
        wire = carrier;
        carrier.begins();
        SocketAddress peer = out.connection().remoteAddress();
        record.connected(peer == null ? null : peer.hostAddress(), peer == null ? target.port() : peer.port());
        if (target.http2() && out.version() != HttpVersion.HTTP_2) {
            broken(Failure.of(FailureKind.TLS, "the upstream does not take HTTP/2 (expected: h2 by ALPN)"));
            return;
        }
        try {
            out.response().onComplete(outcome -> head(carrier, outcome));
            carrier.headers(request.headers(), host);
            MultiMap headers = out.headers();
            exchange.stampRequest(headers);
            headers.remove(HttpHeaders.TRANSFER_ENCODING);
            headers.remove(HttpHeaders.CONTENT_LENGTH);
            if (upgrading) {
                Connections.upgrade(out.connection());
                out.setChunked(true);
                sending();
                carrier.sendHead();
                await(target.readTimeout().toNanos());
                return;
            }
            if (exchange.asksForUpgrade()) {
                headers.remove(HttpHeaders.UPGRADE); // a plugin made another request of it
            }
            body(carrier);
        } catch (IllegalArgumentException e) {
            // a header or URI that a plugin set and that HTTP does not allow
            broken(Failure.of(FailureKind.PLUGIN, e));
        }
    }

    /** What broke an exchange under way, and whether the upstream may have acted on the request. */
    private Failure exchanging(Throwable e) {
        Wire carrier = wire;
        if (carrier != null && !answered && carrier.unprocessed(e)) {
            sent = false;
            BodyReader<Buffer> body = refusable == null ? null : refusable.again();
            if (body != null) {
                upload = null;
                request.body(Body.of(body, bodyLength));
            }
        }
        return Failures.exchanging(e);
    }

    private void body(Wire out) {
        Body body = request.body();
        if (body.isEmpty()) {
            if (expectsBody(request.method()) || saysThatThereIsNone()) {
                out.out.headers().set(HttpHeaders.CONTENT_LENGTH, "0");
            }
            if (sending()) {
                out.end(null, null);
                uploaded();
            }
        } else if (body.isBuffered()) {
            if (sending()) {
                out.end(body.bytes(), null);
                uploaded();
            }
        } else {
            bodyLength = body.length();
            if (bodyLength >= 0) {
                out.out.headers().set(HttpHeaders.CONTENT_LENGTH, Long.toString(bodyLength));
            } else {
                out.out.setChunked(true);
            }
            Upload started = new Upload(this, exchange.loop(), out, body.open(Framing.BYTES), target.writeTimeout());
            upload = started;
            refusable = started;
            started.start();
        }
    }

    private static boolean expectsBody(HttpMethod method) {
        return method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT) || method.equals(HttpMethod.PATCH);
    }

    /** Whether the client has said that its body has no bytes, whatever its method expects. */
    private boolean saysThatThereIsNone() {
        return "0".equals(exchange.original().headers().get(HttpHeaders.CONTENT_LENGTH));
    }

    @Override
    public boolean sending() {
        Wire out = wire;
        if (out != null && out.isOver() && goElsewhere()) {
            return false;
        }
        begun = true;
        sent = true;
        return true;
    }

    /** Takes another connection, for which nothing is lost yet; false when it has to be this one. */
    private boolean goElsewhere() {
        if (moves == MOST_MOVES) {
            return false;
        }
        if (upload != null) {
            BodyReader<Buffer> body = upload.again();
            if (body == null) {
                return false;
            }
            request.body(Body.of(body, bodyLength));
        }
        upload = null;
        refusable = null;
        wire = null;
        moves++;
        exchange.loop().later(connecting);
        return true;
    }

    @Override
    public MultiMap permitted(MultiMap trailers) {
        MultiMap kept = HopByHop.trailers(trailers, exchange.original().headers());
        exchange.credentialsRead().headers().forEach(kept::remove);
        return kept;
    }

    @Override
    public void moving() {
        StreamReader upstream = tunnel;
        if (upstream != null) {
            upstream.stillWaits(); // as nginx does: a tunnel is idle when nothing comes from either side
        }
    }

    @Override
    public void uploaded() {
        upload = null;
        StreamReader upstream = tunnel;
        if (upstream == null) {
            await(target.readTimeout().toNanos());
        } else if (upstream.hasEnded()) {
            over = true;
            record.ended(null);
            exchange.tunnelSent();
        } else {
            upstream.readTimeout(
                    LAST_WORDS_NANOS, Failure.of(FailureKind.CLIENT_GONE, "the client closed the connection"));
        }
    }

    @Override
    public void uploadFailed(Failure failure) {
        suspect(failure);
        upload = null;
        uploadStopped = true;
        StreamReader upstream = tunnel;
        if (upstream == null) {
            broken(failure);
        } else if (upstream.hasEnded()) {
            cancel();
        } else {
            upstream.fail(failure);
        }
    }

    private void head(Wire out, AsyncResult<HttpClientResponse> outcome) {
        if (outcome.succeeded()) {
            // who gives it up knows why, and Vert.x is not to log it as an error
            outcome.result().exceptionHandler(e -> {});
        }
        if (over || out != wire) {
            return; // its connection is closed already, or left
        }
        unwatch();
        if (outcome.failed()) {
            broken(exchanging(outcome.cause()));
            return;
        }
        HttpClientResponse in = outcome.result();
        boolean switched = upgrading && Connections.switched(out.out.connection());
        if (upgrading && !switched) {
            out.end(null, null); // there is no tunnel: the request is whole
        }
        int status = switched ? 101 : in.statusCode();
        String problem = switched ? null : problem(in);
        if (problem != null) {
            broken(Failure.of(FailureKind.INVALID_RESPONSE, problem));
            return;
        }
        answered = true;
        if (refusable != null) {
            refusable.forget();
            refusable = null;
        }
        record.head(status);
        if (HopByHop.closes(in.headers())) {
            out.out.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE); // Vert.x overlooks it among other tokens
        }
        MultiMap headers = HopByHop.fromUpstream(
                in.headers(), HopByHop.takesTrailers(exchange.original().headers()));
        if (!headers.contains(HeaderNames.DATE)) {
            headers.set(HeaderNames.DATE, exchange.loop().date()); // now: whoever keeps the answer sends it later
        }
        boolean none = isBodiless(status);
        long length = none ? 0 : length(headers);
        if (!none || status == 204) {
            headers.remove(HttpHeaders.CONTENT_LENGTH);
        }
        answer = in;
        StreamReader reader = new StreamReader(
                in,
                out,
                true,
                this,
                exchange.loop().sweeper(),
                target.readTimeout().toNanos(),
                Failures::exchanging);
        record.body(reader);
        if (switched) {
            follow(out, reader);
            headers.set(HttpHeaders.UPGRADE, "websocket");
        } else {
            reader.limit(most, FailureKind.INVALID_RESPONSE);
        }
        bodiless = length == 0; // then its end is on its way, and brings the connection back to the pool
        Body body = bodiless ? Body.empty() : Body.of(reader, length);
        result.complete(Response.from(ResponseSource.UPSTREAM, status, headers, body, null));
    }

    private boolean isBodiless(int status) {
        return status == 204 || status == 304 || request.method().equals(HttpMethod.HEAD);
    }

    /** Sends on what comes from the client, once that was told of the tunnel. */
    private void follow(Wire out, StreamReader upstream) {
        tunnel = upstream;
        upstream.endless();
        Upload started = new Upload(this, exchange.loop(), out, exchange.upgrade(), target.writeTimeout());
        upload = started;
        started.follow();
    }

    /** What is wrong with an answer's head, beyond what the codec has refused; null when nothing is. */
    private @Nullable String problem(HttpClientResponse in) {
        int status = in.statusCode();
        MultiMap headers = in.headers();
        if (status < 200 || status > 599) {
            return "status " + status + " (expected: 200-599)";
        }
        String coding = headers.get(HttpHeaders.TRANSFER_ENCODING);
        if (coding != null && !coding.equalsIgnoreCase("chunked")
                || coding != null
                        && headers.getAll(HttpHeaders.TRANSFER_ENCODING).size() > 1) {
            return "transfer coding " + headers.getAll(HttpHeaders.TRANSFER_ENCODING) + " (expected: chunked)";
        }
        if (!isBodiless(status) && length(headers) > most) {
            return "length " + length(headers) + " (expected: at most " + most + ")";
        }
        return null;
    }

    private static long length(MultiMap headers) {
        String value = headers.get(HttpHeaders.CONTENT_LENGTH);
        return value == null ? -1 : Long.parseLong(value); // the codec has refused what is no number
    }

    @Override
    public @Nullable MultiMap trailers() {
        return answer == null ? null : answer.trailers();
    }

    @Override
    public void ended(BodyEnd end) {
        if (tunnel != null && upload != null && end.complete()) {
            return; // the client may have last words
        }
        over = true;
        record.ended(end.failure());
        Failure failure = end.failure();
        if (failure != null) {
            suspect(failure);
        }
        if (upload != null || uploadStopped) {
            giveUp(); // half a request is on the connection
        }
        if (failure != null && failure.kind() != FailureKind.CANCELLED) {
            warn(failure);
        }
    }

    @Override
    public void cancelled() {
        giveUp();
    }

    private void cancel() {
        if (over || bodiless && upload == null) {
            return; // without a body there is nothing to give up, and its connection is worth keeping
        }
        if (tunnel != null && tunnel.hasEnded()) {
            over = true;
            record.ended(null);
            giveUp();
        } else if (answered) {
            giveUp();
        } else {
            broken(Failure.of(FailureKind.CANCELLED, "nobody waits for it any more"));
        }
    }

    /** The attempt has failed. After the head it is for the body's reader to tell, which may still come whole. */
    private void broken(Failure failure) {
        if (!answered) {
            fail(failure);
            giveUp();
        } else if (upload != null) {
            stopUpload();
        }
    }

    private void fail(Failure failure) {
        unwatch();
        if (over) {
            return;
        }
        over = true;
        Failure known = sent ? failure.afterSending() : failure;
        record.ended(known);
        warn(known);
        result.complete(exchange.errors().failed(exchange, known));
    }

    /** Frees what the attempt still holds. The connection is closed at once unless nothing was sent on it. */
    private void giveUp() {
        stopUpload();
        Wire out = wire;
        wire = null;
        if (out == null) {
            return;
        }
        if (begun) {
            out.abort();
        } else {
            out.unused();
        }
    }

    private void suspect(Failure failure) {
        if (wire != null && failure.kind() == FailureKind.TIMEOUT) {
            wire.silent();
        }
    }

    private void stopUpload() {
        Upload sending = upload;
        if (sending != null) {
            upload = null;
            uploadStopped = true;
            sending.cancel();
        }
    }

    private void warn(Failure failure) {
        switch (failure.kind()) {
            case CANCELLED, CLIENT_GONE, INVALID_REQUEST, SHUTDOWN, DEADLINE -> {}
            default ->
                LOG.warn(
                        "upstream failed: target={} kind={} problem=\"{}\" request_id={}",
                        target,
                        failure.kind(),
                        failure.message(),
                        exchange.id());
        }
    }

    @Override
    protected void expired() {
        if (wire == null) {
            fail(Failure.of(
                    FailureKind.CONNECT_TIMEOUT,
                    "no connection within " + target.connectTimeout().toMillis() + " ms"));
        } else {
            Failure failure = Failure.of(
                    FailureKind.TIMEOUT,
                    "no answer within " + target.readTimeout().toMillis() + " ms");
            suspect(failure);
            broken(failure);
        }
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
