package io.gatehouse.core;

import static java.util.Objects.requireNonNull;

import io.gatehouse.core.server.Forwarding;
import io.gatehouse.core.service.AddressRange;
import java.util.List;
import java.util.Map;

/**
 * How requests are passed on and answers made, as far as Kong sets that for a whole node. Immutable.
 *
 * @param trust whom to believe where a request came from
 * @param portMaps the port that clients see, by the port that is listened on
 */
public record ProxySettings(Trust trust, Map<Integer, Integer> portMaps) {
    /** Kong's defaults. */
    public static final ProxySettings DEFAULT = new ProxySettings(Trust.NOBODY, Map.of());

    /** Copies the map. */
    public ProxySettings {
        requireNonNull(trust, "trust");
        portMaps = Map.copyOf(portMaps);
    }

    /** The same with others to trust. */
    public ProxySettings withTrust(Trust value) {
        return new ProxySettings(value, portMaps);
    }

    /** The same with another map of ports. */
    public ProxySettings withPortMaps(Map<Integer, Integer> value) {
        return new ProxySettings(trust, value);
    }

    Forwarding forwarding() {
        return new Forwarding(trust.addresses, trust.header, trust.recursive, portMaps);
    }

    /**
     * Whom to believe where a request came from.
     *
     * @param addresses peers whose {@code X-Forwarded-*} headers are passed on
     * @param header in which they name their client
     * @param recursive whether of a list of addresses the last one that is not trusted counts, not just the last one
     */
    public record Trust(List<AddressRange> addresses, String header, boolean recursive) {
        /** Nobody is believed. */
        public static final Trust NOBODY = new Trust(List.of(), "X-Real-IP", false);

        /** Copies the list. */
        public Trust {
            addresses = List.copyOf(addresses);
            requireNonNull(header, "header");
        }
    }
}
