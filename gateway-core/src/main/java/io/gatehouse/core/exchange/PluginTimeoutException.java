package io.gatehouse.core.exchange;

/** A plugin did not answer within its time limit. */
final class PluginTimeoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PluginTimeoutException(String message) {
        super(message, null, false, false);
    }
}
