package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/** One request to an upstream that others wait for. Any thread. */
final class Flight {
    /** How it ended. */
    enum Outcome {
        /** The answer is kept: look again. */
        KEPT,
        /** The answer cannot be kept: everybody has to ask. */
        NOT_CACHEABLE,
        /** The answer broke off, or its client left: somebody else has to ask. */
        LOST
    }

    private final Promise<Outcome> promise = Promise.promise();

    Future<Outcome> landed() {
        return promise.future();
    }

    void land(Outcome outcome) {
        promise.tryComplete(outcome);
    }
}
