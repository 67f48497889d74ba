package io.gatehouse.core.exchange;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** Pieces of a body that are to leave in one write: joined once, when all are there. One event loop. */
public final class Gathering {
    private @Nullable Buffer first;
    private @Nullable ArrayList<Buffer> more;
    private int length;

    /** Adds a piece, which is not to be changed any more. */
    public void add(Buffer piece) {
        length += piece.length();
        if (first == null) {
            first = piece;
        } else {
            if (more == null) {
                more = new ArrayList<>();
            }
            more.add(piece);
        }
    }

    /** Bytes gathered so far. */
    public int length() {
        return length;
    }

    /** All pieces as one, or null when there are none; afterwards there are none. */
    public @Nullable Buffer take() {
        Buffer all = first;
        if (all != null && more != null && !more.isEmpty()) {
            Buffer joined = Buffer.buffer(length).appendBuffer(all);
            for (int i = 0; i < more.size(); i++) {
                joined.appendBuffer(more.get(i));
            }
            all = joined;
        }
        clear();
        return all;
    }

    /** Forgets all pieces. */
    public void clear() {
        first = null;
        length = 0;
        if (more != null) {
            more.clear();
        }
    }
}
