/**
 * The {@code bot-detection} plugin: clients by their {@code User-Agent}.
 *
 * <p>Thread rule: an instance keeps verdicts in a concurrent map and serves all event loops.
 */
@NullMarked
package io.gatehouse.plugins.traffic.bot;

import org.jspecify.annotations.NullMarked;
