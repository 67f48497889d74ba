package io.gatehouse.core.balancer;

import java.util.List;

/**
 * A target as its health is shown.
 *
 * @param id of the target
 * @param name {@code host:port} as configured
 * @param host without the port, IPv6 in brackets
 * @param dns the type of the records its host resolved to, or what went wrong
 * @param weight its own
 * @param health of the target: healthy when one of its addresses is
 * @param addresses what it resolved to
 */
public record TargetHealth(
        String id,
        String name,
        String host,
        int port,
        String dns,
        int weight,
        State health,
        List<OfAddress> addresses) {
    /** Copies the list. */
    public TargetHealth {
        addresses = List.copyOf(addresses);
    }

    /** Kong's states. */
    public enum State {
        /** Nothing is checked. */
        HEALTHCHECKS_OFF,
        /** It gets requests. */
        HEALTHY,
        /** It gets none. */
        UNHEALTHY,
        /** Its host has no address. */
        DNS_ERROR
    }

    /**
     * One address.
     *
     * @param ip in digits, IPv6 in brackets
     */
    public record OfAddress(String ip, int port, int weight, boolean available, State health) {}

    /** The weight of all its addresses. */
    public long totalWeight() {
        return addresses.stream().mapToLong(OfAddress::weight).sum();
    }

    /** The weight of those that get requests. */
    public long availableWeight() {
        return addresses.stream()
                .filter(OfAddress::available)
                .mapToLong(OfAddress::weight)
                .sum();
    }
}
