/**
 * The {@code basic-auth} plugin: a client is known by a username and a password.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.auth.basicauth;

import org.jspecify.annotations.NullMarked;
