/**
 * Upstreams: which address of which target a request goes to, how healthy addresses are, and what names resolve to.
 *
 * <p>Thread rule: picking and reporting from any event loop, without locks; what changes the set of addresses or the
 * health of one is rare and synchronised on its balancer.
 */
@NullMarked
package io.gatehouse.core.balancer;

import org.jspecify.annotations.NullMarked;
