/**
 * The {@code acl} plugin: words that consumers, or the plugins that know them, have decide who passes.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.auth.acl;

import org.jspecify.annotations.NullMarked;
