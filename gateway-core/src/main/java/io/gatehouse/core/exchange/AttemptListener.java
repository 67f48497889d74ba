package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import org.jspecify.annotations.Nullable;

/** Who wants to know what becomes of an attempt. Called on the attempt's event loop. */
public interface AttemptListener {
    /** Nobody. */
    AttemptListener NONE = new AttemptListener() {};

    /** The response head is there, so long after the attempt began. */
    default void answered(int status, long nanos) {}

    /** The attempt is over. Called once. */
    default void ended(@Nullable Failure failure) {}
}
