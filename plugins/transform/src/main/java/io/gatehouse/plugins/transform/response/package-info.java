/**
 * The {@code response-transformer} plugin: answers are changed on their way to the client.
 *
 * <p>Thread rule: an instance has no state of its own and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.transform.response;

import org.jspecify.annotations.NullMarked;
