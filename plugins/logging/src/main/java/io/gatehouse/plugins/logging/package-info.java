/**
 * What all log plugins share: the {@linkplain io.gatehouse.plugins.logging.LogEntry log entry} of an exchange, what is
 * redacted in it, and the fields that users add.
 *
 * <p>Thread rules: an entry is made on the event loop of its exchange, once for all log plugins; afterwards it is bytes
 * and goes anywhere.
 */
@NullMarked
package io.gatehouse.plugins.logging;

import org.jspecify.annotations.NullMarked;
