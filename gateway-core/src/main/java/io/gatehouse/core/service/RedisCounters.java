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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counters in Redis, shared by several nodes: one script looks and counts, so that no two nodes grant the same place. All calls
 * of one instance go over one connection, one behind the other.
 *
 * <p>When Redis refuses or is too slow a breaker opens: calls fail at once, and after a while a call of its own, for which no
 * client waits, tries again. So a request never waits longer than the time-out, and only those wait that came before the first
 * of them was given up.
 *
 * <p>A window is kept with its beginning, under a key that tells its length only. A node whose clock is behind counts in the
 * window that is there. A window is forgotten when it is as old as it is long, so that one which a clock made too early is in
 * nobody's way for longer.
 *
 * <p>Any thread; all of it happens on one event loop.
 */
public final class RedisCounters implements Counters {
    private static final Logger LOG = LoggerFactory.getLogger(RedisCounters.class);

    /** A window is kept so much longer than it lasts, for nodes whose clocks are behind, but never longer than it is long. */
    private static final long GRACE_MILLIS = 60_000;

    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 8000;

    private static final String SCRIPT = """
            local amount = tonumber(ARGV[1])
            local answer = {1}
            for i = 1, #KEYS do
              local kept = redis.call('HMGET', KEYS[i], 'start', 'count')
              local count = 0
              if kept[1] and tonumber(kept[1]) >= tonumber(ARGV[3 * i - 1]) then count = tonumber(kept[2]) end
              answer[i + 1] = count
              if count + amount > tonumber(ARGV[3 * i]) then answer[1] = 0 end
            end
            if answer[1] == 1 and amount > 0 then
              for i = 1, #KEYS do
                if answer[i + 1] > 0 then
                  redis.call('HINCRBY', KEYS[i], 'count', ARGV[1])
                else
                  redis.call('HMSET', KEYS[i], 'start', ARGV[3 * i - 1], 'count', ARGV[1])
                  redis.call('PEXPIRE', KEYS[i], ARGV[3 * i + 1])
                end
              end
            end
            return answer
            """;

    /** What is counted to see whether Redis is back: as a client's call, so that whatever fails those fails this. */
    private static final List<Window> PROBED = List.of(Window.of(0, 1000, 1L << 40));

    private final Vertx vertx;
    private final RedisOptions options;
    private final String prefix;
    private final Clock clock;
    private final Consumer<NetClientOptions> trust;
    private final Context loop;
    private @Nullable Redis client;
    private @Nullable Future<RedisConnection> connection;
    private boolean closed;
    private boolean open;
    private long pauseMillis = FIRST_PAUSE_MILLIS;

    /**
     * Makes counters of a plugin; nothing is connected yet.
     *
     * @param trust sets up whom connections trust, where the server's certificate is checked
     */
    public RedisCounters(
            Vertx vertx, RedisOptions options, String plugin, Clock clock, Consumer<NetClientOptions> trust) {
        this.vertx = vertx;
        this.options = options;
        this.prefix = "gatehouse:{" + plugin + ':';
        this.clock = clock;
        this.trust = trust;
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
        if (closed || open) {
            promise.tryFail(new IOException(
                    options + (closed ? ": closed" : ": cannot be reached, and is not tried again yet")));
            return;
        }
        call(key, amount, windows).onComplete(done -> {
            if (done.failed() && !open && !closed) {
                LOG.warn(
                        "counters cannot be reached: redis={} problem=\"{}\"",
                        options,
                        done.cause().getMessage());
                open = true;
                disconnect();
                probeLater();
            }
            promise.handle(done);
        });
    }

    /** One call over the connection, which ends within the time-out. */
    private Future<Count> call(String key, long amount, List<Window> windows) {
        Promise<Count> promise = Promise.promise();
        long millis = Math.max(1, options.timeout().toMillis());
        long timer = vertx.setTimer(
                millis, t -> promise.tryFail(new IOException(options + ": no answer within " + millis + " ms")));
        connected()
                .compose(there -> there.send(request(key, amount, windows)))
                .map(RedisCounters::counted)
                .onComplete(done -> {
                    vertx.cancelTimer(timer);
                    if (done.succeeded()) {
                        promise.tryComplete(done.result());
                    } else {
                        promise.tryFail(done.cause());
                    }
                });
        return promise.future();
    }

    private static Count counted(Response answer) {
        long[] before = new long[answer.size() - 1];
        for (int i = 0; i < before.length; i++) {
            before[i] = answer.get(i + 1).toLong();
        }
        return new Counted(answer.get(0).toLong() == 1, before);
    }

    private Request request(String key, long amount, List<Window> windows) {
        long now = clock.millis();
        // the braces keep all windows of a key on one node of a cluster
        String base = prefix + key + "}:";
        Request request = Request.cmd(Command.EVAL).arg(SCRIPT).arg(windows.size());
        for (Window window : windows) {
            request.arg(base + window.kind());
        }
        request.arg(amount);
        for (Window window : windows) {
            long length = window.end() - window.start();
            long rest = Math.max(1, window.end() - now);
            request.arg(window.start())
                    .arg(window.limit())
                    .arg(rest < length - GRACE_MILLIS ? rest + GRACE_MILLIS : length);
        }
        return request;
    }

    private void probeLater() {
        long pause = pauseMillis;
        pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        vertx.setTimer(pause, t -> {
            if (closed) {
                return;
            }
            call("probe", 1, PROBED).onComplete(done -> {
                if (closed) {
                    return;
                }
                if (done.failed()) {
                    disconnect();
                    probeLater();
                } else {
                    open = false;
                    pauseMillis = FIRST_PAUSE_MILLIS;
                    LOG.info("counters are back: redis={}", options);
                }
            });
        });
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
