/**
 * What the transformers share: rules as they are written in a configuration, and the members of a JSON object on their way to
 * be changed.
 *
 * <p>Thread rule: rules are immutable; members belong to one exchange.
 */
@NullMarked
package io.gatehouse.plugins.transform;

import org.jspecify.annotations.NullMarked;
