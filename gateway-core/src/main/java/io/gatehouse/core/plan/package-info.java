/**
 * What a change of configuration does, found without starting anything.
 *
 * <p>Threads: everything here is immutable once made, and made by the one that asks.
 */
@NullMarked
package io.gatehouse.core.plan;

import org.jspecify.annotations.NullMarked;
