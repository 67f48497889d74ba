package io.gatehouse.api.body;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives the bytes that did not fit into memory as a whole, then the rest. */
final class KeptReader implements BodyReader<Buffer> {
    private final ArrayDeque<Buffer> kept;
    private final BodyReader<Buffer> rest;

    KeptReader(List<Buffer> kept, BodyReader<Buffer> rest) {
        this.kept = new ArrayDeque<>(kept);
        this.rest = rest;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        Buffer next = kept.poll();
        return next != null ? Future.succeededFuture(next) : rest.next();
    }

    @Override
    public BodyEnd end() {
        if (!kept.isEmpty()) {
            throw new IllegalStateException("body: not at its end (expected: next() gave null)");
        }
        return rest.end();
    }

    @Override
    public boolean isEndless() {
        return rest.isEndless();
    }

    @Override
    public void cancel() {
        kept.clear();
        rest.cancel();
    }
}
