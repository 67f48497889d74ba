package io.gatehouse.api.body;

import io.gatehouse.api.Failure;

/** A body broke off where all of it was needed. */
public final class BodyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    /** Makes the exception for a failure. */
    public BodyException(Failure failure) {
        super(failure.toString(), failure.cause(), false, false);
        this.failure = failure;
    }

    /** Why the body broke off. */
    public Failure failure() {
        return failure;
    }
}
