/**
 * The only door out: connections to upstreams, attempts, retries.
 *
 * <p>Thread rule: an {@link io.gatehouse.core.upstream.Upstream} is confined to its event loop, with its connections.
 */
@NullMarked
package io.gatehouse.core.upstream;

import org.jspecify.annotations.NullMarked;
