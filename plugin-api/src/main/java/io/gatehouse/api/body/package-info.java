/**
 * Bodies: pulled, one-shot unless buffered, so that a plugin cannot break backpressure.
 *
 * <p>Thread rule: a body belongs to its exchange's event loop.
 */
@NullMarked
package io.gatehouse.api.body;

import org.jspecify.annotations.NullMarked;
