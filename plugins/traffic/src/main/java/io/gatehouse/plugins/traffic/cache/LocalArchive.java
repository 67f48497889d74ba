package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.Future;
import java.time.Clock;

/** What is kept in memory. */
record LocalArchive(ResponseStore store, Clock clock) implements Archive {
    @Override
    public Future<Kept.Answer> find(String key) {
        return Future.succeededFuture(store.find(key, clock.millis()));
    }

    @Override
    public Future<Boolean> purge(String key) {
        return Future.succeededFuture(store.purge(key, clock.millis()));
    }

    @Override
    public Future<Void> clear() {
        store.clear();
        return Future.succeededFuture();
    }
}
