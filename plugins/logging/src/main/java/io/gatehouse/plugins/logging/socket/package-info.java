/**
 * Kong's {@code tcp-log} and {@code udp-log} plugins: entries written to a socket.
 *
 * <p>Thread rules: entries are made and queued on the event loops, and written on worker threads and without blocking any.
 */
@NullMarked
package io.gatehouse.plugins.logging.socket;

import org.jspecify.annotations.NullMarked;
