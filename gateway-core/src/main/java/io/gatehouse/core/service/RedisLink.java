package io.gatehouse.core.service;

import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one Redis: all calls go over one connection, one behind the other, and share one breaker, so that a request never
 * waits longer than the time-out, and none waits while the breaker is open.
 *
 * <p>A call that is not answered within the time-out opens the breaker: all calls that wait behind it fail with it, and none is
 * sent. Whatever else goes wrong, and is known at once, opens it when it happens {@link #FAILURES} times in a row: an answer that
 * is an error, a connection that is refused or breaks. The latter counts once, however many calls it carried.
 *
 * <p>While the breaker is open one call at a time, for which no client waits, tries again, and the first one that is answered
 * closes it. After a time-out the first is sent at once, so that a moment's silence is over soon; the others after a pause each.
 *
 * <p>The log tells the first failure of a row, that the breaker opens and that it closes. Rows that come and go, as where reading
 * works and writing does not, are told once a minute.
 *
 * <p>Any thread; all of it happens on one event loop.
 */
public final class RedisLink {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    /** So often in a row something goes wrong before the breaker opens. */
    static final int FAILURES = 5;

    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 8000;

    /** What is sent to see whether Redis is back: it runs a script and writes, so that whatever fails clients' calls fails this. */
    private static final Request PROBE = Request.cmd(Command.EVAL)
            .arg("return redis.call('SET', KEYS[1], '1', 'PX', 1000)")
            .arg(1)
            .arg("gatehouse:probe");

    private final Vertx vertx;
    private final RedisOptions options;
    private final Consumer<NetClientOptions> trust;
    private final Context loop;

    /** All that are not over, the eldest first, and some that are. */
    private final Deque<Call<?>> calls = new ArrayDeque<>();

    private boolean watched;
    private @Nullable Line line;
    private boolean closed;
    private boolean open;
    private int failures;

    /** When the first failure of a row was told; 0 for never since the breaker closed. */
    private long toldNanos;

    /** Before the next try; 0 when a call was answered since the last one. */
    private long pauseMillis;

    RedisLink(Vertx vertx, RedisOptions options, Consumer<NetClientOptions> trust) {
        this.vertx = vertx;
        this.options = options;
        this.trust = trust;
        this.loop = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
    }

    /** A connection, be it in the making. */
    private static final class Line {
        private final Redis client;
        private final Future<RedisConnection> connection;
        private boolean counted;

        private Line(Redis client, Future<RedisConnection> connection) {
            this.client = client;
            this.connection = connection;
        }

        /** Whether what went wrong is an answer, and the connection as good as before. */
        private boolean outlives(Throwable cause) {
            return connection.succeeded()
                    && cause instanceof Response
                    && !"CONNECTION_CLOSED".equals(cause.getMessage()); // which the client says itself
        }
    }

    /** A request that waits for its answer. */
    private static final class Call<T> {
        private final Function<@Nullable Response, T> read;
        private final Promise<T> promise;
        private final long deadlineNanos;
        private boolean late;

        private Call(Function<@Nullable Response, T> read, Promise<T> promise, long deadlineNanos) {
            this.read = read;
            this.promise = promise;
            this.deadlineNanos = deadlineNanos;
        }

        private boolean isOver() {
            return promise.future().isComplete();
        }
    }

    /** Sends a request and reads its answer, on one loop; the future completes on the caller's, and fails with why it did not. */
    <T> Future<T> call(Request request, Function<@Nullable Response, T> read) {
        Promise<T> promise = ((ContextInternal) vertx.getOrCreateContext()).promise();
        loop.runOnContext(v -> {
            if (closed || open) {
                promise.fail(problem(closed ? "closed" : "cannot be reached, and is not tried again yet", null));
            } else {
                send(request, read, promise);
            }
        });
        return promise.future();
    }

    private <T> void send(Request request, Function<@Nullable Response, T> read, Promise<T> promise) {
        Call<T> call =
                new Call<>(read, promise, System.nanoTime() + options.timeout().toNanos());
        calls.add(call);
        watch();
        Line over = connected();
        over.connection.compose(there -> there.send(request)).onComplete(done -> {
            if (call.isOver()) {
                return;
            }
            if (done.succeeded()) {
                answered(call, done.result());
            } else {
                failed(over, done.cause());
                promise.fail(problem(Reason.text(done.cause()), done.cause()));
            }
            forgetThoseThatAreOver();
        });
    }

    private <T> void answered(Call<T> call, @Nullable Response answer) {
        T value;
        try {
            value = call.read.apply(answer);
        } catch (RuntimeException e) {
            failed(e);
            call.promise.fail(problem("says what nobody understands", e));
            return;
        }
        if (!open) {
            failures = 0;
            pauseMillis = 0;
        }
        call.promise.complete(value);
    }

    private void failed(Line over, Throwable cause) {
        if (over.outlives(cause)) {
            failed(cause);
            return;
        }
        if (over == line) {
            disconnect();
        }
        if (!over.counted) {
            over.counted = true;
            failed(cause);
        }
    }

    private void failed(Throwable cause) {
        if (open || closed) {
            return;
        }
        failures++;
        if (failures < FAILURES) {
            tell(cause);
            return;
        }
        open(cause);
        disconnect();
        probeAfter(Math.max(FIRST_PAUSE_MILLIS, pauseMillis));
    }

    private void tell(Throwable cause) {
        long now = System.nanoTime();
        if (failures == 1 && (toldNanos == 0 || now - toldNanos >= QUIET_NANOS)) {
            toldNanos = now == 0 ? 1 : now;
            LOG.warn("a call to redis failed: redis={} problem=\"{}\"", options, Reason.text(cause));
        }
        LOG.debug("a call to redis failed: redis={}", options, cause);
    }

    private void open(Throwable cause) {
        LOG.warn("redis cannot be reached: redis={} problem=\"{}\"", options, Reason.text(cause));
        open = true;
        failures = 0;
    }

    /** One timer for all: the eldest call is the first whose time is up, and then there is no other. */
    private void watch() {
        Call<?> eldest = calls.peek();
        if (watched || eldest == null) {
            return;
        }
        watched = true;
        long left = TimeUnit.NANOSECONDS.toMillis(eldest.deadlineNanos - System.nanoTime());
        vertx.setTimer(Math.max(1, left), timer -> {
            watched = false;
            forgetThoseThatAreOver();
            Call<?> call = calls.peek();
            if (call != null && call.deadlineNanos - System.nanoTime() <= 0) {
                if (call.late) {
                    timedOut();
                } else {
                    call.late = true; // its answer may lie there unread when the loop was busy: one turn more
                }
            }
            watch();
        });
    }

    private void timedOut() {
        IOException e = problem("no answer within " + options.timeout().toMillis() + " ms", null);
        boolean first = !open && !closed;
        if (first) {
            open(e);
        }
        disconnect(e);
        if (first) {
            probeAfter(pauseMillis);
        }
    }

    private void forgetThoseThatAreOver() {
        for (Call<?> eldest = calls.peek(); eldest != null && eldest.isOver(); eldest = calls.peek()) {
            calls.remove();
        }
    }

    private void probeAfter(long millis) {
        pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, Math.max(FIRST_PAUSE_MILLIS, 2 * millis));
        if (millis > 0) {
            vertx.setTimer(millis, timer -> probe());
        } else {
            probe();
        }
    }

    private void probe() {
        if (closed) {
            return;
        }
        Promise<Boolean> promise = Promise.promise();
        promise.future().onComplete(done -> {
            if (closed) {
                return;
            }
            if (done.failed()) {
                disconnect();
                probeAfter(pauseMillis);
            } else {
                open = false;
                toldNanos = 0;
                LOG.info("redis is back: redis={}", options);
            }
        });
        send(PROBE, answer -> true, promise);
    }

    @Override
    public String toString() {
        return options.toString();
    }

    private IOException problem(@Nullable String text, @Nullable Throwable cause) {
        return new IOException(options + ": " + text, cause);
    }

    private Line connected() {
        Line known = line;
        if (known != null && !known.connection.failed()) {
            return known;
        }
        disconnect();
        NetClientOptions net = new NetClientOptions()
                // the time-out of the calls that wait for it comes first
                .setConnectTimeout(
                        (int) Math.min(Integer.MAX_VALUE, options.timeout().toMillis() + 1000))
                .setTcpNoDelay(true)
                .setSsl(options.tls())
                .setHostnameVerificationAlgorithm(options.verifyTls() ? "HTTPS" : "");
        trust.accept(net);
        String serverName = options.serverName();
        if (options.tls() && serverName != null) {
            net.setSslEngineOptions(new NamedServer(serverName));
        }
        io.vertx.redis.client.RedisOptions redis = new io.vertx.redis.client.RedisOptions()
                .setConnectionString(options.toString())
                .setNetClientOptions(net)
                .setMaxPoolSize(1)
                .setMaxWaitingHandlers(64 * 1024);
        Secret password = options.password();
        if (password != null) {
            redis.setPassword(password.value());
            if (options.username() != null) {
                redis.setUser(options.username());
            }
        }
        Redis client = Redis.createClient(vertx, redis);
        Line made = new Line(client, client.connect());
        line = made;
        made.connection.onSuccess(there -> {
            there.exceptionHandler(e -> LOG.debug("a connection to redis broke", e));
            there.endHandler(v -> {
                if (line == made) {
                    disconnect();
                }
            });
        });
        return made;
    }

    /** Ends all calls too. */
    private void disconnect(IOException why) {
        List<Call<?>> over = new ArrayList<>(calls);
        calls.clear();
        over.forEach(call -> call.promise.tryFail(why));
        disconnect();
    }

    private void disconnect() {
        Line old = line;
        line = null;
        if (old != null) {
            old.client.close();
        }
    }

    /** Closes the connection; calls that are under way fail. */
    Future<Void> close() {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> {
            closed = true;
            disconnect(problem("closed", null));
            done.complete();
        });
        return done.future();
    }
}
