package io.gatehouse.testkit;

import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands for what a plugin stores in Redis. It answers at once unless told otherwise, and can be made to fail.
 *
 * <pre>{@code
 * tester.store().fail("no route to host");
 * }</pre>
 *
 * <p>Thread rule: the test's thread.
 */
public final class FakeStore implements Store {
    private final FakeClock clock;
    private final Map<String, Value> values = new HashMap<>();
    private final List<Runnable> held = new ArrayList<>();
    private @Nullable RedisOptions redis;
    private @Nullable String problem;
    private boolean holding;
    private int deletions;
    private int calls;

    FakeStore(FakeClock clock) {
        this.clock = clock;
    }

    private record Value(Buffer bytes, long until) {}

    private record Looked(@Nullable Buffer value, int deletions) implements Found {}

    /** Fails all calls from now on; with null answers them again. */
    public void fail(@Nullable String problem) {
        this.problem = problem;
    }

    /** Leaves calls without an answer from now on, until {@link #release}. */
    public void hold() {
        holding = true;
    }

    /** Does what was held, as things stand now, and answers at once again. */
    public void release() {
        holding = false;
        List<Runnable> now = List.copyOf(held);
        held.clear();
        now.forEach(Runnable::run);
    }

    /** Does the oldest of what is held, as things stand now. */
    public void releaseOne() {
        held.remove(0).run();
    }

    /** Which Redis the plugin asked for; null when it asked for none. */
    public @Nullable RedisOptions redis() {
        return redis;
    }

    /** How often it was called. */
    public int calls() {
        return calls;
    }

    /** The keys of all values there are. */
    public Set<String> keys() {
        values.values().removeIf(value -> value.until <= clock.millis());
        return new TreeSet<>(values.keySet());
    }

    /** Puts a value there, as another node would. */
    public void set(String key, Buffer value, Duration ttl) {
        values.put(key, new Value(value, clock.millis() + ttl.toMillis()));
    }

    FakeStore of(RedisOptions options) {
        redis = options;
        return this;
    }

    @Override
    public Future<Found> get(String key) {
        return answer(() -> {
            Value value = keys().contains(key) ? values.get(key) : null;
            return new Looked(value == null ? null : value.bytes, deletions);
        });
    }

    @Override
    public Future<Boolean> put(String key, Buffer value, Duration ttl, Found before) {
        if (value.length() > MAX_VALUE || ttl.toMillis() < 1) {
            throw new IllegalArgumentException(value.length() + " bytes for " + ttl + " (expected: at most " + MAX_VALUE
                    + " bytes, for at least 1 ms)");
        }
        return answer(() -> {
            boolean goes = ((Looked) before).deletions == deletions;
            if (goes) {
                set(key, value, ttl);
            }
            return goes;
        });
    }

    @Override
    public Future<Boolean> delete(String key) {
        return answer(() -> {
            deletions++;
            return keys().contains(key) && values.remove(key) != null;
        });
    }

    @Override
    public Future<Long> deleteAll(String prefix) {
        return answer(() -> {
            deletions++;
            long before = keys().size();
            values.keySet().removeIf(key -> key.startsWith(prefix));
            return before - values.size();
        });
    }

    private <T> Future<T> answer(Supplier<T> action) {
        calls++;
        Promise<T> promise = Promise.promise();
        Runnable run = () -> {
            String now = problem;
            if (now == null) {
                promise.complete(action.get());
            } else {
                promise.fail(new IOException(now));
            }
        };
        if (holding) {
            held.add(run);
        } else {
            run.run();
        }
        return promise.future();
    }
}
