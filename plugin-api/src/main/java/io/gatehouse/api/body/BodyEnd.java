package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.vertx.core.MultiMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a body ended: whole, or broken off with the original failure. Caches, limits and logs trust {@link #complete()},
 * never the look of the last event. Immutable.
 */
public final class BodyEnd {
    private static final BodyEnd OK = new BodyEnd(null, null);

    private final @Nullable Failure failure;
    private final @Nullable MultiMap trailers;

    private BodyEnd(@Nullable Failure failure, @Nullable MultiMap trailers) {
        this.failure = failure;
        this.trailers = trailers;
    }

    /** A whole body without trailers. */
    public static BodyEnd ok() {
        return OK;
    }

    /** A whole body with trailers. */
    public static BodyEnd ok(MultiMap trailers) {
        return new BodyEnd(null, Objects.requireNonNull(trailers, "trailers"));
    }

    /** A body that broke off. */
    public static BodyEnd truncated(Failure failure) {
        return new BodyEnd(Objects.requireNonNull(failure, "failure"), null);
    }

    /** Whether everything came. */
    public boolean complete() {
        return failure == null;
    }

    /** Why it broke off; null when complete. */
    public @Nullable Failure failure() {
        return failure;
    }

    /** The trailers; null when there were none. */
    public @Nullable MultiMap trailers() {
        return trailers;
    }
}
