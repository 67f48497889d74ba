/**
 * The {@code request-termination} plugin: an answer without an upstream.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.termination;

import org.jspecify.annotations.NullMarked;
