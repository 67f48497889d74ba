package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.Framing;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The one door back to the client: commits a response, moves its body with backpressure, and decides how the exchange
 * ended. The first of last byte written, client gone, upstream failed, deadline and shutdown wins, once.
 *
 * <p>Bytes that arrive within one turn of the event loop leave in one write: a short answer is one system call, a
 * streamed event never waits for the next one.
 */
final class Finisher implements StreamReader.PushTarget {
    private static final int GATHER_LIMIT = 64 * 1024;

    /** How long the client's side of a tunnel may outlive the upstream's. */
    private static final long LAST_WORDS_NANOS = 500_000_000L;

    private final LiveExchange exchange;
    private final ClientPort client;
    private @Nullable Response response;
    private @Nullable BodyReader<Buffer> reader;
    private @Nullable StreamReader direct;
    private final Gathering gathered = new Gathering();
    private boolean flushPlanned;
    private boolean stalled;
    private boolean ended;
    private boolean replaced;
    private long stalledSince;

    /** The upstream's side of a tunnel has ended, and the client's has not yet. */
    private final Watched lastWords = new Watched() {
        @Override
        protected void expired() {
            finish(Outcome.Kind.SENT, "ok");
        }
    };

    Finisher(LiveExchange exchange, ClientPort client) {
        this.exchange = exchange;
        this.client = client;
    }

    boolean hasEnded() {
        return ended;
    }

    @Nullable
    Response committed() {
        return response;
    }

    /** Sends what the chain came to; a chain that broke its promise never to fail has an answer too. */
    void commit(AsyncResult<Response> outcome) {
        Response answer = outcome.result();
        if (answer != null) {
            commit(answer);
        } else {
            Throwable cause = outcome.cause();
            broken("intercept", cause == null ? new NullPointerException("the chain gave null") : cause);
        }
    }

    /** Sends a response. From here no error page is possible, unless committing itself fails. */
    void commit(Response answer) {
        if (ended || response != null) {
            answer.discard();
            return;
        }
        try {
            send(answer);
        } catch (Throwable e) {
            broken("commit", e);
        }
    }

    private void send(Response answer) {
        response = answer;
        ErrorPages.adapt(answer, exchange.original());
        exchange.stampHead(answer);
        MultiMap headers = answer.headers();
        int status = answer.status();
        Body body = answer.body();
        if (status == 101 && !exchange.upgraded()) {
            throw new IllegalStateException("status: 101 (expected: 200-599 where nobody asked to switch)");
        }
        boolean hasBody =
                status != 204 && status != 304 && !exchange.original().method().equals(HttpMethod.HEAD);
        if (!hasBody) {
            if (status == 204) {
                headers.remove(HttpHeaders.CONTENT_LENGTH);
            } else if (body.length() > 0) {
                headers.set(HttpHeaders.CONTENT_LENGTH, Long.toString(body.length()));
            }
            headers.remove(HttpHeaders.TRANSFER_ENCODING);
            body.cancel();
            client.head(status, headers, 0, false);
            client.end(null, null, this::sent);
            return;
        }
        headers.remove(HttpHeaders.CONTENT_LENGTH);
        headers.remove(HttpHeaders.TRANSFER_ENCODING);
        client.head(status, headers, body.length(), true);
        if (body.isBuffered()) {
            client.end(body.length() == 0 ? null : body.bytes(), null, this::sent);
            return;
        }
        BodyReader<Buffer> opened = body.open(Framing.BYTES);
        reader = opened;
        planFlush();
        if (opened instanceof StreamReader stream) {
            direct = stream;
            stream.push(this);
        } else {
            pull();
        }
    }

    /** Something threw where nothing may: a 500 while the client has seen nothing, else the response breaks off. */
    private void broken(String phase, Throwable cause) {
        if (ended) {
            return;
        }
        exchange.pluginFailed("unknown", phase, cause);
        if (client.headSent() || replaced) {
            finish(Outcome.Kind.UPSTREAM_FAILED, FailureKind.PLUGIN.name().toLowerCase(Locale.ROOT));
            return;
        }
        replaced = true;
        giveUp(reader, response);
        reader = null;
        direct = null;
        gathered.clear();
        response = null;
        commit(exchange.errors().broken(exchange, "unknown", cause));
    }

    /** Pulls until an item has to be waited for, the client is full, or the end has come. */
    private void pull() {
        BodyReader<Buffer> source = reader;
        try {
            while (source != null && source == reader && !ended && !stalled) {
                Future<@Nullable Buffer> next = source.next();
                if (!next.isComplete()) {
                    next.onComplete(item -> pulled(source, item));
                    return;
                }
                item(source, next);
            }
        } catch (Throwable e) {
            broken("transform", e);
        }
    }

    private void pulled(BodyReader<Buffer> source, AsyncResult<@Nullable Buffer> item) {
        if (!exchange.loop().isCurrent()) {
            exchange.loop().run(() -> pulled(source, item));
            return;
        }
        if (ended || source != reader) {
            return;
        }
        try {
            item(source, item);
        } catch (Throwable e) {
            broken("transform", e);
        }
        pull();
    }

    private void item(BodyReader<Buffer> source, AsyncResult<@Nullable Buffer> item) {
        if (item.failed()) {
            throw new IllegalStateException("next: its future failed", item.cause());
        }
        Buffer buffer = item.result();
        if (buffer == null) {
            end(source.end());
        } else {
            bytes(buffer);
        }
    }

    @Override
    public void bytes(Buffer buffer) {
        if (ended) {
            return;
        }
        gathered.add(buffer);
        if (gathered.length() >= GATHER_LIMIT) {
            flush();
        } else {
            planFlush();
        }
    }

    private void planFlush() {
        if (!flushPlanned) {
            flushPlanned = true;
            exchange.loop().later(() -> {
                flushPlanned = false;
                flush();
            });
        }
    }

    private void flush() {
        if (ended) {
            return;
        }
        Buffer out = gathered.take();
        if (out == null) {
            client.flushHead();
            return;
        }
        client.write(out);
        if (client.isFull() && !stalled) {
            stalled = true;
            stalledSince = System.nanoTime();
            if (direct != null) {
                direct.pausePush();
            }
            client.onDrain(this::drained);
        }
    }

    private void drained() {
        if (!stalled) {
            return;
        }
        stalled = false;
        exchange.addClientNanos(System.nanoTime() - stalledSince);
        if (ended) {
            return;
        }
        if (direct != null) {
            direct.resumePush();
        } else {
            pull();
        }
    }

    @Override
    public void end(BodyEnd end) {
        if (ended) {
            return;
        }
        Failure failure = end.failure();
        if (failure == null) {
            reader = null;
            client.end(gathered.take(), end.trailers(), this::sent);
            return;
        }
        // what came whole is delivered, then the connection tells that the rest is missing
        Buffer last = gathered.take();
        if (last != null) {
            client.write(last);
        } else {
            client.flushHead();
        }
        finish(kind(failure), reason(failure));
    }

    /** Sent, whole or not; of the gateway's own page about a failure the log learns which. */
    private void sent(boolean whole) {
        if (whole && exchange.upgraded() && !clientEnded()) {
            exchange.loop().sweeper().add(lastWords, System.nanoTime() + LAST_WORDS_NANOS);
        } else if (whole) {
            Failure failure = response == null ? null : response.failure();
            finish(Outcome.Kind.SENT, failure == null ? "ok" : reason(failure));
        } else {
            finish(Outcome.Kind.CLIENT_GONE, "closed");
        }
    }

    private boolean clientEnded() {
        StreamReader client = exchange.requestReader();
        return client == null || client.hasEnded();
    }

    /** The upstream has got all that comes from the client's side of the tunnel. */
    void tunnelSent() {
        if (lastWords.watched()) {
            exchange.loop().sweeper().remove(lastWords);
            finish(Outcome.Kind.SENT, "ok");
        }
    }

    private static String reason(Failure failure) {
        return failure.kind().name().toLowerCase(Locale.ROOT);
    }

    /** Ends the exchange in whatever way; the first call counts. */
    void finish(Outcome.Kind kind, String reason) {
        if (ended) {
            return;
        }
        ended = true;
        exchange.loop().sweeper().remove(lastWords);
        if (stalled) {
            exchange.addClientNanos(System.nanoTime() - stalledSince);
        }
        if (kind != Outcome.Kind.SENT) {
            client.reset();
        }
        giveUp(reader, response);
        reader = null;
        exchange.complete(new Outcome(kind, reason));
    }

    /** Frees what a response was read from, or would have been. Code of a plugin may hear of it. */
    private void giveUp(@Nullable BodyReader<Buffer> opened, @Nullable Response unread) {
        try {
            if (opened != null) {
                opened.cancel();
            } else if (unread != null) {
                unread.body().cancel();
            }
        } catch (Throwable e) {
            exchange.pluginFailed("unknown", "cancel", e);
        }
    }

    private static Outcome.Kind kind(Failure failure) {
        return switch (failure.kind()) {
            case CLIENT_GONE -> Outcome.Kind.CLIENT_GONE;
            case DEADLINE -> Outcome.Kind.DEADLINE;
            case SHUTDOWN -> Outcome.Kind.SHUTDOWN;
            default -> Outcome.Kind.UPSTREAM_FAILED;
        };
    }

    ClientPort client() {
        return client;
    }

    /** For a failure that has no response to carry it. */
    static Failure clientGone() {
        return Failure.of(FailureKind.CLIENT_GONE, "the client closed the connection");
    }
}
