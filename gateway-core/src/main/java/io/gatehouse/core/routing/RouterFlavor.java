package io.gatehouse.core.routing;

import java.util.Locale;

/** The setting {@code router_flavor}: in which ways a route may say what it is for. */
public enum RouterFlavor {
    /** By methods, hosts, headers, paths and server names; protocols are asked after the match. */
    TRADITIONAL_COMPATIBLE,
    /** By an {@code expression} as well. Such routes come before all others, and protocols are part of the match. */
    EXPRESSIONS;

    /** As it is written in settings. */
    public String setting() {
        return name().toLowerCase(Locale.ROOT);
    }
}
