package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.Future;

/** What is kept, to be looked at and forgotten. Any thread; futures fail when it cannot be reached. */
interface Archive {
    /** What a key leads to, of variants any one; null for nothing. */
    Future<Kept.Answer> find(String key);

    /** Forgets what is kept under a key, and its variants. Says whether there was something. */
    Future<Boolean> purge(String key);

    /** Forgets everything. */
    Future<Void> clear();
}
