/**
 * The {@code key-auth} plugin: a client is known by an API key in a header, a query argument or the body.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.auth.keyauth;

import org.jspecify.annotations.NullMarked;
