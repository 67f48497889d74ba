/**
 * Kong's entities: {@link io.gatehouse.core.entity.EntityKind} lists every kind, the record it names says all there is to
 * know about one, and {@link io.gatehouse.core.entity.ConfigLoader} reads files into them.
 *
 * <p>Works at start and at reload, on one thread that may block; what it yields is immutable and may be shared by all
 * threads.
 */
@NullMarked
package io.gatehouse.core.entity;

import org.jspecify.annotations.NullMarked;
