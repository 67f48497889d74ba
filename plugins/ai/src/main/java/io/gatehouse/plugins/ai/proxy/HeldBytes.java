package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** A body whose first bytes were waited for, so that a head without a body behind it is never sent. */
final class HeldBytes implements BodyReader<Buffer> {
    private final BodyReader<Buffer> rest;
    private @Nullable Buffer first;
    private boolean atEnd;

    HeldBytes(BodyReader<Buffer> rest) {
        this.rest = rest;
    }

    /** Waits for the first bytes or the end. */
    Future<BodyReader<Buffer>> begin() {
        return rest.next().map(bytes -> {
            first = bytes;
            atEnd = bytes == null;
            return this;
        });
    }

    /** Whether the body ended before any byte came. */
    boolean isHollow() {
        return atEnd;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        Buffer bytes = first;
        if (bytes != null) {
            first = null;
            return Future.succeededFuture(bytes);
        }
        return atEnd ? Future.succeededFuture() : rest.next();
    }

    @Override
    public BodyEnd end() {
        return rest.end();
    }

    @Override
    public void cancel() {
        first = null;
        rest.cancel();
    }
}
