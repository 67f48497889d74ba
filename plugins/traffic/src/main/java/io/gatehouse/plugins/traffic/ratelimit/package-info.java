/**
 * The {@code rate-limiting} plugin: so many requests of one client in a window of time.
 *
 * <p>Thread rule: an instance has no state but the gateway's counters, and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.ratelimit;

import org.jspecify.annotations.NullMarked;
