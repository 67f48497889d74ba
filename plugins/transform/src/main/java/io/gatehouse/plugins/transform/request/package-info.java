/**
 * The {@code request-transformer} plugin: requests are changed on their way to the upstream.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.transform.request;

import org.jspecify.annotations.NullMarked;
