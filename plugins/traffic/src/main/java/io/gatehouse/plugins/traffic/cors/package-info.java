/**
 * The {@code cors} plugin: what browsers may do with answers of other origins.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.cors;

import org.jspecify.annotations.NullMarked;
