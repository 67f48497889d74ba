package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.PluginContext;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Answers in a Redis that several nodes share. Under a key stands an answer, or by which headers answers differ and the id of that
 * set of variants, which their keys are made from: so who forgets a key forgets all its variants, on all nodes, at once.
 *
 * <p>Any thread. Futures complete on the caller's event loop, but may complete on any other when Redis is slow.
 */
final class SharedAnswers implements Archive {
    private final Store store;
    private final PluginContext context;
    private final Clock clock;
    private final Duration patience;
    private final ResponseStore here;

    /** With what only this node knows: flights, and what cannot be kept. */
    SharedAnswers(RedisOptions redis, PluginContext context, ResponseStore here) {
        this.store = context.store(redis);
        this.context = context;
        this.clock = context.clock();
        this.patience = redis.timeout();
        this.here = here;
    }

    /**
     * What is known of a request.
     *
     * @param at under which key its answer stands, or would
     * @param kept that answer
     * @param variants what says that it is a variant
     * @param before shows when this was asked
     */
    record Looked(String at, Kept.@Nullable Answer kept, Kept.@Nullable Variants variants, Store.Found before) {}

    /** Looks for the answer to a request; fails within the time-out when Redis does not say. */
    Future<Looked> look(String key, CacheKey.Headers headers) {
        long begun = clock.millis();
        return store.get(key).compose(found -> {
            long now = clock.millis();
            Kept kept = KeptBytes.read(found.value(), now);
            if (!(kept instanceof Kept.Variants variants)) {
                return Future.succeededFuture(new Looked(key, answer(kept), null, found));
            }
            String at = CacheKey.variant(key, variants.id(), variants.names(), headers);
            long left = patience.toMillis() - Math.max(0, now - begun);
            return within(left, store.get(at))
                    .map(second -> new Looked(at, answer(KeptBytes.read(second.value(), now)), variants, found));
        });
    }

    private static Kept.@Nullable Answer answer(@Nullable Kept kept) {
        return kept instanceof Kept.Answer answer ? answer : null;
    }

    private <T> Future<T> within(long millis, Future<T> future) {
        if (future.isComplete()) {
            return future;
        }
        Promise<T> promise = Promise.promise();
        Runnable cancel = context.after(
                Duration.ofMillis(Math.max(1, millis)),
                () -> promise.tryFail(new IOException("no second answer of redis in time")));
        future.onComplete(done -> {
            cancel.run();
            if (done.succeeded()) {
                promise.tryComplete(done.result());
            } else {
                promise.tryFail(done.cause());
            }
        });
        return promise.future();
    }

    /** Keeps an answer for all nodes, unless one of them was told to forget something since it was asked for. */
    Future<Boolean> keep(Looked looked, String key, List<String> vary, CacheKey.Headers headers, Kept.Answer answer) {
        Duration ttl = Duration.ofMillis(Math.max(1, answer.until() - clock.millis()));
        if (vary.isEmpty()) {
            return store.put(key, KeptBytes.of(answer), ttl, looked.before());
        }
        Kept.Variants known = looked.variants();
        String id = known != null && known.names().equals(vary)
                ? known.id()
                : UUID.randomUUID().toString();
        String at = CacheKey.variant(key, id, vary, headers);
        Kept.Variants variants = new Kept.Variants(vary, id, at, answer.until());
        // the answer first: who finds the variants finds it too, and who does not waits for this request
        return store.put(at, KeptBytes.of(answer), ttl, looked.before())
                .compose(put -> put
                        ? store.put(key, KeptBytes.of(variants), ttl, looked.before())
                        : Future.succeededFuture(false));
    }

    @Override
    public Future<Kept.Answer> find(String key) {
        return store.get(key).compose(found -> {
            Kept kept = KeptBytes.read(found.value(), clock.millis());
            return kept instanceof Kept.Variants variants
                    ? store.get(variants.last()).map(last -> answer(KeptBytes.read(last.value(), clock.millis())))
                    : Future.succeededFuture(answer(kept));
        });
    }

    @Override
    public Future<Boolean> purge(String key) {
        here.clear();
        return store.delete(key);
    }

    @Override
    public Future<Void> clear() {
        here.clear();
        return store.deleteAll("").mapEmpty();
    }
}
