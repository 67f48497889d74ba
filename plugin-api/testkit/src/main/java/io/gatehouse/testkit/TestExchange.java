package io.gatehouse.testkit;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Service;
import io.gatehouse.api.Target;
import io.gatehouse.api.Timings;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.Framing;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request that was sent through a plugin, from the client's side and from the upstream's: what came back, what went
 * out, how it ended. While it waits (for a {@link ManualUpstream}, the clock or a paused client) the test can look at it
 * and let things happen, such as {@link #clientLeaves()}.
 */
public final class TestExchange {
    private static final Target NO_SERVICE =
            Target.to("http", "no-service.test", 80).build();

    private final PluginTester tester;
    private final FakeExchange exchange;
    private final List<SentRequest> sent = new ArrayList<>();
    private final List<Live> live = new ArrayList<>();
    private final Set<Request> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Buffer received = Buffer.buffer();
    private final List<String> items = new ArrayList<>();
    private @Nullable Body requestBody;
    private long requestBytes;
    private boolean paused;
    private boolean reading;
    private @Nullable Response response;
    private @Nullable MultiMap responseHeaders;
    private @Nullable String errorMessage;
    private @Nullable BodyReader<Buffer> reader;
    private @Nullable BodyEnd bodyEnd;
    private @Nullable Completion completion;
    private int status;

    TestExchange(PluginTester tester, FakeExchange exchange, boolean paused) {
        this.tester = tester;
        this.exchange = exchange;
        this.paused = paused;
    }

    // ---- what the test looks at

    /**
     * The status that the client got.
     *
     * @throws AssertionError when there is no answer yet
     */
    public int status() {
        head();
        return status;
    }

    /** The first value of a response header, or null. */
    public @Nullable String header(String name) {
        return headers().get(name);
    }

    /** The response headers that the client got. */
    public MultiMap headers() {
        head();
        return Objects.requireNonNull(responseHeaders);
    }

    /** What the client got of the body so far, as UTF-8. */
    public String text() {
        return received.toString(StandardCharsets.UTF_8);
    }

    /** What the client got of the body so far. */
    public Buffer bytes() {
        return received.copy();
    }

    /** The pieces in which the body came so far, as UTF-8. */
    public List<String> pieces() {
        return List.copyOf(items);
    }

    /** The message of an error in the gateway's format; null when the answer is another. */
    public @Nullable String message() {
        head();
        return errorMessage;
    }

    /** Who made the response. */
    public ResponseSource source() {
        return head().source();
    }

    /** Why there is no good response; null when there is nothing wrong. */
    public @Nullable Failure failure() {
        return head().failure();
    }

    /** How the response body ended; null while it has not. */
    public @Nullable BodyEnd bodyEnd() {
        return bodyEnd;
    }

    /** Whether the client has a response head. */
    public boolean isAnswered() {
        return response != null;
    }

    /** Whether the exchange has ended. */
    public boolean isEnded() {
        return completion != null;
    }

    /**
     * The frozen facts.
     *
     * @throws AssertionError when the exchange has not ended
     */
    public Completion completion() {
        if (completion == null) {
            throw new AssertionError(
                    "the exchange has not ended: " + (response == null ? "no response yet" : "body still open"));
        }
        return completion;
    }

    /** How the exchange ended. */
    public Outcome outcome() {
        return completion().outcome();
    }

    /** The exchange, with consumer, attributes and log fields. */
    public FakeExchange exchange() {
        return exchange;
    }

    /** The requests that went to the upstream, in order. */
    public List<SentRequest> upstreamRequests() {
        return List.copyOf(sent);
    }

    /**
     * The one request that went to the upstream.
     *
     * @throws AssertionError when there was none, or more than one
     */
    public SentRequest upstreamRequest() {
        if (sent.size() != 1) {
            throw new AssertionError("requests to the upstream: " + sent + " (expected: exactly one)"
                    + (response == null ? "" : "; the client got " + status + " " + text()));
        }
        return sent.get(0);
    }

    // ---- what the test lets happen

    /** The client goes away, now. */
    public void clientLeaves() {
        finish(Outcome.Kind.CLIENT_GONE, "closed", FailureKind.CLIENT_GONE);
        tester.report();
    }

    /** The exchange's deadline passes, now. */
    public void deadlinePasses() {
        finish(Outcome.Kind.DEADLINE, "deadline", FailureKind.DEADLINE);
        tester.report();
    }

    /** The gateway shuts down, now. */
    public void gatewayShutsDown() {
        finish(Outcome.Kind.SHUTDOWN, "shutdown", FailureKind.SHUTDOWN);
        tester.report();
    }

    /** A paused client takes one more piece of the body, when there is one. */
    public TestExchange read() {
        if (!reading && reader != null && bodyEnd == null) {
            take(reader, true);
        }
        tester.report();
        return this;
    }

    /** A paused client takes all that comes from now on. */
    public TestExchange readAll() {
        paused = false;
        if (!reading && reader != null && bodyEnd == null) {
            take(reader, false);
        }
        tester.report();
        return this;
    }

    // ---- how it runs

    void start(String uri, MultiMap headers, Body body) {
        requestBody = body;
        requestBytes = exchange.original().method().name().length()
                + exchange.original().uri().length()
                + exchange.original().protocol().length()
                + 4L
                + Headers.length(headers)
                + Math.max(0, body.length());
        Next chain = this::sendUpstream;
        List<Plugin> inner = tester.inner();
        for (int i = inner.size() - 1; i >= 0; i--) {
            Plugin plugin = inner.get(i);
            chain = guarded("intercept of a plugin inside", plugin::intercept, chain);
        }
        chain = guarded("intercept", tester.plugin()::intercept, chain);
        if (tester.factory().outerPriority().isPresent()) {
            chain = guarded("admit", tester.plugin()::admit, chain);
        }
        List<Plugin> outer = tester.outer();
        for (int i = outer.size() - 1; i >= 0; i--) {
            Plugin plugin = outer.get(i);
            chain = guarded("intercept of a plugin around", plugin::intercept, chain);
        }
        chain.proceed(new Request(exchange, exchange.original().method(), uri, headers, body))
                .onSuccess(this::commit);
    }

    private Response head() {
        if (response == null) {
            throw new AssertionError("no response yet" + (sent.isEmpty() ? "" : "; waiting for the upstream"));
        }
        return response;
    }

    private void commit(Response answer) {
        if (exchange.ended()) {
            answer.discard();
            return;
        }
        response = answer;
        status = answer.status();
        responseHeaders = Headers.frozen(answer.headers());
        if (exchange.original().method().equals(HttpMethod.HEAD) || status == 204 || status == 304) {
            answer.discard();
            bodyEnd = BodyEnd.ok();
            sentWhole();
            return;
        }
        BodyReader<Buffer> opened = answer.body().open(Framing.BYTES);
        reader = opened;
        if (!paused) {
            take(opened, false);
        }
    }

    /** Reads one piece or all of them; loops while they are there, since a recursion could grow deep. */
    private void take(BodyReader<Buffer> from, boolean one) {
        reading = true;
        while (completion == null) {
            Future<@Nullable Buffer> next = from.next();
            if (!next.isComplete()) {
                next.onComplete(done -> {
                    reading = false;
                    if (completion == null && taken(from, done.result()) && !(one || paused)) {
                        take(from, false);
                    }
                });
                return;
            }
            if (!taken(from, next.result()) || one || paused) {
                break;
            }
        }
        reading = false;
    }

    private boolean taken(BodyReader<Buffer> from, @Nullable Buffer piece) {
        if (piece != null) {
            received.appendBuffer(piece);
            items.add(piece.toString(StandardCharsets.UTF_8));
            return true;
        }
        BodyEnd end = from.end();
        bodyEnd = end;
        Failure failure = end.failure();
        if (failure == null) {
            sentWhole();
        } else {
            Outcome.Kind kind = switch (failure.kind()) {
                case CLIENT_GONE -> Outcome.Kind.CLIENT_GONE;
                case DEADLINE -> Outcome.Kind.DEADLINE;
                case SHUTDOWN -> Outcome.Kind.SHUTDOWN;
                default -> Outcome.Kind.UPSTREAM_FAILED;
            };
            finish(kind, reason(failure), failure.kind());
        }
        return false;
    }

    private void sentWhole() {
        Failure failure = response == null ? null : response.failure();
        finish(Outcome.Kind.SENT, failure == null ? "ok" : reason(failure), FailureKind.CANCELLED);
    }

    private static String reason(Failure failure) {
        return failure.kind().name().toLowerCase(Locale.ROOT);
    }

    private void finish(Outcome.Kind kind, String reason, FailureKind why) {
        if (exchange.ended()) {
            return;
        }
        List<Runnable> hooks = exchange.end();
        if (reader != null) {
            reader.cancel();
        }
        for (Live attempt : live) {
            attempt.abort(Failure.of(why, "the exchange has ended: " + reason));
        }
        if (requestBody != null) {
            requestBody.cancel();
        }
        for (Runnable hook : hooks) {
            try {
                hook.run();
            } catch (RuntimeException e) {
                tester.fault("onEnd", e);
            }
        }
        Response answer = response;
        FakeCompletion.Builder facts = FakeCompletion.of(exchange)
                .outcome(kind, reason)
                .status(answer == null ? 499 : status)
                .source(answer == null ? ResponseSource.GATEWAY : answer.source())
                .bytes(requestBytes, responseBytes())
                .timings(timings());
        if (responseHeaders != null) {
            facts.responseHeaders(responseHeaders);
        }
        Completion frozen = facts.build();
        completion = frozen;
        tester.completed(frozen);
    }

    private long responseBytes() {
        return responseHeaders == null ? 0 : 17 + Headers.length(responseHeaders) + received.length();
    }

    private Timings timings() {
        long total = exchange.elapsedNanos();
        if (live.isEmpty()) {
            boolean cached = response != null && response.source() == ResponseSource.CACHE;
            return new Timings(total, total, cached ? 0 : -1, 0, 0, total);
        }
        FakeAttempt last = live.get(live.size() - 1).attempt;
        long upstream = last.headNanos();
        long receive = last.endNanos() < 0 || upstream < 0 ? 0 : last.endNanos() - upstream;
        return new Timings(
                total,
                live.get(0).attempt.startedAfterNanos(),
                upstream,
                receive,
                0,
                Math.max(0, total - Math.max(0, upstream) - receive));
    }

    /** The innermost link: records the request and hands it to what stands for the upstream. */
    private Future<Response> sendUpstream(Request request) {
        if (exchange.ended()) {
            return Response.done(Upstream.failed(Failure.of(FailureKind.CANCELLED, "the exchange has ended")));
        }
        if (!seen.add(request)) {
            throw new IllegalStateException(
                    "proceed was called twice with one request (expected: request.copy() for each attempt more)");
        }
        SentRequest record = new SentRequest(request.method(), request.uri(), request.headers(), request.target());
        sent.add(record);
        Service service = exchange.service();
        Target target = request.target();
        if (target == null) {
            target = service == null ? NO_SERVICE : service.target();
        }
        FakeAttempt attempt = FakeAttempt.to(target)
                .request(request.method().name(), request.uri())
                .started(exchange.startedAtMillis() + exchange.elapsedNanos() / 1_000_000, exchange.elapsedNanos())
                .attributes(request.attributes().copy());
        exchange.attempt(attempt);
        Live state = new Live(record, attempt, request);
        live.add(state);
        request.onCancel(() -> state.abort(Failure.of(FailureKind.CANCELLED, "cancelled by the plugin")));
        Body original = request.body();
        Watched<Buffer> watched = null;
        if (original.isBuffered() || original.isEmpty()) {
            if (!original.isEmpty()) {
                record.read(original.bytes());
            }
            record.bodyIsWhole();
        } else {
            watched = new Watched<>(original.open(Framing.BYTES), record::read, end -> {
                if (end.complete()) {
                    record.bodyIsWhole();
                }
            });
            request.body(Body.of(watched, original.length()));
        }
        Future<Response> answer;
        try {
            answer = Objects.requireNonNull(tester.upstream().proceed(request), "the test's upstream gave null");
        } catch (RuntimeException e) {
            // not the plugin's fault, so it must not look like it
            throw new AssertionError("the test's upstream broke: " + e, e);
        }
        if (watched != null && !watched.touched) {
            drain(watched);
        }
        answer.onComplete(done -> {
            if (done.succeeded()) {
                state.answered(done.result());
            } else {
                state.answered(Upstream.failed(Failure.of(FailureKind.RESET, done.cause())));
            }
        });
        return state.promise.future();
    }

    private static void drain(Watched<Buffer> body) {
        while (true) {
            Future<@Nullable Buffer> next = body.next();
            if (!next.isComplete()) {
                next.onComplete(done -> {
                    if (done.result() != null) {
                        drain(body);
                    }
                });
                return;
            }
            if (next.result() == null) {
                return;
            }
        }
    }

    /** A link as the gateway makes it: guards throw, null and failed future, limits its own time, cleans up. */
    private Next guarded(String phase, Link link, Next next) {
        return request -> {
            OwnTime own = new OwnTime(phase, next);
            Future<Response> answer;
            try {
                answer = link.handle(request, own);
            } catch (Exception | LinkageError e) {
                return own.broke(e);
            }
            if (answer == null) {
                return own.broke(new NullPointerException(phase + " gave null (expected: a future)"));
            }
            answer.onComplete(done -> {
                if (done.failed()) {
                    if (done.cause() instanceof BodyException body) {
                        own.done(Response.failed(body.failure())); // its sender's fault, not the plugin's
                    } else {
                        own.broke(done.cause());
                    }
                } else if (done.result() == null) {
                    own.broke(new NullPointerException(phase + " gave a future of null (expected: a response)"));
                } else {
                    own.done(done.result());
                }
            });
            own.waits();
            return own.result.future();
        };
    }

    private interface Link {
        @Nullable
        Future<Response> handle(Request request, Next next) throws Exception;
    }

    /** One run of one link: its own time (the clock stops inside next) and what it started. */
    private final class OwnTime implements Next {
        private final String phase;
        private final Next next;
        private final Promise<Response> result = Promise.promise();
        private final List<Child> started = new ArrayList<>();
        private long left = tester.timeLimit().toNanos();
        private long since = tester.clock().nanos();
        private int inside;
        private FakeClock.@Nullable Timer timer;
        private boolean over;

        private OwnTime(String phase, Next next) {
            this.phase = phase;
            this.next = next;
        }

        @Override
        public Future<Response> proceed(Request request) {
            if (over) {
                return Response.done(
                        Upstream.failed(Failure.of(FailureKind.CANCELLED, "this plugin has already answered")));
            }
            if (inside++ == 0) {
                stopTimer();
                left -= tester.clock().nanos() - since;
            }
            Child child = new Child(request);
            started.add(child);
            Future<Response> answer = next.proceed(request);
            answer.onComplete(done -> {
                child.response = done.result();
                if (--inside == 0) {
                    since = tester.clock().nanos();
                    waits();
                }
            });
            return answer;
        }

        private void waits() {
            stopTimer();
            if (!over && inside == 0) {
                timer = tester.clock().after(Duration.ofNanos(Math.max(0, left)), this::expired);
            }
        }

        private void expired() {
            if (live.stream().anyMatch(Live::isWaitedFor)) {
                // the time is the upstream's, as inside next
                left = tester.timeLimit().toNanos();
                waits();
            } else {
                broke(new IllegalStateException(phase + " took longer than its time limit"));
            }
        }

        private void stopTimer() {
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }

        private Future<Response> broke(Throwable cause) {
            if (over) {
                return result.future();
            }
            tester.fault(phase, cause);
            done(Upstream.failed(Failure.of(FailureKind.PLUGIN, cause)));
            return result.future();
        }

        private void done(Response answer) {
            if (over) {
                answer.discard();
                return;
            }
            over = true;
            stopTimer();
            for (Child child : started) {
                Response response = child.response;
                if (response == null) {
                    child.request.cancel();
                } else if (response != answer
                        && response.body() != answer.body()
                        && !response.body().isTaken()) {
                    response.discard();
                }
            }
            if (answer.isUnwritten()) {
                Failure failure = answer.failure();
                String message = failure == null
                        ? Objects.requireNonNullElse(answer.errorMessage(), "")
                        : Upstream.message(failure);
                if (failure != null) {
                    answer.status(Upstream.status(failure));
                }
                errorMessage = message;
                answer.body(Body.of(Buffer.buffer(
                        "{\n  \"message\":\"" + message + "\",\n  \"request_id\":\"" + exchange.id() + "\"\n}")));
                answer.headers().set("Content-Type", "application/json; charset=utf-8");
            }
            result.complete(answer);
        }
    }

    /** A request that a link sent further in, and what came of it. */
    private static final class Child {
        private final Request request;
        private @Nullable Response response;

        private Child(Request request) {
            this.request = request;
        }
    }

    /** One attempt under way. */
    private final class Live {
        private final SentRequest record;
        private final FakeAttempt attempt;
        private final Request request;
        private final Promise<Response> promise = Promise.promise();
        private final long start = tester.clock().nanos();
        private @Nullable Watched<Buffer> body;
        private boolean over;

        private Live(SentRequest record, FakeAttempt attempt, Request request) {
            this.record = record;
            this.attempt = attempt;
            this.request = request;
        }

        private void answered(Response answer) {
            if (promise.future().isComplete()) {
                answer.discard();
                return;
            }
            long now = tester.clock().nanos() - start;
            Failure failure = answer.failure();
            if (failure != null) {
                attempt.failure(failure).endNanos(now);
                over = true;
                promise.complete(answer);
                return;
            }
            attempt.status(answer.status()).connectNanos(0).headNanos(now);
            Body original = answer.body();
            Body passed = original;
            if (original.isBuffered() || original.isEmpty()) {
                attempt.endNanos(now);
                over = true;
            } else {
                Watched<Buffer> watched = new Watched<>(original.open(Framing.BYTES), piece -> {}, this::ended);
                body = watched;
                passed = Body.of(watched, original.length());
            }
            promise.complete(Response.from(ResponseSource.UPSTREAM, answer.status(), answer.headers(), passed, null));
        }

        /** Whether somebody waits for the next bytes of its body. */
        private boolean isWaitedFor() {
            Watched<Buffer> open = body;
            return open != null && open.waited;
        }

        private void ended(BodyEnd end) {
            over = true;
            attempt.endNanos(tester.clock().nanos() - start);
            Failure failure = end.failure();
            if (failure != null) {
                attempt.failure(failure);
                if (failure.kind() == FailureKind.CANCELLED) {
                    record.isCancelledNow();
                }
            }
        }

        private void abort(Failure why) {
            if (over) {
                return;
            }
            over = true;
            record.isCancelledNow();
            attempt.failure(why).endNanos(tester.clock().nanos() - start);
            request.cancel();
            Watched<Buffer> open = body;
            if (open != null) {
                open.cancel();
            }
            promise.tryComplete(Upstream.failed(why));
        }
    }

    /** A reader that tells what passes and how it ended. */
    private static final class Watched<T> implements BodyReader<T> {
        private final BodyReader<T> inner;
        private final java.util.function.Consumer<? super T> items;
        private final java.util.function.Consumer<BodyEnd> ends;
        private boolean touched;
        private boolean waited;
        private boolean over;

        private Watched(
                BodyReader<T> inner,
                java.util.function.Consumer<? super T> items,
                java.util.function.Consumer<BodyEnd> ends) {
            this.inner = inner;
            this.items = items;
            this.ends = ends;
        }

        @Override
        public Future<@Nullable T> next() {
            touched = true;
            Future<@Nullable T> next = inner.next();
            if (next.isComplete()) {
                seen(next.result());
                return next;
            }
            waited = true;
            return next.map(item -> {
                waited = false;
                seen(item);
                return item;
            });
        }

        private void seen(@Nullable T item) {
            if (item != null) {
                items.accept(item);
            } else if (!over) {
                over = true;
                ends.accept(inner.end());
            }
        }

        @Override
        public BodyEnd end() {
            return inner.end();
        }

        @Override
        public void cancel() {
            touched = true;
            inner.cancel();
            if (!over) {
                over = true;
                ends.accept(BodyEnd.truncated(Failure.of(FailureKind.CANCELLED, "cancelled by the reader")));
            }
        }
    }
}
