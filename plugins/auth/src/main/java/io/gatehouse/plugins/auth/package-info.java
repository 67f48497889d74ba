/**
 * What the auth plugins share: the identity headers that upstreams trust, and the arguments of queries and forms.
 *
 * <p>Thread rule: static functions without state, used on the exchange's event loop.
 */
@NullMarked
package io.gatehouse.plugins.auth;

import org.jspecify.annotations.NullMarked;
