package io.gatehouse.core.server;

/**
 * Where a connection comes from, as far as is known: a peer, or the client that a trusted peer names.
 *
 * @param address as text; empty when unknown
 * @param port negative when unknown
 */
record Origin(String address, int port) {}
