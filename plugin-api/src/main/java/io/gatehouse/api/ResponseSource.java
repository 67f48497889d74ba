package io.gatehouse.api;

/** Who made a response. */
public enum ResponseSource {
    /** The upstream answered. */
    UPSTREAM,
    /** A plugin answered by itself. */
    PLUGIN,
    /** A plugin answered with what an upstream had answered before: see {@link Response#cached}. */
    CACHE,
    /** The gateway answered: no route, an upstream fault, a broken plugin. */
    GATEWAY
}
