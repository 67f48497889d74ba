/**
 * The proxy listeners: from a socket's request to an exchange with a plan.
 *
 * <p>What a client may send is decided in two places: {@link io.gatehouse.core.server.StrictDecoder} reads the bytes,
 * {@link io.gatehouse.core.server.StrictHead} the whole head; each {@link io.gatehouse.core.server.Refusal} is named in
 * one list. Everything that has to do with a connection (order, time, its end) is the business of {@link
 * io.gatehouse.core.server.ClientConnection}.
 *
 * <p>Thread rule: a {@link io.gatehouse.core.server.FrontDoor} and its connections are confined to their event loop.
 */
@NullMarked
package io.gatehouse.core.server;

import org.jspecify.annotations.NullMarked;
