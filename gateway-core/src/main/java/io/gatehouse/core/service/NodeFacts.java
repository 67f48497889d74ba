package io.gatehouse.core.service;

import java.util.List;

/**
 * What the node metrics and the status pages need to know about the running node. Implemented by the server.
 *
 * <p>Thread rule: any thread; cheap, never blocking.
 */
public interface NodeFacts {
    /** The node's UUID. */
    String nodeId();

    /** Gatehouse's own version, such as {@code 0.1.0}. */
    String version();

    /** Client connections accepted on the proxy listeners since the start. */
    long connectionsAccepted();

    /** Client connections open now. */
    long connectionsActive();

    /** Requests read from clients since the start. */
    long requests();

    /** Exchanges that have begun and not ended. */
    long exchangesInFlight();

    /** Worker threads that are busy now. */
    int workersBusy();

    /** Tasks that wait for a worker thread, plus armed timers where they are known. */
    int workersQueued();

    /** Whether the configuration store answers; always true without a database. */
    default boolean datastoreReachable() {
        return true;
    }

    /** Bounded pools of this node beside the JVM's own, such as the counters of the rate limits. */
    default List<Pool> pools() {
        return List.of();
    }

    /**
     * A bounded pool of memory.
     *
     * @param name such as {@code kong_rate_limiting_counters}
     * @param used bytes in use
     * @param capacity bytes at most, more than 0
     */
    record Pool(String name, long used, long capacity) {}
}
