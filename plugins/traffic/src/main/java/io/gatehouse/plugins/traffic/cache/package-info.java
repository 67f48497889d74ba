/**
 * The {@code proxy-cache} plugin: answers that are kept, in memory or in Redis, and one request to the
 * upstream for many that ask the same.
 *
 * <p>Thread rule: an instance serves all event loops; what is kept is guarded by one short lock, and whoever waits for another
 * one's answer comes back onto its own loop.
 */
@NullMarked
package io.gatehouse.plugins.traffic.cache;

import org.jspecify.annotations.NullMarked;
