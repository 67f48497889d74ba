/**
 * The {@code correlation-id} plugin: an id that client, gateway and upstream share.
 *
 * <p>Thread rule: an instance counts atomically and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.correlation;

import org.jspecify.annotations.NullMarked;
