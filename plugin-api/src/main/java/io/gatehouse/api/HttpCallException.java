package io.gatehouse.api;

import java.util.Objects;

/** Why an {@link HttpCall} had no answer. */
public final class HttpCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    /** Made by the gateway and the testkit. */
    public HttpCallException(Failure failure) {
        super(Objects.requireNonNull(failure, "failure").toString(), failure.cause(), false, false);
        this.failure = failure;
    }

    /** What went wrong; {@link Failure#sent()} tells whether the other side may have seen the request. */
    public Failure failure() {
        return failure;
    }
}
