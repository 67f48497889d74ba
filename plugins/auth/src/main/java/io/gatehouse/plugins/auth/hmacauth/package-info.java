/**
 * The {@code hmac-auth} plugin: a client is known by signing parts of its request with a secret, as an early draft of HTTP
 * signatures has it (draft-cavage-http-signatures).
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops; the digest of a long body is made on
 * another thread.
 */
@NullMarked
package io.gatehouse.plugins.auth.hmacauth;

import org.jspecify.annotations.NullMarked;
