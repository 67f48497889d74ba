/**
 * What a plugin's configuration record is made of: annotations for its components, {@link Secret}
 * for credentials, {@link Problems} for checks that span several fields.
 *
 * <p>One record is the source of four things: binding from YAML, validation, the JSON Schema and the
 * reference page. All types here are immutable and safe to use from any thread; {@link Problems} is
 * used by the one thread that validates.
 */
@NullMarked
package io.gatehouse.api.config;

import org.jspecify.annotations.NullMarked;
