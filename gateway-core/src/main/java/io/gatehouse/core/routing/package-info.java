/**
 * Which route a request belongs to, and which path its upstream sees: Kong's router in its flavours
 * {@code traditional_compatible} and {@code expressions}.
 *
 * <p>A {@link io.gatehouse.core.routing.RouteTable} is built once per snapshot from
 * {@link io.gatehouse.core.routing.RouteRule}s and never changes; everything in this package is immutable and may be
 * used by any thread, except {@link io.gatehouse.core.routing.RequestFacts}, which belongs to the caller of
 * {@code match}. Nothing here blocks, and nothing knows the server, the configuration files or an HTTP client.
 */
@NullMarked
package io.gatehouse.core.routing;

import org.jspecify.annotations.NullMarked;
