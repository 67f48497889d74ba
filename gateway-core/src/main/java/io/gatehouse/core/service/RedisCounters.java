package io.gatehouse.core.service;

import io.gatehouse.api.Counters;
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
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counters in Redis, shared by several nodes: one script looks and counts, so that no two nodes grant the same place. All calls
 * of one instance go over one connection, one behind the other.
 *
 * <p>When Redis refuses or is too slow a breaker opens: calls fail at once, and after a while one of them tries again. So a
 * request never waits longer than the time-out, and only the first ones wait at all.
 *
 * <p>Any thread; all of it happens on one event loop.
 */
public final class RedisCounters implements Counters {
    private static final Logger LOG = LoggerFactory.getLogger(RedisCounters.class);

    /** Keys outlive their window by this, for nodes whose clocks are behind. */
    private static final long GRACE_MILLIS = 60_000;

    private static final long FIRST_PAUSE_NANOS = 250_000_000;
    private static final long LONGEST_PAUSE_NANOS = 8_000_000_000L;

    private static final String SCRIPT = """
            local amount = tonumber(ARGV[1])
            local answer = {1}
            for i = 1, #KEYS do
              local count = tonumber(redis.call('GET', KEYS[i]) or '0')
              answer[i + 1] = count
              if count + amount > tonumber(ARGV[2 * i]) then answer[1] = 0 end
            end
            if answer[1] == 1 and amount > 0 then
              for i = 1, #KEYS do
                if redis.call('INCRBY', KEYS[i], ARGV[1]) == amount then
                  redis.call('PEXPIRE', KEYS[i], ARGV[2 * i + 1])
                end
              end
            end
            return answer
            """;

    private final Vertx vertx;
    private final RedisOptions options;
    private final String prefix;
    private final Clock clock;
    private final Context loop;
    private @Nullable Redis client;
    private @Nullable Future<RedisConnection> connection;
    private boolean closed;
    private boolean open;
    private boolean probing;
    private long pauseNanos = FIRST_PAUSE_NANOS;
    private long pausedUntil;

    /** Makes counters of a plugin; nothing is connected yet. */
    public RedisCounters(Vertx vertx, RedisOptions options, String plugin, Clock clock) {
        this.vertx = vertx;
        this.options = options;
        this.prefix = "gatehouse:{" + plugin + ':';
        this.clock = clock;
        this.loop = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
    }

    @Override
    public Future<Count> take(String key, long amount, List<Window> windows) {
        if (amount < 0 || windows.isEmpty()) {
            throw new IllegalArgumentException("amount: " + amount + ", windows: " + windows.size()
                    + " (expected: 0 or more, and at least one window)");
        }
        Promise<Count> promise = ((ContextInternal) vertx.getOrCreateContext()).promise();
        loop.runOnContext(v -> start(key, amount, windows, promise));
        return promise.future();
    }

    private void start(String key, long amount, List<Window> windows, Promise<Count> promise) {
        if (closed || open && (probing || System.nanoTime() - pausedUntil < 0)) {
            promise.tryFail(new IOException(
                    options + (closed ? ": closed" : ": cannot be reached, and is not tried again yet")));
            return;
        }
        boolean probe = open;
        probing |= probe;
        long millis = Math.max(1, options.timeout().toMillis());
        long timer = vertx.setTimer(
                millis,
                t -> ended(promise, probe, null, new IOException(options + ": no answer within " + millis + " ms")));
        connected().compose(there -> there.send(request(key, amount, windows))).onComplete(answer -> {
            vertx.cancelTimer(timer);
            ended(promise, probe, answer.result(), answer.cause());
        });
    }

    private Request request(String key, long amount, List<Window> windows) {
        long now = clock.millis();
        // the braces keep all windows of a key on one node of a cluster
        String base = prefix + key + "}:";
        Request request = Request.cmd(Command.EVAL).arg(SCRIPT).arg(windows.size());
        for (int i = 0; i < windows.size(); i++) {
            request.arg(base + i + ':' + windows.get(i).start());
        }
        request.arg(amount);
        for (Window window : windows) {
            request.arg(window.limit()).arg(Math.max(1, window.end() - now) + GRACE_MILLIS);
        }
        return request;
    }

    /** The end of one call, by an answer, a fault or the timer; only the first counts. */
    private void ended(Promise<Count> promise, boolean probe, @Nullable Response answer, @Nullable Throwable fault) {
        if (promise.future().isComplete()) {
            return;
        }
        if (probe) {
            probing = false;
        }
        if (fault == null && answer != null) {
            long[] before = new long[answer.size() - 1];
            for (int i = 0; i < before.length; i++) {
                before[i] = answer.get(i + 1).toLong();
            }
            if (open) {
                open = false;
                pauseNanos = FIRST_PAUSE_NANOS;
                LOG.info("counters are back: redis={}", options);
            }
            promise.tryComplete(new Counted(answer.get(0).toLong() == 1, before));
            return;
        }
        Throwable cause = fault == null ? new IOException(options + ": no answer") : fault;
        if (!open) {
            LOG.warn("counters cannot be reached: redis={} problem=\"{}\"", options, cause.getMessage());
        }
        if (!open || probe) {
            open = true;
            pausedUntil = System.nanoTime() + pauseNanos;
            pauseNanos = Math.min(LONGEST_PAUSE_NANOS, pauseNanos * 2);
            disconnect();
        }
        promise.tryFail(cause);
    }

    private Future<RedisConnection> connected() {
        Future<RedisConnection> known = connection;
        if (known != null && !known.failed()) {
            return known;
        }
        disconnect();
        NetClientOptions net = new NetClientOptions()
                .setConnectTimeout(
                        (int) Math.min(Integer.MAX_VALUE, options.timeout().toMillis()))
                .setTcpNoDelay(true)
                .setSsl(options.tls())
                .setTrustAll(!options.verifyTls())
                .setHostnameVerificationAlgorithm(options.verifyTls() ? "HTTPS" : "");
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
        Redis made = Redis.createClient(vertx, redis);
        client = made;
        Future<RedisConnection> next = made.connect().onSuccess(there -> {
            there.exceptionHandler(e -> LOG.debug("a connection for counters broke", e));
            there.endHandler(v -> {
                if (client == made) {
                    disconnect();
                }
            });
        });
        connection = next;
        return next;
    }

    private void disconnect() {
        Redis old = client;
        client = null;
        connection = null;
        if (old != null) {
            old.close();
        }
    }

    /** Closes the connection; calls that are under way fail. */
    public Future<Void> close() {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> {
            closed = true;
            disconnect();
            done.complete();
        });
        return done.future();
    }
}
