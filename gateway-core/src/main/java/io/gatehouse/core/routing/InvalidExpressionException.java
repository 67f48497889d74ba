package io.gatehouse.core.routing;

/**
 * An expression that cannot be used. The message tells the place and what is expected there, never a piece of the
 * expression: that may have come from a variable.
 */
public final class InvalidExpressionException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    InvalidExpressionException(String message) {
        super(message);
    }
}
