/**
 * Kong's {@code syslog} plugin: entries written to the system log of this machine.
 *
 * <p>Thread rules: entries are made and queued on the event loops, and written on worker threads and without blocking any.
 */
@NullMarked
package io.gatehouse.plugins.logging.syslog;

import org.jspecify.annotations.NullMarked;
