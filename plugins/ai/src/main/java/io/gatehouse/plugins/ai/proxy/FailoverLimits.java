package io.gatehouse.plugins.ai.proxy;

/** The limits of failover that no configuration sets, in one place. {@code docs/llm-failover.md} tells users of them. */
final class FailoverLimits {
    /**
     * Retries that may be sent for each request, so that upstreams in trouble get at most 1.1 times what clients send.
     * Counted are repetitions of requests that an upstream may have seen; where nothing was sent, trying the next target
     * is no retry.
     */
    static final double RETRY_SHARE = 0.1;

    /** Retries that are allowed in a window however few requests there are: with little traffic a share is nothing. */
    static final int MIN_RETRIES = 10;

    /** Milliseconds over which requests and retries are counted against each other. */
    static final long RETRY_WINDOW = 10_000;

    /**
     * A target of whose last answers at most this share failed takes retries whether or not the budget is spent: the
     * others' work is its work then, and no retry fails again. Of about {@value #MEMORY} answers, the newest weigh most.
     */
    static final double RELIABLE = 0.1;

    /** How many answers it takes to change a target's reputation; a power of two. */
    static final int MEMORY = 16;

    /** The longest that a target is spared for a {@code Retry-After}, in milliseconds, whatever it asks for. */
    static final long MAX_COOL_DOWN = 60_000;

    /** Bytes of a streamed answer that are held back while no event of it bears content. */
    static final int MAX_HELD_BYTES = 1024 * 1024;

    private FailoverLimits() {}
}
