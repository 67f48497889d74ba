package io.gatehouse.core.upstream;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A body from its beginning on, of which some was sent already: those pieces, then what is still to come. */
final class Replay implements BodyReader<Buffer> {
    private final ArrayDeque<Buffer> pieces;
    private final BodyReader<Buffer> rest;
    private @Nullable Future<@Nullable Buffer> asked;

    /** @param asked the next piece of the rest, when somebody has asked for it */
    Replay(ArrayDeque<Buffer> pieces, @Nullable Future<@Nullable Buffer> asked, BodyReader<Buffer> rest) {
        this.pieces = pieces;
        this.asked = asked;
        this.rest = rest;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        if (!pieces.isEmpty()) {
            return Future.succeededFuture(pieces.poll());
        }
        Future<@Nullable Buffer> first = asked;
        if (first != null) {
            asked = null;
            return first;
        }
        return rest.next();
    }

    @Override
    public BodyEnd end() {
        return rest.end();
    }

    @Override
    public boolean keepsLength() {
        return rest.keepsLength();
    }

    @Override
    public void cancel() {
        pieces.clear();
        rest.cancel();
    }
}
