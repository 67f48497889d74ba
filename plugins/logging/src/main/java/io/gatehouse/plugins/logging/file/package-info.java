/**
 * Kong's {@code file-log} plugin: one line of JSON per exchange, appended to a file.
 *
 * <p>Thread rules: entries are made and queued on the event loops; files are opened and written on worker threads only,
 * one thread per file at a time, in the order of the queue.
 */
@NullMarked
package io.gatehouse.plugins.logging.file;

import org.jspecify.annotations.NullMarked;
