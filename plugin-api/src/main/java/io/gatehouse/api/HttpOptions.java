package io.gatehouse.api;

import java.time.Duration;

/**
 * How an {@link HttpCaller} treats its connections. TLS and time-outs belong to each {@link HttpCall} and its {@link
 * Target}.
 *
 * <p>Immutable; any thread.
 */
public final class HttpOptions {
    private final int connections;
    private final Duration keepAlive;
    private final int maxAnswerBytes;

    private HttpOptions(Builder builder) {
        this.connections = builder.connections;
        this.keepAlive = builder.keepAlive;
        this.maxAnswerBytes = builder.maxAnswerBytes;
    }

    /** Starts with the defaults. */
    public static Builder standard() {
        return new Builder();
    }

    /** How many connections there are to one host and port at most; further requests wait. */
    public int connections() {
        return connections;
    }

    /** How long an unused connection is kept, in whole seconds. */
    public Duration keepAlive() {
        return keepAlive;
    }

    /** How much of an answer's body is read; the rest is not waited for. */
    public int maxAnswerBytes() {
        return maxAnswerBytes;
    }

    /** Collects {@link HttpOptions}. */
    public static final class Builder {
        private int connections = 8;
        private Duration keepAlive = Duration.ofSeconds(60);
        private int maxAnswerBytes = 1024 * 1024;

        private Builder() {}

        /** Sets how many connections there are to one host and port at most; 8 unless set. */
        public Builder connections(int connections) {
            if (connections < 1) {
                throw new IllegalArgumentException("connections: " + connections + " (expected: at least 1)");
            }
            this.connections = connections;
            return this;
        }

        /** Sets how long an unused connection is kept, rounded up to seconds; 60 s unless set, zero for not at all. */
        public Builder keepAlive(Duration keepAlive) {
            if (keepAlive.isNegative()) {
                throw new IllegalArgumentException("keepAlive: " + keepAlive + " (expected: not negative)");
            }
            this.keepAlive = keepAlive;
            return this;
        }

        /** Sets how much of an answer's body is read; 1 MiB unless set. */
        public Builder maxAnswerBytes(int bytes) {
            if (bytes < 0) {
                throw new IllegalArgumentException("maxAnswerBytes: " + bytes + " (expected: not negative)");
            }
            this.maxAnswerBytes = bytes;
            return this;
        }

        /** Makes the options. */
        public HttpOptions build() {
            return new HttpOptions(this);
        }
    }
}
