/**
 * Kong's {@code http-log} plugin: entries sent to an HTTP server, one by one or in batches.
 *
 * <p>Thread rules: entries are made and queued on the event loops; batches are put together on worker threads and sent
 * without blocking any.
 */
@NullMarked
package io.gatehouse.plugins.logging.http;

import org.jspecify.annotations.NullMarked;
