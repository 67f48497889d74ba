package io.gatehouse.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no good response, or why a body broke off.
 *
 * <p>Immutable; any thread.
 */
public final class Failure {
    private final FailureKind kind;
    private final @Nullable Throwable cause;
    private final String message;
    private final boolean sent;

    private Failure(FailureKind kind, @Nullable Throwable cause, String message, boolean sent) {
        this.kind = Objects.requireNonNull(kind, "kind");
        this.cause = cause;
        this.message = message;
        this.sent = sent;
    }

    /** A failure without a throwable behind it. */
    public static Failure of(FailureKind kind, String message) {
        return new Failure(kind, null, message, false);
    }

    /** A failure caused by a throwable. */
    public static Failure of(FailureKind kind, Throwable cause) {
        String message = cause.getMessage();
        return new Failure(kind, cause, message == null ? cause.getClass().getSimpleName() : message, false);
    }

    /** The same failure, saying that bytes of the request may have reached the upstream. */
    public Failure afterSending() {
        return sent ? this : new Failure(kind, cause, message, true);
    }

    /** What went wrong. */
    public FailureKind kind() {
        return kind;
    }

    /** The throwable behind it, if there is one. */
    public @Nullable Throwable cause() {
        return cause;
    }

    /** A short text for logs; never shown to clients. */
    public String message() {
        return message;
    }

    /** Whether bytes of the request may have reached the upstream: then only idempotent requests are safe to repeat. */
    public boolean sent() {
        return sent;
    }

    @Override
    public String toString() {
        return kind + ": " + message;
    }
}
