/**
 * The declarative file: YAML or JSON in, entity records out, and every problem at once with its place.
 *
 * <p>Works at start and at reload, on one thread that may block; what it yields is immutable and may be
 * shared by all threads.
 */
@NullMarked
package io.gatehouse.core.config;

import org.jspecify.annotations.NullMarked;
