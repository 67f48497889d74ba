/**
 * The {@code ip-restriction} plugin: clients by their address.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.ip;

import org.jspecify.annotations.NullMarked;
