/**
 * Configuration records: binding from the file, JSON Schema and reference page, all from the same record.
 *
 * <p>Works at start and at reload, on one thread; what it yields is immutable.
 */
@NullMarked
package io.gatehouse.core.schema;

import org.jspecify.annotations.NullMarked;
