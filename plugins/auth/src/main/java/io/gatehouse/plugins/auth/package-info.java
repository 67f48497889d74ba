/**
 * What the auth plugins share: what follows from a check that succeeded or failed, the identity headers that upstreams
 * trust, the schemes of headers, and the arguments of queries and forms.
 *
 * <p>Thread rule: immutable objects and static functions, used on the exchange's event loop.
 */
@NullMarked
package io.gatehouse.plugins.auth;

import org.jspecify.annotations.NullMarked;
