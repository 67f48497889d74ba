/**
 * The {@code grpc-web} plugin: browsers call gRPC services.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops; a body's transform belongs to the loop of
 * its exchange.
 */
@NullMarked
package io.gatehouse.plugins.transform.grpcweb;

import org.jspecify.annotations.NullMarked;
