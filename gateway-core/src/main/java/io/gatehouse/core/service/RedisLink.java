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
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one Redis: all calls go over one connection, one behind the other, and share one breaker.
 *
 * <p>A call that is refused fails at once, one that is not answered fails at the time-out. After some of either in a row the
 * breaker opens: calls fail without a try, and after a while a call of its own, for which no client waits, tries again. So a
 * request never waits longer than the time-out, and none waits while the breaker is open.
 *
 * <p>Any thread; all of it happens on one event loop.
 */
public final class RedisLink {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    /** So many calls fail one after the other before the breaker opens. */
    static final int FAILURES = 5;

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
    private @Nullable Redis client;
    private @Nullable Future<RedisConnection> connection;
    private boolean closed;
    private boolean open;
    private int failures;
    private long pauseMillis = FIRST_PAUSE_MILLIS;

    RedisLink(Vertx vertx, RedisOptions options, Consumer<NetClientOptions> trust) {
        this.vertx = vertx;
        this.options = options;
        this.trust = trust;
        this.loop = ((ContextInternal) vertx.getOrCreateContext()).unwrap();
    }

    RedisOptions options() {
        return options;
    }

    /** Sends a request and reads its answer, on one loop; the future completes on the caller's. */
    <T> Future<T> call(Request request, Function<@Nullable Response, T> read) {
        Promise<T> promise = ((ContextInternal) vertx.getOrCreateContext()).promise();
        loop.runOnContext(v -> start(request, read, promise));
        return promise.future();
    }

    private <T> void start(Request request, Function<@Nullable Response, T> read, Promise<T> promise) {
        if (closed || open) {
            promise.tryFail(new IOException(
                    options + (closed ? ": closed" : ": cannot be reached, and is not tried again yet")));
            return;
        }
        send(request).map(read).onComplete(done -> {
            if (done.succeeded()) {
                failures = 0;
            } else if (!open && !closed) {
                failed(done.cause());
            }
            promise.handle(done);
        });
    }

    private void failed(Throwable cause) {
        failures++;
        if (failures < FAILURES) {
            LOG.debug("a call to redis failed: redis={}", options, cause);
            return;
        }
        LOG.warn("redis cannot be reached: redis={} problem=\"{}\"", options, cause.getMessage());
        open = true;
        disconnect();
        probeLater();
    }

    /** One call over the connection, which ends within the time-out. */
    private Future<Response> send(Request request) {
        Promise<Response> promise = Promise.promise();
        long millis = Math.max(1, options.timeout().toMillis());
        long timer = vertx.setTimer(
                millis, t -> promise.tryFail(new IOException(options + ": no answer within " + millis + " ms")));
        connected().compose(there -> there.send(request)).onComplete(done -> {
            vertx.cancelTimer(timer);
            if (done.succeeded()) {
                promise.tryComplete(done.result());
            } else {
                promise.tryFail(done.cause());
            }
        });
        return promise.future();
    }

    private void probeLater() {
        long pause = pauseMillis;
        pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        vertx.setTimer(pause, t -> {
            if (closed) {
                return;
            }
            send(PROBE).onComplete(done -> {
                if (closed) {
                    return;
                }
                if (done.failed()) {
                    disconnect();
                    probeLater();
                } else {
                    open = false;
                    failures = 0;
                    pauseMillis = FIRST_PAUSE_MILLIS;
                    LOG.info("redis is back: redis={}", options);
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
            there.exceptionHandler(e -> LOG.debug("a connection to redis broke", e));
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
    Future<Void> close() {
        Promise<Void> done = Promise.promise();
        loop.runOnContext(v -> {
            closed = true;
            disconnect();
            done.complete();
        });
        return done.future();
    }
}
