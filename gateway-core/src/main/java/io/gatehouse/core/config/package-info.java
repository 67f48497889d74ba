/**
 * The text of a declarative file: YAML or JSON to a tree of values that know their places, with variables put in.
 *
 * <p>Works at start and at reload, on one thread that may block; what it yields is immutable and may be
 * shared by all threads.
 */
@NullMarked
package io.gatehouse.core.config;

import org.jspecify.annotations.NullMarked;
