/**
 * Kong's {@code prometheus} plugin: counts exchanges and LLM calls when they have ended. The values live in the gateway's
 * {@link io.gatehouse.api.Metrics} and show on {@code /metrics} of the Admin and the Status API.
 *
 * <p>Thread rules: everything here may be called from all event loops at once and never blocks.
 */
@NullMarked
package io.gatehouse.plugins.prometheus;

import org.jspecify.annotations.NullMarked;
