/**
 * Services of the node that plugins and the core share; here: metrics, counters, and what is shared over Redis.
 *
 * <p>The values live in {@link io.gatehouse.core.service.MetricsRegistry}, which outlives every configuration, so that a
 * reload never lowers a counter. The text is written by {@link io.gatehouse.core.service.PrometheusText} under Kong's
 * rules. What belongs to the JVM and to Vert.x is kept apart in {@link io.gatehouse.core.service.InternalMetrics}.
 *
 * <p>Thread rules: updates are wait-free or nearly so and come from any thread, event loops included. Reading all
 * values is work for a worker thread: see {@link io.gatehouse.core.service.Scraper}.
 */
@NullMarked
package io.gatehouse.core.service;

import org.jspecify.annotations.NullMarked;
