package io.gatehouse.testkit;

import io.gatehouse.api.Counters;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.core.service.LocalCounters;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a plugin counts with: the gateway's own local counters, which also stand for those in Redis; these can be made to fail.
 *
 * <pre>{@code
 * tester.counters().failShared("no route to host");
 * }</pre>
 *
 * <p>Any thread.
 */
public final class FakeCounters {
    private final LocalCounters store;
    private volatile @Nullable String problem;
    private volatile @Nullable RedisOptions redis;

    FakeCounters(LocalCounters store) {
        this.store = store;
    }

    /** Fails all calls to counters in Redis from now on; with null answers them again. */
    public void failShared(@Nullable String problem) {
        this.problem = problem;
    }

    /** Which Redis the plugin asked for; null when it asked for none. */
    public @Nullable RedisOptions redis() {
        return redis;
    }

    Counters local() {
        return store.of("local");
    }

    Counters shared(RedisOptions options) {
        redis = options;
        Counters counters = store.of("shared " + options);
        return new Counters() {
            @Override
            public Future<Count> take(String key, long amount, List<Window> windows) {
                String now = problem;
                return now == null ? counters.take(key, amount, windows) : Future.failedFuture(new IOException(now));
            }
        };
    }
}
