/**
 * The {@code request-size-limiting} plugin: no body above a size.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops; each body has a counter on its own loop.
 */
@NullMarked
package io.gatehouse.plugins.traffic.size;

import org.jspecify.annotations.NullMarked;
