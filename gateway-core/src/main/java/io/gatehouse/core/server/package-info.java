/**
 * The proxy listeners: from a socket's request to an exchange with a plan.
 *
 * <p>Thread rule: a {@link io.gatehouse.core.server.FrontDoor} is confined to its event loop.
 */
@NullMarked
package io.gatehouse.core.server;

import org.jspecify.annotations.NullMarked;
