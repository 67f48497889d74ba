/**
 * The {@code jwt} plugin: a client is known by a signed token (RFC 7519) that names a credential.
 *
 * <p>Thread rule: an instance serves all event loops; the parsed public keys it keeps are safe to share.
 */
@NullMarked
package io.gatehouse.plugins.auth.jwt;

import org.jspecify.annotations.NullMarked;
